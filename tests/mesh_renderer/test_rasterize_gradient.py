"""The gradient of barycentric coordinates and of interpolated attributes."""

import numpy as np
import pytest
import tensorflow as tf

from mesh_renderer import rasterize_triangles
from tests.mesh_renderer import meshes, reference

SIZE = 24


def barycentrics_and_ids(clip, triangles):
    buffer = rasterize_triangles.rasterize_barycentric_coordinates(
        clip[None], triangles, SIZE, SIZE
    )
    barycentrics = buffer.barycentrics[0]
    covered = np.any(barycentrics.numpy() != 0, axis=-1)
    return barycentrics, np.where(covered, buffer.triangle_ids[0].numpy(), -1)


def reference_gradient(clip, triangles, ids, d_barycentrics):
    """Computes the gradient [V, 4] in float64 for given ids."""
    out = np.zeros(clip.shape)
    px, py = reference.pixel_centers(SIZE, SIZE)
    for row, column in np.argwhere(ids >= 0):
        corners = triangles[ids[row, column]]
        jacobian = reference.barycentrics_jacobian(clip[corners], px[column], py[row])
        gradient = np.einsum("b,bcx->cx", d_barycentrics[row, column], jacobian)
        for corner, value in zip(corners, gradient, strict=True):
            out[corner, [0, 1, 3]] += value
    return out


def test_gradient_reference():
    vertices, triangles = meshes.sphere(30, 40)
    clip = meshes.project(vertices @ meshes.rotation(0.3, 0.5, 0.1).T, distance=4.0)
    weights = np.random.default_rng(1).normal(size=[SIZE, SIZE, 3])
    variable = tf.constant(clip)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        barycentrics, ids = barycentrics_and_ids(variable, triangles)
        loss = tf.reduce_sum(barycentrics * weights.astype(np.float32))
    gradient = tape.gradient(loss, variable).numpy()
    expected = reference_gradient(clip, triangles, ids, weights.astype(np.float32))
    error = np.linalg.norm(gradient - expected) / np.linalg.norm(expected)
    assert error < 1e-5
    assert np.all(gradient[:, 2] == 0)


def test_cube_jacobian_numeric():
    """Only pixels that change their triangle may differ from the differences."""
    clip = meshes.project(meshes.CUBE_VERTICES @ meshes.rotation(-0.3, 0.4, 0.8).T)
    triangles = meshes.CUBE_TRIANGLES
    variable = tf.constant(clip)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(variable)
        barycentrics, ids = barycentrics_and_ids(variable, triangles)
        values = tf.unstack(tf.reshape(barycentrics, [-1]))
    covered = np.flatnonzero(np.repeat(ids.ravel() >= 0, 3))
    chosen = np.random.default_rng(2).choice(covered, 60, replace=False)
    analytic = np.array([tape.gradient(values[i], variable).numpy() for i in chosen])
    step = 1e-3
    numeric = np.zeros(analytic.shape)
    for vertex, axis in np.ndindex(clip.shape):
        moved = np.zeros_like(clip)
        moved[vertex, axis] = step
        high, low = (barycentrics_and_ids(clip + s * moved, triangles)[0] for s in (1, -1))
        change = (high.numpy() - low.numpy()).ravel()[chosen]
        numeric[:, vertex, axis] = change / (2 * step)
    is_outlier = np.abs(analytic - numeric) > 0.01 + 0.01 * np.abs(analytic)
    assert is_outlier.any(axis=(1, 2)).mean() < 0.05


def test_interpolation_gradient_numeric():
    rng = np.random.default_rng(4)
    clip = meshes.project(meshes.CUBE_VERTICES @ meshes.rotation(-0.3, 0.4, 0.8).T)
    attributes = rng.normal(size=[8, 5]).astype(np.float32)
    background = rng.normal(size=[5]).astype(np.float32)
    weights = rng.normal(size=[SIZE, SIZE, 5]).astype(np.float32)

    def loss(attributes, background):
        image = rasterize_triangles.rasterize_clip_space(
            clip[None], attributes[None], meshes.CUBE_TRIANGLES, SIZE, SIZE, background
        )
        return tf.reduce_sum(image[0] * weights)

    # The image is linear in both: differences are exact up to rounding.
    theoretical, numerical = tf.test.compute_gradient(loss, [attributes, background], delta=1.0)
    for ours, theirs in zip(theoretical, numerical, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("channels", [1, 4, 9])
def test_interpolation_reference(channels):
    vertices, triangles = meshes.sphere()
    clip = meshes.project(vertices)
    attributes = np.random.default_rng(7).normal(size=[len(vertices), channels])
    background = np.arange(channels)
    image = rasterize_triangles.rasterize_clip_space(
        clip[None], attributes[None], triangles, SIZE, SIZE, background
    )
    barycentrics, ids = barycentrics_and_ids(clip, triangles)
    expected = reference.interpolate(attributes, triangles, ids, barycentrics.numpy(), background)
    np.testing.assert_allclose(image[0], expected, atol=1e-5)


def test_empty_pixels_have_no_gradient():
    clip = tf.constant(meshes.project(meshes.CUBE_VERTICES) + [100, 0, 0, 0], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(clip)
        barycentrics, ids = barycentrics_and_ids(clip, meshes.CUBE_TRIANGLES)
        loss = tf.reduce_sum(barycentrics * 3.0)
    assert (ids < 0).all()
    assert np.all(tape.gradient(loss, clip).numpy() == 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38, 1e-42])
def test_gradient_stays_finite_with_bad_vertices(value):
    clip = meshes.project(meshes.CUBE_VERTICES @ meshes.rotation(-0.3, 0.4, 0.8).T)
    for axis in range(4):
        bad = clip.copy()
        bad[3, axis] = value
        variable = tf.constant(bad)
        with tf.GradientTape() as tape:
            tape.watch(variable)
            image = rasterize_triangles.rasterize_clip_space(
                variable[None],
                meshes.CUBE_COLORS[None],
                meshes.CUBE_TRIANGLES,
                SIZE,
                SIZE,
                [0.0] * 3,
            )
            loss = tf.reduce_sum(image**2)
        assert np.isfinite(tape.gradient(loss, variable).numpy()).all()


def test_gradient_stays_finite_for_slivers():
    rng = np.random.default_rng(9)
    line = np.linspace(-1, 1, 200)[:, None] * np.array([[1.0, 0.7]])
    noise = rng.uniform(-1, 1, line.shape) * 10.0 ** rng.uniform(-9, -2, [200, 1])
    clip = np.concatenate([line + noise, np.zeros([200, 1]), np.ones([200, 1])], axis=-1)
    triangles = rng.integers(0, 200, [2000, 3]).astype(np.int32)
    variable = tf.constant(clip, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        barycentrics, ids = barycentrics_and_ids(variable, triangles)
        loss = tf.reduce_sum(barycentrics**2)
    assert (ids >= 0).any()
    assert np.isfinite(tape.gradient(loss, variable).numpy()).all()
