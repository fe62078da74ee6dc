"""The builder of VGG-Face for TensorFlow Datasets, and data sets of TFDS as photographs."""

import ast
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipeline.photographs import list_photographs
from data_pipeline.tfds_photographs import list_tfds
from data_pipeline.vgg_face.vgg_face_dataset_builder import Builder, split_of
from tests import house

DUMMY = pathlib.Path(__file__).parents[2] / "data_pipeline" / "vgg_face" / "dummy_data"


@pytest.fixture(name="data_dir", scope="module")
def _data_dir(tmp_path_factory):
    """The dummy data, built from a folder `vgg_face_dataset` in the folder of downloads."""
    folder = tmp_path_factory.mktemp("tfds")
    shutil.copytree(DUMMY, folder / "manual" / "vgg_face_dataset")
    config = tfds.download.DownloadConfig(manual_dir=folder / "manual")
    Builder(data_dir=folder).download_and_prepare(download_config=config)
    return folder


def test_photographs_are_those_of_the_folder(data_dir):
    listing = list_tfds("vgg_face", data_dir=str(data_dir))
    whole = {photo.name: photo for photo in list_photographs(DUMMY).photographs}
    pairs = {(photo.identity, photo.box): photo for photo in whole.values()}
    assert len(listing.photographs) == 8 and len({p.name for p in listing.photographs}) == 8
    for photo in listing.photographs:
        same = pairs[photo.identity, photo.box]
        np.testing.assert_array_equal(photo.read(), same.read())
    stamps = {photo.stamp() for photo in listing.photographs}
    assert len(stamps) == 8 and ("vgg_face", "1.0.0", "train", 0) in stamps


def test_splits_are_by_identity_and_stable(data_dir):
    for name in ("train", "validation", "test"):
        photographs = list_tfds("vgg_face", name, str(data_dir)).photographs
        assert {split_of(photo.identity) for photo in photographs} == {name}
    people = [split_of(f"Person_{k}") for k in range(4000)]
    assert 150 < people.count("validation") < 250 and 150 < people.count("test") < 250
    # The dataset of another machine has the same splits.
    assert [split_of(f"Nobody_{k:03d}") for k in (0, 10, 20)] == ["train", "validation", "test"]


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (("nowhere",), "knows no data set 'nowhere'"),
        (("vgg_face", "dev"), "no split 'dev'; it has"),
    ],
)
def test_what_is_not_there_is_an_error(data_dir, arguments, complaint):
    name, *split = arguments
    with pytest.raises(ValueError, match=complaint):
        list_tfds(name, *(split or [None]), data_dir=str(data_dir))


def test_what_was_not_prepared_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="was not prepared; run: python -c .*tfds.load.'vgg_face'"):
        list_tfds("vgg_face", data_dir=str(tmp_path))


def test_few_people_are_all_in_their_split(tmp_path):
    for kind in ("files", "images"):
        shutil.copytree(DUMMY / kind, tmp_path / kind)
    for name in ("Nobody_010", "Nobody_020"):
        shutil.rmtree(tmp_path / "images" / name)
    builder = Builder(data_dir=tmp_path / "data")
    config = tfds.download.DownloadConfig(manual_dir=tmp_path)
    builder.download_and_prepare(download_config=config)
    assert {name: split.num_examples for name, split in builder.info.splits.items()} == {"train": 4}


def test_the_folder_of_the_builder_needs_nothing_else_of_ours():
    source = (DUMMY.parent / "vgg_face_dataset_builder.py").read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    ours = {name.split(".")[0] for name in house.modules()}
    assert len(names) > 4 and not ours & {name.split(".")[0] for name in names}
    files = {path.name for path in DUMMY.parent.iterdir() if path.is_file()}
    assert {"README.md", "CITATIONS.bib", "TAGS.txt", "checksums.tsv"} < files


def test_no_listing_is_an_error(tmp_path):
    config = tfds.download.DownloadConfig(manual_dir=tmp_path)
    with pytest.raises(FileNotFoundError, match="no listing of VGG-Face"):
        Builder(data_dir=tmp_path / "data").download_and_prepare(download_config=config)
