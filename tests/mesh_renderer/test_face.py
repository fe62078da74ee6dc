"""Accuracy on a mesh as fine as a face model's, and an optimization of coefficients."""

import numpy as np
import pytest
import tensorflow as tf

import open_parts
from benchmarks.exact import ExactPixels, relative_error
from benchmarks.head import head
from mesh_renderer import mesh_renderer, rasterize_triangles
from mesh_renderer.vertex_normals import vertex_normals
from model.face_models.load import load_face_model
from tests.mesh_renderer import meshes

SIZE = 224


@pytest.fixture(scope="module")
def scene():
    """Rasterizes a mesh as large as the Basel Face Model's."""
    vertices, triangles = head()
    clip = meshes.project(vertices @ meshes.rotation(0.1, 0.3, 0.0).T, distance=5, fov_y_deg=27)
    buffer = rasterize_triangles.rasterize_barycentric_coordinates(
        clip[None], triangles, SIZE, SIZE
    )
    return clip, triangles, buffer.barycentrics[0].numpy(), buffer.triangle_ids[0].numpy()


def test_coverage_and_barycentrics_of_a_fine_mesh(scene):
    clip, triangles, barycentrics, ids = scene
    covered = np.any(barycentrics != 0, axis=-1)
    assert 0.4 < covered.mean() < 0.5
    exact = ExactPixels(clip, triangles, ids, covered).barycentrics
    assert np.abs(barycentrics[covered] - exact).mean() < 2e-6
    # Float32 decides coverage. By float64 few of its pixels lie outside, and those barely.
    assert (exact.min(-1) < 0).mean() < 5e-4


def test_gradient_of_a_fine_mesh(scene):
    clip, triangles, barycentrics, ids = scene
    covered = np.any(barycentrics != 0, axis=-1)
    weights = np.random.default_rng(0).normal(size=barycentrics.shape).astype(np.float32)
    variable = tf.constant(clip)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        buffer = rasterize_triangles.rasterize_barycentric_coordinates(
            variable[None], triangles, SIZE, SIZE
        )
        loss = tf.reduce_sum(buffer.barycentrics[0] * weights)
    gradient = tape.gradient(loss, variable).numpy()
    expected = ExactPixels(clip, triangles, ids, covered).vertex_gradient(weights[covered])
    assert relative_error(gradient, expected) < 2e-4


def test_optimization_recovers_coefficients():
    """One shaded image is enough, if pose and light are known."""
    face = load_face_model(open_parts.FACE_MODEL)
    generator = np.random.default_rng(3)
    sizes = face.shape_components, face.texture_components
    n_shape, n_texture = 5, 2

    def render(coefficients):
        padded = [
            tf.pad(values, [[0, 0], [0, size - values.shape[1]]])
            for values, size in zip(
                tf.split(coefficients, [n_shape, n_texture], 1), sizes, strict=True
            )
        ]
        vertices = face.decode_shape(padded[0]) / 100.0
        return mesh_renderer.mesh_renderer(
            vertices,
            face.triangles,
            vertex_normals(vertices, face.triangles),
            face.decode_texture(padded[1]),
            tf.constant([2.0, 0.5, 6.0]),
            tf.zeros([3]),
            tf.constant([0.0, 1.0, 0.0]),
            tf.constant([[[3.0, 4.0, 5.0]]]),
            tf.ones([1, 1, 3]),
            96,
            96,
            ambient_color=tf.fill([1, 3], 0.3),
        )[..., :3]

    target_coefficients = tf.constant(generator.normal(size=[1, n_shape + n_texture]), tf.float32)
    target = render(target_coefficients)
    assert np.any(target.numpy() > 0)
    coefficients = tf.Variable(tf.zeros_like(target_coefficients))
    mean, variance = tf.Variable(coefficients), tf.Variable(coefficients)

    @tf.function
    def step(rate):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(render(coefficients) - target))
        gradient = tape.gradient(loss, coefficients)
        mean.assign(0.9 * mean + 0.1 * gradient)
        variance.assign(0.99 * variance + 0.01 * tf.square(gradient))
        coefficients.assign_sub(rate * mean / (tf.sqrt(variance) + 1e-12))
        return loss

    for rate in np.geomspace(0.1, 0.002, 250):
        step(tf.constant(rate, tf.float32))
    # Silhouettes have no gradient, so that the way ends a little beside the truth.
    np.testing.assert_allclose(coefficients, target_coefficients, atol=0.2)
