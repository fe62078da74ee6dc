"""Visibility, barycentrics and depth against the reference, and the original's conventions."""

import numpy as np
import pytest
import tensorflow as tf

from mesh_renderer import rasterize_triangles
from tests.mesh_renderer import meshes, reference

SIZE = 48


def rasterize(vertices, triangles, width=SIZE, height=SIZE):
    """Returns one image's framebuffer as arrays; ids are -1 where nothing is."""
    buffer = rasterize_triangles.rasterize_barycentric_coordinates(
        np.asarray(vertices, np.float32)[None], triangles, width, height
    )
    barycentrics, ids = buffer.barycentrics[0].numpy(), buffer.triangle_ids[0].numpy()
    covered = np.any(barycentrics != 0, axis=-1)
    assert np.all(ids[~covered] == 0)
    return barycentrics, np.where(covered, ids, -1), buffer.z_buffer[0].numpy()


def flat_triangle(z=0.0, corners=((-0.5, -0.5), (0.5, -0.5), (0.0, 0.5))):
    return np.array([(x, y, z, 1.0) for x, y in corners], np.float32)


@pytest.mark.parametrize("behind_eye", [False, True])
@pytest.mark.parametrize("width, height", [(48, 48), (31, 17), (1, 1)])
def test_random_triangles_reference(behind_eye, width, height):
    vertices, triangles = meshes.random_clip_triangles(3, 60, behind_eye)
    barycentrics, ids, depths = rasterize(vertices, triangles, width, height)
    expected_ids, expected_depths = reference.rasterize(vertices, triangles, width, height)
    np.testing.assert_array_equal(ids, expected_ids)
    np.testing.assert_array_equal(depths, expected_depths)
    expected = reference.barycentrics(vertices, triangles, ids, width, height)
    np.testing.assert_allclose(barycentrics, expected, atol=2e-6)


def test_small_triangles_reference():
    vertices, triangles = meshes.sphere(60, 80)
    clip = meshes.project(vertices @ meshes.rotation(0.3, 0.5, 0.1).T, distance=4.0)
    barycentrics, ids, _ = rasterize(clip, triangles, 64, 64)
    expected_ids, _ = reference.rasterize(clip, triangles, 64, 64)
    np.testing.assert_array_equal(ids, expected_ids)
    expected = reference.barycentrics(clip, triangles, ids, 64, 64)
    assert np.abs(barycentrics - expected).mean() < 2e-6


def test_float64_decides_the_same_ids():
    vertices, triangles = meshes.sphere(60, 80)
    clip = meshes.project(vertices @ meshes.rotation(0.3, 0.5, 0.1).T, distance=4.0)
    _, ids, _ = rasterize(clip, triangles, 64, 64)
    expected, _ = reference.rasterize(clip, triangles, 64, 64, np.float64)
    assert (ids != expected).sum() <= 5e-4 * (expected >= 0).sum()


def test_empty_pixels():
    barycentrics, ids, depths = rasterize(flat_triangle(), [[0, 1, 2]])
    empty = ids < 0
    assert empty.any() and not empty.all()
    assert np.all(barycentrics[empty] == 0) and np.all(depths[empty] == 1)
    np.testing.assert_allclose(barycentrics[~empty].sum(axis=-1), 1, atol=1e-6)


def test_row_0_is_the_bottom():
    _, ids, _ = rasterize(flat_triangle(corners=((-1, -1), (1, -1), (0, -0.5))), [[0, 1, 2]])
    assert (ids[0] >= 0).any() and (ids[SIZE // 2 :] < 0).all()


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
def test_neither_side_is_culled(order):
    _, ids, _ = rasterize(flat_triangle(), [order])
    assert (ids >= 0).sum() == (rasterize(flat_triangle(), [[0, 1, 2]])[1] >= 0).sum() > 0


def test_nearer_triangle_wins_in_any_order():
    vertices = np.concatenate([flat_triangle(0.5), flat_triangle(-0.5)])
    for triangles, nearer in (([[0, 1, 2], [3, 4, 5]], 1), ([[3, 4, 5], [0, 1, 2]], 0)):
        _, ids, _ = rasterize(vertices, triangles)
        assert set(np.unique(ids)) == {-1, nearer}


def test_later_triangle_wins_ties():
    _, ids, _ = rasterize(flat_triangle(), [[0, 1, 2]] * 3)
    assert set(np.unique(ids)) == {-1, 2}


@pytest.mark.parametrize("z, visible", [(-1.0, True), (1.0, True), (-1.01, False), (1.01, False)])
def test_near_and_far_planes(z, visible):
    _, ids, _ = rasterize(flat_triangle(z), [[0, 1, 2]])
    assert (ids >= 0).any() == visible


def test_pixel_centers_on_an_edge_are_inside():
    # Pixel centers lie at -0.75, -0.25, 0.25, 0.75.
    square = np.array(
        [(-0.75, -0.75, 0, 1), (0.75, -0.75, 0, 1), (0.75, 0.75, 0, 1), (-0.75, 0.75, 0, 1)]
    )
    _, ids, _ = rasterize(square, [[0, 1, 2], [0, 2, 3]], 4, 4)
    assert (ids >= 0).all()


def test_neighbors_leave_no_cracks():
    rng = np.random.default_rng(5)
    side = 40
    grid = np.stack(np.meshgrid(*2 * [np.linspace(-1.1, 1.1, side)]), axis=-1).reshape(-1, 2)
    grid += rng.uniform(-0.02, 0.02, grid.shape)
    w = rng.uniform(0.5, 2.0, [side * side, 1])
    vertices = np.concatenate([grid * w, 0 * w, w], axis=-1)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    triangles = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + side + 1], axis=-1),
            np.stack([corner, corner + side + 1, corner + side], axis=-1),
        ]
    ).astype(np.int32)
    _, ids, _ = rasterize(vertices, triangles, 200, 200)
    assert (ids >= 0).all()


def test_triangle_through_the_eye_plane():
    # A floor one unit below the eye, from behind it to far ahead: all below the horizon.
    vertices = np.array([(-9, -1, 0, -5), (9, -1, 0, -5), (0, -1, 0, 500)])
    barycentrics, ids, _ = rasterize(vertices, [[0, 1, 2]])
    expected, _ = reference.rasterize(vertices, [[0, 1, 2]], SIZE, SIZE, np.float64)
    np.testing.assert_array_equal(ids, expected)
    assert (ids[: SIZE // 2 - 1, SIZE // 2] >= 0).all() and (ids[SIZE // 2 :] < 0).all()
    assert barycentrics.min() >= -1e-5


def test_triangle_behind_the_eye_is_not_drawn():
    vertices = flat_triangle() * [1, 1, 1, -1]
    assert (rasterize(vertices, [[0, 1, 2]])[1] < 0).all()


def test_interpolation_is_perspective_correct():
    vertices = flat_triangle() * np.array([[1.0], [4.0], [0.5]])
    barycentrics, ids, _ = rasterize(vertices, [[0, 1, 2]])
    # Interpolated homogeneous coordinates project to the pixel's own center.
    position = barycentrics @ vertices
    centers = np.stack(np.meshgrid(*reference.pixel_centers(SIZE, SIZE)), axis=-1)
    np.testing.assert_allclose(
        (position[..., :2] / np.where(ids >= 0, position[..., 3], 1)[..., None])[ids >= 0],
        centers[ids >= 0],
        atol=1e-6,
    )


BAD_VALUES = [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e13, 1e-42]


@pytest.mark.parametrize("value", BAD_VALUES)
@pytest.mark.parametrize("axis", range(4))
def test_bad_vertices_spare_the_other_triangles(value, axis):
    vertices = np.concatenate([flat_triangle(), flat_triangle(0.5)])
    vertices[1, axis] = value
    barycentrics, ids, depths = rasterize(vertices, [[0, 1, 2], [3, 4, 5]])
    alone = rasterize(vertices, [[3, 4, 5]])[1]
    assert np.isfinite(barycentrics).all() and np.isfinite(depths).all()
    assert (ids[alone >= 0] >= 0).all()
    if not abs(value) <= reference.LARGEST_COORDINATE:
        np.testing.assert_array_equal(ids >= 0, alone >= 0)


@pytest.mark.parametrize("axis, value", [(3, 0.0), (3, 1e-30), (3, 1e-4), (3, -1e-3), (0, 1e6)])
def test_vertices_next_to_the_eye_plane_and_far_outside(axis, value):
    # Only what lies between the near and the far plane is seen of triangles that reach infinity.
    rng = np.random.default_rng(7)
    vertices = np.float32(rng.uniform(-1, 1, [90, 4]) * (1, 1, 0.9, 0) + (0, 0, 0, 1))
    vertices[::3, axis] = value
    triangles = np.arange(90, dtype=np.int32).reshape(30, 3)
    _, ids, depths = rasterize(vertices, triangles)
    expected, expected_depths = reference.rasterize(vertices, triangles, SIZE, SIZE)
    np.testing.assert_array_equal(ids, expected)
    np.testing.assert_allclose(depths, expected_depths, atol=1e-5)
    assert len(np.unique(ids)) > 10


def test_degenerate_triangles_are_skipped():
    vertices = np.concatenate([flat_triangle(), np.zeros([1, 4], np.float32)])
    triangles = [[0, 0, 1], [2, 2, 2], [3, 3, 3], [0, 1, 3]]
    assert (rasterize(vertices, triangles)[1] < 0).all()


def test_no_triangles_no_vertices_no_images():
    for batch, vertices in ((2, 5), (2, 0), (0, 3)):
        image = rasterize_triangles.rasterize_clip_space(
            tf.zeros([batch, vertices, 4]),
            tf.zeros([batch, vertices, 2]),
            tf.zeros([0, 3], tf.int32),
            4,
            3,
            [7.0, 8.0],
        )
        np.testing.assert_array_equal(image, np.broadcast_to([7, 8], [batch, 3, 4, 2]))


def test_batch_equals_its_images():
    clip = np.stack(
        [
            meshes.project(meshes.CUBE_VERTICES @ meshes.rotation(0.2, a, 0).T)
            for a in np.arange(3.0)
        ]
    )
    batch = rasterize_triangles.rasterize_barycentric_coordinates(
        clip, meshes.CUBE_TRIANGLES, SIZE, SIZE
    )
    for image in range(3):
        barycentrics, _, depths = rasterize(clip[image], meshes.CUBE_TRIANGLES)
        np.testing.assert_array_equal(batch.barycentrics[image], barycentrics)
        np.testing.assert_array_equal(batch.z_buffer[image], depths)


def test_the_original_ops_name_renders_one_image():
    barycentrics, ids, depths = rasterize_triangles.rasterize_triangles_module.rasterize_triangles(
        flat_triangle(), [[0, 1, 2]], SIZE, SIZE
    )
    expected = rasterize(flat_triangle(), [[0, 1, 2]])
    np.testing.assert_array_equal(barycentrics, expected[0])
    assert ids.shape == depths.shape == [SIZE, SIZE]
