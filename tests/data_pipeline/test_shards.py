"""Rows and crops in shards, against arrays in memory."""

import numpy as np
import pytest

from data_pipeline.crop_shards import CropShards, write_crops
from data_pipeline.row_shards import RowShards, write_rows
from data_pipeline.shard_index import ShardIndex
from data_pipeline.variant_rows import VariantRows

RNG = np.random.default_rng(0)
# The shards of a set differ in length, and one may be empty.
COUNTS = (4, 0, 5, 3)
ROWS = RNG.normal(size=(12, 7)).astype(np.float32)


def write_variant(folder, rows):
    for index, part in enumerate(np.split(rows, np.cumsum(COUNTS)[:-1])):
        write_rows(folder / f"{index:06d}.npy", part)
    return folder


def test_index_finds_every_row_once():
    index = ShardIndex(COUNTS)
    rows = RNG.integers(0, 12, 40)
    found = np.full([40, 2], -1)
    for shard, places, own in index.parts(rows):
        assert np.all(np.diff(own) >= 0) and np.all(found[places] == -1)
        found[places] = np.stack([np.full(len(own), shard), own], axis=1)
    whole = [(shard, k) for shard, count in enumerate(COUNTS) for k in range(count)]
    np.testing.assert_array_equal(found, [whole[row] for row in rows])


@pytest.mark.parametrize("row", [-1, 12])
def test_there_is_no_other_row(row):
    with pytest.raises(IndexError, match="12"):
        list(ShardIndex(COUNTS).parts(np.array([0, row])))


@pytest.mark.parametrize("rows", [[3], [], [5, 4, 4, 11, 0], range(12), [11, 10, 9, 4, 5, 6]])
def test_rows_are_those_of_the_array(tmp_path, rows):
    shards = RowShards(write_variant(tmp_path, ROWS), COUNTS)
    assert shards.shape == ROWS.shape
    rows = np.array(rows, int)
    np.testing.assert_array_equal(shards.read(rows), ROWS[rows])


def test_any_program_can_read_a_shard(tmp_path):
    write_variant(tmp_path, ROWS)
    np.testing.assert_array_equal(np.load(tmp_path / "000002.npy"), ROWS[4:9])


@pytest.mark.parametrize("damage", [lambda data: data[:-28], lambda data: data + b"more"])
def test_a_shard_of_another_length_is_an_error(tmp_path, damage):
    shards = RowShards(write_variant(tmp_path, ROWS), COUNTS)
    path = tmp_path / "000002.npy"
    path.write_bytes(damage(path.read_bytes()))
    np.testing.assert_array_equal(shards.read(np.array([3, 9])), ROWS[[3, 9]])
    with pytest.raises(OSError, match="000002.npy"):
        shards.read(np.array([4]))
    path.unlink()
    with pytest.raises(FileNotFoundError):
        shards.read(np.array([4]))


@pytest.mark.parametrize("rows", [ROWS.astype(np.float64), ROWS[:4, 0]])
def test_what_holds_no_rows_is_an_error(tmp_path, rows):
    np.save(tmp_path / "000000.npy", rows)
    with pytest.raises(ValueError, match="expected rows of float32"):
        RowShards(tmp_path, [4])


@pytest.mark.parametrize(
    "key",
    [
        np.s_[:, :],
        np.s_[:, 1],
        np.s_[2:7, 0:2],
        np.s_[5, 2],
        np.s_[[4, 0, 4], 1],
        np.s_[np.array([4, 0, 11]), np.array([2, 0, 1])],
        np.s_[[3, 8], :],
        np.s_[:, [2, 0]],
    ],
)
def test_variants_are_indexed_as_an_array_is(tmp_path, key):
    array = RNG.normal(size=(12, 3, 5)).astype(np.float32)
    folders = [write_variant(tmp_path / str(k), array[:, k]) for k in range(3)]
    rows = VariantRows(folders, COUNTS)
    assert rows.shape == array.shape and len(rows) == 12
    np.testing.assert_array_equal(rows[key], array[key])
    np.testing.assert_array_equal(np.asarray(rows), array)


def test_crops_come_back_to_the_bit(tmp_path):
    crops = RNG.integers(0, 256, (12, 8, 8, 3)).astype(np.uint8)
    for index, part in enumerate(np.split(crops, np.cumsum(COUNTS)[:-1])):
        write_crops(tmp_path / f"{index:06d}.array_record", part)
    shards = CropShards(tmp_path, COUNTS, 8)
    for rows in ([11, 0, 4, 4], [], range(12)):
        rows = np.array(rows, int)
        np.testing.assert_array_equal(shards.read(rows), crops[rows])
    (tmp_path / "000002.array_record").write_bytes(b"nothing")
    with pytest.raises(OSError, match="000002"):
        shards.read(np.array([5]))
