"""Photographs of data sets of TensorFlow Datasets, built by its own builders from made-up files."""

import importlib
import unittest.mock

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipeline.tfds_photographs import list_tfds
from storage.images import jpeg


def _image(height, width, level):
    """A JPEG of one gray."""
    return jpeg(np.full([height, width, 3], level, np.uint8))


def _build(name, data_dir, **downloads):
    """Builds a data set; methods of the download manager return what is given instead."""
    methods = {
        method: lambda self, urls, result=result: result for method, result in downloads.items()
    }
    with unittest.mock.patch.multiple(tfds.download.DownloadManager, **methods):
        tfds.builder(name, data_dir=data_dir).download_and_prepare()


@pytest.fixture(name="lfw", scope="module")
def _lfw(tmp_path_factory):
    """LFW: a folder for each person; images are of 250 pixels."""
    folder = tmp_path_factory.mktemp("lfw")
    for k, person in enumerate(("Ann_Lee", "Ann_Lee", "Bo")):
        path = folder / "lfw" / person / f"{person}_{k:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_image(250, 250, 50 * k))
    _build("lfw", folder / "data", download_and_extract=str(folder))
    return str(folder / "data")


@pytest.fixture(name="celeb_a", scope="module")
def _celeb_a(tmp_path_factory):
    """CelebA: an archive of images of 178 x 218 pixels, and tables."""
    folder = tmp_path_factory.mktemp("celeb_a")
    names = [f"{k:06d}.jpg" for k in range(1, 5)]
    builder = tfds.builder_cls("celeb_a")
    headings = vars(importlib.import_module(builder.__module__))
    tables = {
        "list_eval_partition": [
            f"{name} {split}" for name, split in zip(names, (0, 0, 1, 2), strict=True)
        ],
        "identity_celeba": [
            f"{name} {who}" for name, who in zip(names, (7, 31, 7, 8), strict=True)
        ],
        "list_attr_celeba": _table(names, headings["ATTR_HEADINGS"]),
        "landmarks_celeba": _table(names, headings["LANDMARK_HEADINGS"]),
    }
    for name, lines in tables.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    images = [
        (f"img_align_celeba/{name}", _image(218, 178, 50 * k)) for k, name in enumerate(names)
    ]
    paths = {name: str(folder / name) for name in tables} | {"img_align_celeba": "archive"}
    _build("celeb_a", folder / "data", download=paths, iter_archive=images)
    return str(folder / "data")


def _table(names, headings):
    return [str(len(names)), " ".join(headings), *(f"{n}" + " 1" * len(headings) for n in names)]


def test_lfw_has_its_people(lfw):
    photographs = list_tfds("lfw", data_dir=lfw).photographs
    found = {round(photo.read().mean()): photo.identity for photo in photographs}
    assert found == {0: "Ann_Lee", 50: "Ann_Lee", 100: "Bo"}
    assert photographs[0].read().shape == (250, 250, 3)


def test_celeb_a_has_its_people_in_all_splits(celeb_a):
    photographs = list_tfds("celeb_a", data_dir=celeb_a).photographs
    found = {round(photo.read().mean()): photo for photo in photographs}
    assert [found[level].identity for level in (0, 50, 100, 150)] == ["7", "31", "7", "8"]
    splits = [found[level].name.split("/")[0] for level in (0, 50, 100, 150)]
    assert splits == ["train", "train", "validation", "test"]
    assert found[0].read().shape == (218, 178, 3)
    (only,) = list_tfds("celeb_a", "validation", celeb_a).photographs
    assert only.name == "validation/0000000" and only.identity == "7"
