"""Which caches are opened: their keys, and files that are damaged."""

import dataclasses
import shutil

import numpy as np
import pytest

from data_pipeline.cache_key import CacheKey
from data_pipeline.feature_cache import FeatureCache
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import list_photographs
from tests.data_pipeline.tiny_preparation import (
    CROP,
    CountingLandmarks,
    TinyEncoder,
    assert_equal,
    listing_of,
)


def test_second_call_opens_the_cache(whole):
    encoder, landmarks = TinyEncoder(), CountingLandmarks()
    again = prepare_photographs(listing_of(), encoder, landmarks, whole.path)
    assert (encoder.images_seen, landmarks.calls) == (0, 0)
    np.testing.assert_array_equal(again.features, whole.features)


def test_output_of_another_key_is_made_again(whole, tmp_path):
    output = tmp_path / "x"
    encoder, landmarks = TinyEncoder(), CountingLandmarks()
    prepare_photographs(listing_of(3), encoder, landmarks, output)
    assert_equal(prepare_photographs(listing_of(), encoder, landmarks, output, shard_size=2), whole)


@pytest.mark.parametrize(
    "field, change",
    [
        ("encoder", lambda e, d, folder: setattr(e, "fingerprint", "tiny 2")),
        ("detector", lambda e, d, folder: setattr(d, "spec", "another")),
        ("crop", lambda e, d, folder: setattr(e, "crop", CROP.resized(8))),
        ("photographs", lambda e, d, folder: (folder / "a.jpg").write_bytes(b"changed")),
    ],
)
def test_key_follows_what_the_features_depend_on(tmp_path, field, change):
    (tmp_path / "a.jpg").write_bytes(b"content")
    encoder, detector = TinyEncoder(), CountingLandmarks()
    before = CacheKey.of(list_photographs(tmp_path), encoder, detector)
    assert before == CacheKey.of(list_photographs(tmp_path), encoder, detector)
    change(encoder, detector, tmp_path)
    after = CacheKey.of(list_photographs(tmp_path), encoder, detector)
    assert after.difference(before).startswith(f"{field} is ")


def test_open_checks_the_key(whole):
    other = dataclasses.replace(whole.key, detector="landmarks of someone")
    with pytest.raises(ValueError, match="detector is .*, not landmarks of someone"):
        FeatureCache.open(whole.path, other)


def _no_folder(path):
    shutil.rmtree(path)
    path.write_bytes(b"nothing")


def _no_description(path):
    (path / "set.json").unlink()


def _other_description(path):
    (path / "set.json").write_text('{"format": "holidays"}')


def _other_key(path):
    text = (path / "set.json").read_text()
    (path / "set.json").write_text(text.replace('"detector"', '"camera"'))


@pytest.mark.parametrize(
    "damage, complaint",
    [
        (_no_folder, "HDF5 files of earlier versions are not read"),
        (_no_description, "there is no set.json"),
        (_other_description, "its format is 'holidays'"),
        (_other_key, "its key has the fields"),
    ],
)
def test_other_files_are_an_error(whole, tmp_path, damage, complaint):
    path = tmp_path / "x"
    shutil.copytree(whole.path, path)
    damage(path)
    with pytest.raises(ValueError, match=complaint):
        FeatureCache.open(path)
    with pytest.raises(FileNotFoundError, match="no such cache"):
        FeatureCache.open(tmp_path / "none")


@pytest.mark.parametrize("file", ["features/plain/000002.npy", "crops/000002.array_record"])
def test_a_shard_that_was_cut_short_is_an_error(whole, tmp_path, file):
    path = tmp_path / "x"
    shutil.copytree(whole.path, path)
    (path / file).write_bytes((path / file).read_bytes()[:-64])
    cache = FeatureCache.open(path)
    with pytest.raises(OSError, match="000002.*again"):
        cache.features[[0, 5], 0], cache.crops([0, 5])
