"""Vertex normals and their gradient, at singular inputs too."""

import numpy as np
import pytest
import tensorflow as tf

from mesh_renderer.vertex_normals import vertex_normals
from tests.mesh_renderer import meshes, reference


def normals_and_gradient(vertices, triangles, weights):
    variable = tf.constant(vertices, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        normals = vertex_normals(variable[None], triangles)[0]
        loss = tf.reduce_sum(normals * weights)
    return normals.numpy(), tape.gradient(loss, variable).numpy()


def irregular_sphere():
    vertices, triangles = meshes.sphere(8, 10)
    noise = np.random.default_rng(0).normal(0, 0.05, vertices.shape)
    return (vertices + noise).astype(np.float32), triangles


def test_normals_reference():
    vertices, triangles = irregular_sphere()
    normals = vertex_normals(np.stack([vertices, 1000 * vertices]), triangles)
    expected = reference.vertex_normals(vertices, triangles)
    np.testing.assert_allclose(normals[0], expected, atol=1e-5)
    np.testing.assert_allclose(normals[1], expected, atol=1e-5)


def test_counter_clockwise_triangles_point_outwards():
    vertices, triangles = meshes.sphere()
    normals = vertex_normals(vertices[None], triangles)[0].numpy()
    assert ((normals * vertices).sum(-1) > 0.9).all()


def test_gradient_numeric():
    vertices, triangles = irregular_sphere()
    weights = np.random.default_rng(1).normal(size=vertices.shape)
    _, gradient = normals_and_gradient(vertices, triangles, weights.astype(np.float32))
    step = 1e-6
    for vertex, axis in ((5, 0), (33, 1), (60, 2), (71, 0)):
        moved = np.zeros(vertices.shape)
        moved[vertex, axis] = step
        high, low = (
            (reference.vertex_normals(vertices + s * moved, triangles) * weights).sum()
            for s in (1, -1)
        )
        np.testing.assert_allclose(gradient[vertex, axis], (high - low) / (2 * step), rtol=1e-3)


SINGULAR = {
    "isolated vertex": [(0, 1, 2)],
    "repeated corner": [(0, 1, 2), (3, 3, 1)],
    "collinear": [(0, 1, 2), (3, 4, 5)],
    "cancelling": [(3, 1, 2), (3, 2, 1)],
    "no triangle": np.zeros([0, 3], np.int32),
}


@pytest.mark.parametrize("triangles", SINGULAR.values(), ids=SINGULAR)
def test_singular_vertices_have_zero_normal_and_gradient(triangles):
    vertices = np.array(
        [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0.1, 0.1, 0.1), (0.2, 0.2, 0.2), (0.7, 0.7, 0.7)]
    )
    normals, gradient = normals_and_gradient(vertices, triangles, np.ones([6, 3], np.float32))
    np.testing.assert_array_equal(normals[3], 0)
    assert np.isfinite(normals).all() and np.isfinite(gradient).all()
    np.testing.assert_array_equal(gradient[4:], 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38, 1e19, 1e-25, 1e-42])
def test_bad_positions_stay_finite(value):
    vertices, triangles = irregular_sphere()
    vertices[40, 1] = value
    normals, gradient = normals_and_gradient(vertices, triangles, np.ones_like(vertices))
    assert np.isfinite(normals).all() and np.isfinite(gradient).all()
    far = (vertices[:, 1] > 0.7) & np.isfinite(vertices[:, 1]) & (vertices[:, 1] < 2)
    np.testing.assert_allclose(np.linalg.norm(normals[far], axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e12])
def test_normals_do_not_depend_on_units(scale):
    vertices, triangles = irregular_sphere()
    expected = vertex_normals(vertices[None], triangles)
    scaled = vertex_normals((vertices * scale)[None], triangles)
    np.testing.assert_allclose(scaled, expected, atol=1e-5)
