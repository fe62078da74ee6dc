"""Camera matrices against NumPy, and at degenerate cameras."""

import numpy as np
import pytest
import tensorflow as tf

from mesh_renderer import camera_utils
from tests.mesh_renderer import meshes

EYE = tf.constant([[0.0, 0.0, 6.0], [2.0, -3.0, 1.0]])
ORIGIN = tf.zeros([2, 3])
UP = tf.constant([[0.0, 1.0, 0.0], [0.2, 1.0, 0.1]])


def test_euler_matrices_reference():
    angles = np.random.default_rng(0).uniform(-3, 3, [5, 3])
    matrices = camera_utils.euler_matrices(angles.astype(np.float32)).numpy()
    for matrix, angle in zip(matrices, angles, strict=True):
        np.testing.assert_allclose(matrix[:3, :3], meshes.rotation(*angle), atol=1e-6)
        np.testing.assert_array_equal(matrix[3], [0, 0, 0, 1])


def test_perspective_and_look_at_reference():
    matrices = camera_utils.perspective(
        1.5, tf.fill([2], 40.0), tf.fill([2], 0.1), tf.fill([2], 20.0)
    ) @ camera_utils.look_at(EYE, ORIGIN, UP)
    clip = camera_utils.transform_homogeneous(matrices, tf.stack([meshes.CUBE_VERTICES] * 2))
    expected = meshes.project(meshes.CUBE_VERTICES, distance=6.0, aspect=1.5)
    np.testing.assert_allclose(clip[0], expected, atol=1e-5)


def test_look_at_puts_the_center_ahead():
    view = camera_utils.look_at(EYE, ORIGIN, UP).numpy()
    for matrix, eye in zip(view, EYE.numpy(), strict=True):
        np.testing.assert_allclose(matrix @ [*eye, 1], [0, 0, 0, 1], atol=1e-6)
        np.testing.assert_allclose(
            matrix @ [0, 0, 0, 1], [0, 0, -np.linalg.norm(eye), 1], atol=1e-6
        )
        np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-6)


DEGENERATE = {
    "eye at center": ([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]], [[0.0, 1.0, 0.0]]),
    "up along gaze": ([[0.0, 5.0, 0.0]], [[0.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]),
    "no up": ([[0.0, 0.0, 5.0]], [[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]),
}


@pytest.mark.parametrize("camera", DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_look_at(camera):
    eye, center, up = map(tf.constant, camera)
    with tf.GradientTape() as tape:
        tape.watch([eye, center, up])
        view = camera_utils.look_at(eye, center, up)
        loss = tf.reduce_sum(view**3)
    rotation = view[0, :3, :3].numpy()
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(view[0].numpy() @ [*camera[0][0], 1], [0, 0, 0, 1], atol=1e-6)
    for gradient in tape.gradient(loss, [eye, center, up]):
        assert np.isfinite(gradient.numpy()).all()
    assert np.isnan(camera_utils.look_at(eye, center, up, legacy=True).numpy()).any()
