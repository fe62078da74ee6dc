"""The losses against plain NumPy, by the paper's equations."""

import numpy as np
import pytest
import tensorflow as tf

import losses

RNG = np.random.default_rng(0)


def unit(*shape):
    x = RNG.normal(size=shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_parameter_loss_equation_3():
    s, s_true, t, t_true = (RNG.normal(size=(4, k)) for k in (7, 7, 5, 5))
    loss = losses.parameter_loss(s, t, s_true, t_true, shape_weight=0.4, texture_weight=0.002)
    expected = 0.0
    for b in range(4):
        expected += 0.4 * sum((s[b, k] - s_true[b, k]) ** 2 for k in range(7))
        expected += 0.002 * sum((t[b, k] - t_true[b, k]) ** 2 for k in range(5))
    np.testing.assert_allclose(np.sum(loss), expected)


def test_identity_loss_equation_4():
    photo, views = unit(3, 8), unit(3, 2, 8)
    loss = losses.identity_loss(photo, views)
    expected = [[1 - photo[b] @ views[b, v] for v in range(2)] for b in range(3)]
    np.testing.assert_allclose(loss, expected)


def test_identity_loss_of_the_same_face_is_zero():
    photo = unit(3, 8)
    np.testing.assert_allclose(losses.identity_loss(photo, photo[:, None]), 0, atol=1e-12)


def test_batch_distribution_loss_equations_5_and_6():
    s, t = RNG.normal(1, 2, size=(16, 7)), RNG.normal(-1, 0.5, size=(16, 5))
    loss = losses.batch_distribution_loss(losses.batch_moments(s), losses.batch_moments(t))
    expected = sum(
        np.sum(np.mean(x, axis=0) ** 2) + np.sum((np.var(x, axis=0) - 1) ** 2) for x in (s, t)
    )
    np.testing.assert_allclose(loss, expected)


def test_batch_distribution_loss_is_zero_at_its_target():
    x = np.array([[1.0, -1.0], [-1.0, 1.0]])
    moments = losses.batch_moments(x)
    assert losses.batch_distribution_loss(moments, moments) == 0
    doubled = losses.batch_moments(2 * x)
    assert losses.batch_distribution_loss(doubled, doubled, target_variance=4.0) == 0
    assert losses.batch_distribution_loss(doubled, doubled, target_variance=3.0) == 4


def test_batch_moments_survive_a_large_offset():
    x = tf.constant(RNG.normal(1000, 1, size=(64, 3)), tf.float32)
    _, variance = losses.batch_moments(x)
    np.testing.assert_allclose(variance, x.numpy().astype(np.float64).var(axis=0), rtol=1e-3)


def test_batch_moments_of_an_empty_batch_have_finite_gradients():
    x = tf.zeros([0, 3])
    with tf.GradientTape() as tape:
        tape.watch(x)
        mean, variance = losses.batch_moments(x)
        loss = tf.reduce_sum(mean + variance)
    assert loss == 0
    assert tape.gradient(loss, x).shape == (0, 3)


def test_loopback_loss_is_the_parameter_loss_of_each_view():
    s, t = RNG.normal(size=(3, 7)), RNG.normal(size=(3, 5))
    loop_s, loop_t = RNG.normal(size=(3, 2, 7)), RNG.normal(size=(3, 2, 5))
    loss = losses.loopback_loss(s, t, loop_s, loop_t, 0.4, 0.1)
    for view in range(2):
        expected = losses.parameter_loss(loop_s[:, view], loop_t[:, view], s, t, 0.4, 0.1)
        np.testing.assert_allclose(loss[:, view], expected)


@pytest.mark.parametrize("path", ["prediction", "loop"])
def test_loopback_gradient_flows_along_both_paths(path):
    s, t = tf.constant(RNG.normal(size=(3, 7))), tf.constant(RNG.normal(size=(3, 5)))
    loop_s, loop_t = tf.random.normal([3, 2, 7], dtype=s.dtype), tf.zeros([3, 2, 5], s.dtype)
    watched = s if path == "prediction" else loop_s
    with tf.GradientTape() as tape:
        tape.watch(watched)
        loss = tf.reduce_sum(losses.loopback_loss(s, t, loop_s, loop_t))
    assert np.all(np.abs(tape.gradient(loss, watched)) > 0)
