"""Triangles that are no surface are left out and reported; the others keep their order."""

import pathlib

import h5py
import numpy as np
import pytest
import scipy.io

import open_parts
from model.face_models import __main__ as commands
from model.face_models.load import load_face_model, read_face_model
from model.face_models.triangles import mended_triangles
from tests.model.small_face_model import write_small_face_model

# The small model has the triangle (0, 1, 15).
FLAWED = {
    "one vertex three times": ([3, 3, 3], "name a vertex twice"),
    "one vertex twice": ([3, 4, 3], "name a vertex twice"),
    "a copy": ([0, 1, 15], "repeat another one"),
    "a copy from another corner": ([15, 0, 1], "repeat another one"),
    "a copy the other way round": ([15, 1, 0], "repeat another one"),
}


@pytest.fixture
def path(tmp_path):
    return write_small_face_model(tmp_path / "model.h5")


def add_triangles(path, triangles, first=False):
    with h5py.File(path, "r+") as file:
        cells = file["shape/representer/cells"][()]
        new = np.array(triangles, cells.dtype).reshape(-1, 3).T
        del file["shape/representer/cells"]
        both = (new, cells) if first else (cells, new)
        file["shape/representer/cells"] = np.concatenate(both, axis=1)


@pytest.mark.parametrize("flaw", FLAWED)
@pytest.mark.parametrize("count", [1, 3])
def test_flawed_triangles_are_left_out(path, flaw, count):
    expected = load_face_model(path)
    triangle, message = FLAWED[flaw]
    add_triangles(path, [triangle] * count)
    contents = read_face_model(path)
    np.testing.assert_array_equal(contents.triangles, expected.triangles)
    total = 392 + count
    assert contents.repairs == (
        f"shape/representer/cells: left out {count} of {total} triangles, which {message}",
    )


def test_every_kind_at_once_and_in_front(path):
    expected = load_face_model(path).triangles
    add_triangles(path, [triangle for triangle, _ in FLAWED.values()], first=True)
    contents = read_face_model(path)
    assert sorted(map(sorted, contents.triangles.tolist())) == sorted(
        map(sorted, expected.tolist())
    )
    assert "left out 2 of 397" in contents.repairs[0]
    assert "left out 3 of 395" in contents.repairs[1]


def test_triangles_without_area(path):
    """Vertices in one place, and on one line but for rounding."""
    expected = load_face_model(path).triangles
    with h5py.File(path, "r+") as file:
        mean = file["shape/model/mean"]
        points = mean[()].reshape(-1, 3)
        # No triangle of the sheet has these three corners.
        points[30] = (points[0] + points[60]) / 2
        mean[...] = points.reshape(-1)
    add_triangles(path, [[0, 30, 60]])
    contents = read_face_model(path)
    assert contents.repairs[0].endswith("left out 1 of 393 triangles, which have no area")
    assert len(contents.triangles) == len(expected)


def test_bfm_2009_and_commands(tmp_path, path, capsys):
    contents = read_face_model(path)
    triangles = np.concatenate([contents.triangles[:, ::-1], [[7, 7, 7], [0, 1, 15]]])
    mat = tmp_path / "01_MorphableModel.mat"
    arrays = {
        "shapeMU": contents.shape.mean.reshape(-1, 1) * 1000,
        "shapePC": contents.shape.basis,
        "shapeEV": np.sqrt(contents.shape.variance)[:, None] * 1000,
        "texMU": contents.color.mean.reshape(-1, 1) * 255,
        "texPC": contents.color.basis,
        "texEV": np.sqrt(contents.color.variance)[:, None] * 255,
        "tl": triangles + 1.0,
    }
    scipy.io.savemat(mat, arrays)
    commands.main(["verify", str(mat)])
    text = capsys.readouterr().out
    assert "tl: left out 1 of 394 triangles, which name a vertex twice" in text
    assert "tl: left out 1 of 393 triangles, which repeat another one" in text
    np.testing.assert_array_equal(read_face_model(mat).triangles, contents.triangles)


@pytest.mark.parametrize(
    ("triangles", "message"),
    [([[3, 3, 3]], "name a vertex twice"), ([[0, 1, 2]], "have no area")],
)
def test_nothing_left(triangles, message):
    points = np.arange(12.0).reshape(4, 3)
    with pytest.raises(ValueError, match=f"file: cells holds no triangle but such that {message}"):
        mended_triangles(pathlib.Path("file"), "cells", np.array(triangles, np.int32), points)


@pytest.mark.parametrize("change", [0.5, np.nan, 1e30, -1])
def test_indices_that_are_no_indices(path, change):
    with h5py.File(path, "r+") as file:
        cells = file["shape/representer/cells"][()].astype(float)
        cells[0, 5] = change
        del file["shape/representer/cells"]
        file["shape/representer/cells"] = cells
    with pytest.raises(ValueError, match="representer/cells.* (no|not|has) ") as error:
        load_face_model(path)
    assert str(path) in str(error.value)


def test_a_surface_with_one_side_is_named():
    """A Moebius strip cannot be wound consistently; nothing is claimed to be mended."""
    n = 12
    angle = np.arange(n) * 2 * np.pi / n
    rim = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    across = np.cos(angle / 2)[:, None] * rim + np.sin(angle / 2)[:, None] * (0, 0, 1)
    points = np.concatenate([100 * rim + 30 * across, 100 * rim - 30 * across])
    triangles = []
    for k in range(n):
        a, b, c, d = k, k + n, k + 1, k + 1 + n
        if k == n - 1:
            c, d = n, 0
        triangles += [(a, b, c), (c, b, d)]
    _, repairs = mended_triangles("file", "cells", np.array(triangles, np.int32), points)
    assert any("has one side only" in repair for repair in repairs)
    assert not any("0 triangles" in repair for repair in repairs)


def test_open_models_lose_nothing():
    contents = read_face_model(open_parts.FACE_MODEL)
    assert len(contents.triangles) == 23_940 and contents.repairs == ()
