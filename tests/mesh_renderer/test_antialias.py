"""Antialiased silhouettes: what they look like, and that they have the right gradient."""

import numpy as np
import pytest
import tensorflow as tf

from mesh_renderer import mesh_renderer, rasterize_triangles
from tests.mesh_renderer import meshes

SIZE = 16
SQUARE = np.array([(-0.5, -0.4), (0.5, -0.4), (0.5, 0.6), (-0.5, 0.6)])
TRIANGLES = np.array([(0, 1, 2), (0, 2, 3)], np.int32)


def coverage(corners, antialiased=True, w=1.0, size=SIZE):
    """Draws a white square before black: [size, size]."""
    flat = tf.concat([corners, tf.zeros([4, 1]), tf.ones([4, 1])], axis=-1)
    return rasterize_triangles.rasterize_clip_space(
        flat[None] * w, tf.ones([1, 4, 1]), TRIANGLES, size, size, [0.0], antialiased=antialiased
    )[0, ..., 0]


def test_edges_show_how_much_of_a_pixel_is_covered():
    # The right edge lies 0.3 of a pixel into column 12, whose center is not covered.
    corners = SQUARE.copy()
    corners[1:3, 0] = (12.3 / SIZE) * 2 - 1
    row = coverage(tf.constant(corners, tf.float32))[SIZE // 2].numpy()
    np.testing.assert_allclose(row[10:15], [1, 1, 0.3, 0, 0], atol=1e-5)
    corners[1:3, 0] = (12.8 / SIZE) * 2 - 1
    row = coverage(tf.constant(corners, tf.float32))[SIZE // 2].numpy()
    np.testing.assert_allclose(row[10:15], [1, 1, 0.8, 0, 0], atol=1e-5)


def test_inner_edges_are_left_alone():
    plain, smooth = (
        coverage(tf.constant(SQUARE, tf.float32), antialiased) for antialiased in (False, True)
    )
    np.testing.assert_array_equal(plain[5:12, 6:10], smooth[5:12, 6:10])
    assert np.all(plain[5:12, 6:10].numpy() == 1)


@pytest.mark.parametrize("w", [1.0, [[1.0], [2.0], [0.5], [1.5]]])
def test_area_and_its_gradient(w):
    """The sum over pixels is the square's area, and its derivative is the length of a side."""
    corners = tf.constant(SQUARE, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(corners)
        area = tf.reduce_sum(coverage(corners, w=w, size=64)) * (2 / 64) ** 2
    assert abs(area.numpy() - 1.0) < 0.01
    gradient = tape.gradient(area, corners).numpy()
    # Half of a side's length goes to each of its two corners.
    expected = 0.5 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    np.testing.assert_allclose(gradient, expected, atol=0.05)


def test_gradient_numeric():
    """Some differences may disagree: blending jumps where a corner passes between two pixels."""
    weights = np.random.default_rng(0).normal(size=[SIZE, SIZE])

    def loss(corners):
        return tf.reduce_sum(coverage(corners) * weights.astype(np.float32))

    agreeing = []
    for angle in (0.1, 0.25, 0.4, 0.55):
        slanted = tf.constant(SQUARE @ meshes.rotation(0, 0, angle)[:2, :2], tf.float32)
        theoretical, numerical = tf.test.compute_gradient(loss, [slanted], delta=1e-4)
        agreeing += np.isclose(theoretical[0], numerical[0], rtol=0.01, atol=0.1).ravel().tolist()
    assert np.mean(agreeing) > 0.8


def test_plain_silhouettes_have_no_gradient():
    corners = tf.constant(SQUARE, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(corners)
        area = tf.reduce_sum(coverage(corners, antialiased=False))
    np.testing.assert_allclose(tape.gradient(area, corners), 0, atol=1e-5)


def test_a_silhouette_alone_moves_a_cube_to_its_place():
    """Only alpha is compared, so nothing but the silhouette tells where the cube is."""

    def alpha(offset):
        vertices = tf.constant(meshes.CUBE_VERTICES @ meshes.rotation(0.4, 0.5, 0.1).T, tf.float32)
        return mesh_renderer.mesh_renderer(
            (vertices + tf.pad(offset, [[0, 1]]))[None],
            meshes.CUBE_TRIANGLES,
            tf.ones([1, 8, 3]),
            tf.ones([1, 8, 3]),
            tf.constant([0.0, 0.0, 8.0]),
            tf.zeros([3]),
            tf.constant([0.0, 1.0, 0.0]),
            tf.zeros([1, 1, 3]),
            tf.ones([1, 1, 3]),
            48,
            48,
            antialiased=True,
        )[..., 3]

    target = alpha(tf.constant([0.3, -0.2]))
    offset = tf.Variable(tf.zeros([2]))

    @tf.function
    def step(rate):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(alpha(offset) - target))
        offset.assign_sub(rate * tape.gradient(loss, offset))

    for rate in np.geomspace(1.0, 0.01, 150):
        step(tf.constant(rate, tf.float32))
    np.testing.assert_allclose(offset, [0.3, -0.2], atol=0.02)
