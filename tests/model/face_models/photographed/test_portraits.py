"""Which photographs are learned from, and what is said of files that are not as they should be."""

import numpy as np
import pytest
from PIL import Image

from model.face_models.photographed.portraits import read_portraits

NAMES = ["a.jpg", "b.jpg", "c.jpg"]


@pytest.fixture
def folder(tmp_path):
    for name in NAMES[:2]:
        Image.new("RGB", (8, 8), (200, 150, 120)).save(tmp_path / name)
    (tmp_path / "splits.csv").write_text("file,split\na.jpg,train\nb.jpg,test\nc.jpg,train\n")
    write_landmarks(tmp_path / "points.npz")
    return tmp_path


def write_landmarks(path, files=NAMES, points=None):
    points = np.arange(3 * 478 * 3).reshape(3, 478, 3) % 900 if points is None else points
    np.savez(path, files=np.array(files), points_64th_px=np.int16(points))


def test_only_photographs_of_the_split_that_are_there(folder):
    portraits = read_portraits(folder, folder / "points.npz", "train")
    assert portraits.names == ("a.jpg",)
    assert portraits.points.shape == (1, 478, 2)
    assert portraits.points[0, 1, 0] == 3 / 64
    assert portraits.image(0).shape == (8, 8, 3)
    assert len(read_portraits(folder, folder / "points.npz")) == 2


def test_an_unknown_split_is_named(folder):
    with pytest.raises(ValueError, match="no row has split 'tune'"):
        read_portraits(folder, folder / "points.npz", "tune")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": np.zeros([3, 468, 3])}, "refined face mesh"),
        ({"files": NAMES[:2]}, "lists 2 files"),
        ({"files": ["../a.jpg", "b.jpg", "c.jpg"]}, "no plain file name"),
        ({"files": ["x.jpg", "y.jpg", "z.jpg"]}, "holds no photograph"),
    ],
)
def test_bad_landmarks_are_refused(folder, change, message):
    write_landmarks(folder / "points.npz", **change)
    with pytest.raises(ValueError, match=message):
        read_portraits(folder, folder / "points.npz")


def test_a_file_that_is_no_npz_is_refused(folder):
    (folder / "points.npz").write_text("files")
    with pytest.raises(ValueError, match="no .npz of dense landmarks"):
        read_portraits(folder, folder / "points.npz")
