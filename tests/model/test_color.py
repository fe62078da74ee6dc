"""The transfer function of sRGB."""

import numpy as np
import pytest
import tensorflow as tf

from model.color import linear_to_srgb, srgb_to_linear


def test_transfer_functions_are_inverse_and_their_gradients_finite():
    color = tf.constant(np.linspace(0, 1, 101, dtype=np.float32))
    np.testing.assert_allclose(linear_to_srgb(srgb_to_linear(color)), color, atol=2e-6)
    assert srgb_to_linear(tf.constant(0.5)).numpy() == pytest.approx(0.21404, abs=1e-4)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(color)
        encoded, decoded = linear_to_srgb(color), srgb_to_linear(color)
    for value in (encoded, decoded):
        assert np.all(np.isfinite(tape.gradient(value, color)))
