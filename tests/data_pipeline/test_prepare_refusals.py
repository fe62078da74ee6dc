"""Which photographs are rejected, and which folders are left alone."""

import dataclasses
import shutil

import pytest
from PIL import Image

import open_parts
from data_pipeline.detection import LandmarkFile
from data_pipeline.face_cutting import cut_face
from data_pipeline.feature_cache import summary
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import list_photographs
from tests.data_pipeline.tiny_preparation import (
    CROP,
    CountingLandmarks,
    TinyEncoder,
    listing_of,
)


def _mixed_folder(folder):
    """Two good photographs of two people, and four that cannot be used."""
    good = listing_of(2).photographs
    for identity_name, photo in zip(("Ann", "Bo"), good, strict=True):
        (folder / identity_name).mkdir()
        (folder / identity_name / "1.jpg").write_bytes(photo.path.read_bytes())
    (folder / "broken.jpg").write_bytes(good[0].path.read_bytes()[:2000])
    (folder / "text.png").write_text("not an image")
    Image.new("RGB", (64, 64)).save(folder / "blank.png")
    Image.new("RGB", (64, 64)).save(folder / "flat.png")
    points = folder / "points.csv"
    rows = open_parts.LANDMARKS.read_text().splitlines()
    values = {row.split(",")[0]: row.split(",")[2:] for row in rows[1:]}
    lines = [",".join(["file", *rows[0].split(",")[2:]])]
    for name, photo in (("Ann/1.jpg", good[0]), ("Bo/1.jpg", good[1])):
        lines.append(",".join([name, *values[photo.name]]))
    lines.append(",".join(["flat.png", *["5"] * 10]))
    points.write_text("\n".join(lines) + "\n")
    return points


def test_bad_files_are_listed_and_the_others_go_on(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    landmarks = LandmarkFile(_mixed_folder(photos))
    listing = dataclasses.replace(list_photographs(photos), missing=("gone.jpg",))
    cache = prepare_photographs(listing, TinyEncoder(), landmarks, tmp_path / "x", shard_size=2)
    assert cache.names == ("Ann/1.jpg", "Bo/1.jpg")
    assert cache.identities == ("Ann", "Bo")
    reasons = {rejection.name: rejection.reason for rejection in cache.rejected}
    assert set(reasons) == {"broken.jpg", "text.png", "blank.png", "flat.png", "gone.jpg"}
    assert "truncated" in reasons["broken.jpg"]
    assert "not a readable image" in reasons["text.png"]
    assert reasons["blank.png"] == landmarks.no_face
    assert "do not span a face" in reasons["flat.png"]
    assert reasons["gone.jpg"] == "listed but missing on disk"
    assert not any(str(tmp_path) in reason for reason in reasons.values())
    assert "2  not a readable image: broken.jpg, text.png" in summary(cache.rejected)


def test_face_outside_the_box_of_the_listing_is_rejected():
    photo = dataclasses.replace(listing_of(1).photographs[0], box=(0.0, 0.0, 10.0, 10.0))
    with pytest.raises(ValueError, match="no face in the box"):
        cut_face(photo, CountingLandmarks(), CROP)


def test_no_usable_photograph_is_an_error(tmp_path):
    (tmp_path / "a.jpg").write_text("no")
    with pytest.raises(ValueError, match="none of 1 photographs can be used"):
        prepare_photographs(
            list_photographs(tmp_path), TinyEncoder(), CountingLandmarks(), tmp_path / "x"
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg"]


def test_foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "features.partial").mkdir()
    (tmp_path / "features.partial" / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="not a partial cache"):
        prepare_photographs(
            listing_of(1), TinyEncoder(), CountingLandmarks(), tmp_path / "features"
        )
    assert (tmp_path / "features.partial" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_output_that_is_no_cache_is_left_alone(tmp_path, kind):
    output = tmp_path / "thesis"
    mine = output if kind == "file" else output / "chapter.txt"
    mine.parent.mkdir(exist_ok=True)
    mine.write_bytes(b"mine")
    with pytest.raises(ValueError, match="not a cache of features"):
        prepare_photographs(listing_of(1), TinyEncoder(), CountingLandmarks(), output)
    assert mine.read_bytes() == b"mine"


def test_sets_are_no_photographs(whole, tmp_path):
    for photo in listing_of(2).photographs:
        shutil.copy(photo.path, tmp_path)
    shutil.copytree(whole.path, tmp_path / "set")
    Image.new("RGB", (64, 64)).save(tmp_path / "set" / "sheet.jpg")
    assert len(list_photographs(tmp_path).photographs) == 2
    with pytest.raises(ValueError, match="is a set that was prepared"):
        list_photographs(tmp_path / "set")
