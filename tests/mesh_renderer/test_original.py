"""The benchmark's stand-in for the original renderer draws the same, so the comparison is fair."""

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import original, ours
from tests.mesh_renderer import meshes

SIZE = 48


@pytest.fixture(scope="module")
def sphere():
    """Vertices [1, V, 3] of a turned sphere, also in clip space [1, V, 4], and triangles."""
    vertices, triangles = meshes.sphere()
    turned = (vertices @ meshes.rotation(0.3, 0.5, 0.1).T).astype(np.float32)
    clip = meshes.project(turned, distance=4.0)
    return tf.constant(turned[None]), tf.constant(clip[None]), tf.constant(triangles)


def test_ids_are_the_same_and_barycentrics_close(sphere):
    _, clip, triangles = sphere
    (weights, ids), (expected_weights, expected_ids) = (
        renderer.rasterize(clip, triangles, SIZE, SIZE) for renderer in (ours, original)
    )
    np.testing.assert_array_equal(ids, expected_ids)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-3)
    assert (np.asarray(weights) > 0).any()


def image_and_gradients(function, *inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        image = function(*inputs)
        loss = tf.reduce_sum(image**2)
    return image, *tape.gradient(loss, inputs)


def assert_close(value, expected):
    difference = np.linalg.norm(np.asarray(value) - np.asarray(expected))
    assert difference < 1e-2 * np.linalg.norm(expected)


def test_interpolation_and_its_gradients(sphere):
    vertices, clip, triangles = sphere
    results, expected = (
        image_and_gradients(
            lambda c, a, renderer=renderer: renderer.interpolate(
                c, a, triangles, SIZE, SIZE, [0.5] * 3
            ),
            clip,
            vertices,
        )
        for renderer in (ours, original)
    )
    for value, of_original in zip(results, expected, strict=True):
        assert_close(value, of_original)


def test_vertex_normals_and_their_gradient(sphere):
    vertices, _, triangles = sphere
    weights = tf.constant(np.random.default_rng(0).normal(size=vertices.shape), tf.float32)
    results, expected = (
        image_and_gradients(
            lambda v, renderer=renderer: renderer.vertex_normals(v, triangles) * weights, vertices
        )
        for renderer in (ours, original)
    )
    for value, of_original in zip(results, expected, strict=True):
        assert_close(value, of_original)


def test_phong_without_specular_light_is_the_same(sphere):
    """The original's specular light is flawed, so here the colors leave none: 1 - colors is 0."""
    vertices, clip, triangles = sphere
    lighting = {
        "light_positions": tf.constant([[[3.0, 2.0, 5.0]]]),
        "light_intensities": tf.constant([[[0.7, 0.6, 0.5]]]),
        "ambient_color": tf.constant([[0.2, 0.2, 0.2]]),
        "camera_position": tf.constant([[0.0, 0.0, 4.0]]),
    }
    white = tf.ones_like(vertices)
    image, expected = (
        renderer.phong(clip, vertices, triangles, vertices, white, lighting, SIZE, SIZE)
        for renderer in (ours, original)
    )
    np.testing.assert_allclose(image, expected, atol=1e-3)
    assert 0.2 < np.asarray(image)[..., 3].mean() < 0.8
