"""The closest points of a surface, against brute force and SciPy."""

import numpy as np
import pytest
import scipy.spatial
import trimesh

from evaluation.geometry.surface import Surface
from tests.evaluation.geometry import shapes


def _points(count, seed=0):
    return np.random.default_rng(seed).uniform((-90, -100, -40), (90, 100, 140), (count, 3))


def test_closest_points_are_those_of_brute_force():
    """Triangles of very different sizes: a large one is the closest though its middle is far."""
    surface = shapes.face(15)
    wall = np.array([[-300.0, -300, -60], [300, -300, -60], [0, 400, -60]])
    surface = Surface(
        np.concatenate([surface.vertices, wall]),
        np.concatenate([surface.triangles, [[225, 226, 227]]]),
    )
    points = _points(60)
    corners = surface.vertices[surface.triangles]
    expected = [
        np.linalg.norm(
            trimesh.triangles.closest_point(corners, np.repeat(p[None], len(corners), 0)) - p,
            axis=1,
        ).min()
        for p in points
    ]
    found = np.linalg.norm(surface.nearest_hits(points).points - points, axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_closest_vertices_are_those_of_scipy():
    surface, points = shapes.face(21), _points(200)
    distance, index = scipy.spatial.cKDTree(surface.vertices).query(points)
    np.testing.assert_array_equal(surface.nearest_vertices(points), index)
    hits = surface.nearest_vertex_hits(points)
    np.testing.assert_allclose(np.linalg.norm(hits.points - points, axis=1), distance)


def test_a_vertex_without_triangles_is_not_found():
    surface = shapes.face(15)
    lonely = Surface(np.concatenate([surface.vertices, [[0.0, 0, 500]]]), surface.triangles)
    assert lonely.nearest_vertices(np.array([[0.0, 0, 499]]))[0] < 225


def test_normals_point_outward_and_the_border_is_known():
    ball = shapes.sphere(50.0)
    np.testing.assert_allclose(ball.normals, ball.vertices / 50, atol=0.02)
    assert not ball.border.any()
    sheet = shapes.face(15)
    assert sheet.border.sum() == 4 * 14
    inside, outside = sheet.nearest_hits(np.array([[3.0, 5, 150], [200.0, 0, 0]])).on_border
    assert (inside, outside) == (False, True)


def test_a_cut_keeps_whole_triangles():
    sheet = shapes.face(15)
    part = sheet.cut(sheet.vertices[:, 0] >= 0)
    assert part.vertices[:, 0].min() == 0 and len(part.triangles) == 7 * 14 * 2
    with pytest.raises(ValueError, match="no triangle"):
        sheet.cut(np.zeros(225, bool))
