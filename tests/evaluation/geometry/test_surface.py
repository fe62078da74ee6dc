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


def test_places_in_triangles_are_those_of_the_closest_points():
    surface, points = shapes.face(21), _points(300)
    triangles, weights = surface.locate(points)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert weights.min() >= 0
    own = np.einsum("mk,mkc->mc", weights, surface.vertices[surface.triangles[triangles]])
    np.testing.assert_allclose(own, surface.nearest_hits(points).points, atol=1e-9)


def test_a_triangle_without_an_area_has_a_closest_point_too():
    flat = Surface(np.array([[0.0, 0, 0], [2, 0, 0], [1, 0, 0]]), np.array([[0, 1, 2]]))
    hits = flat.nearest_hits(np.array([[1.5, 3.0, 0.0], [5.0, 0, 0]]))
    np.testing.assert_allclose(hits.points, [[1.5, 0, 0], [2, 0, 0]], atol=1e-9)


def test_a_moved_surface_has_the_normals_of_where_it_is():
    surface, moved = shapes.face(15), shapes.some_similarity(1.2, 40.0)
    known = surface.normals, surface.border
    again = surface.moved(moved)
    fresh = Surface(again.vertices, again.triangles)
    np.testing.assert_allclose(again.normals, fresh.normals, atol=1e-9)
    np.testing.assert_array_equal(again.border, fresh.border)
    assert known[1] is again.border
    points = again.vertices[::7] + 1.0
    np.testing.assert_allclose(
        again.ring_hits(points).points, fresh.ring_hits(points).points, atol=1e-9
    )
