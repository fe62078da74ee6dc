"""Winding: every damage that turning triangles can do is mended and reported."""

import numpy as np
import pytest
import trimesh

import open_parts
from model.face_models.load import read_face_model
from model.face_models.winding import wind_outwards


def sheet(facing):
    """A bulging sheet that looks along a unit vector, like a face."""
    x, y = (a.ravel() for a in np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9)))
    points = np.stack([x, y, -0.4 * (x**2 + y**2)], axis=1)
    corner = np.arange(81).reshape(9, 9)[:-1, :-1].ravel()
    lower = np.stack([corner, corner + 1, corner + 9], axis=1)
    upper = np.stack([corner + 1, corner + 10, corner + 9], axis=1)
    frame = np.linalg.qr(np.stack([facing, [0.3, 0.8, 0.1], [0.9, 0.1, 0.2]], axis=1))[0]
    frame = frame * np.sign(frame[:, :1].T @ np.array(facing))
    basis = np.stack([frame[:, 1], np.cross(facing, frame[:, 1]), facing])
    return np.concatenate([lower, upper]).astype(np.int32), points @ basis


@pytest.mark.parametrize("facing", [(0, 0, 1), (1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_open_surface_outside_is_where_it_bulges(facing):
    triangles, points = sheet(np.array(facing, float))
    outward, repairs = wind_outwards(triangles, points)
    assert outward is triangles and not repairs
    turned, repairs = wind_outwards(triangles[:, ::-1], points)
    assert repairs == ["128 of 128 triangles faced inward and were turned"]
    corners = points[turned]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (normals @ facing > 0).all()


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_inconsistent_triangles_are_turned(share):
    triangles, points = sheet(np.array([0, 0, 1.0]))
    damaged = triangles.copy()
    chosen = np.random.default_rng(0).random(len(triangles)) < share
    damaged[chosen] = damaged[chosen, ::-1]
    mended, repairs = wind_outwards(damaged, points)
    # Each triangle is the original one, starting at any of its corners.
    start = np.argmin(mended, axis=1)[:, None]
    order = (start + np.arange(3)) % 3
    first = np.argmin(triangles, axis=1)[:, None]
    expected = np.take_along_axis(triangles, (first + np.arange(3)) % 3, axis=1)
    np.testing.assert_array_equal(np.take_along_axis(mended, order, axis=1), expected)
    assert "wound against their neighbors" in repairs[0]


def test_closed_surfaces_are_treated_one_by_one():
    ball = trimesh.creation.icosphere(2)
    faces = ball.faces.astype(np.int32)
    count = len(ball.vertices)
    triangles = np.concatenate([faces, faces[:, ::-1] + count])
    points = np.concatenate([ball.vertices, ball.vertices + (5, 0, 0)])
    mended, repairs = wind_outwards(triangles, points)
    assert repairs == ["320 of 640 triangles faced inward and were turned"]
    for half in np.split(mended, 2):
        assert trimesh.Trimesh(points, half, process=False).volume > 4


def test_embedded_model_inside_out():
    contents = read_face_model(open_parts.FACE_MODEL)
    assert contents.repairs == ()
    mended, repairs = wind_outwards(contents.triangles[:, ::-1].copy(), contents.shape.mean)
    np.testing.assert_array_equal(mended, contents.triangles)
    assert repairs
