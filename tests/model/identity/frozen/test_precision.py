"""Convolutions in bfloat16: close to float32, and only where they are asked for."""

import numpy as np
import pytest
import tensorflow as tf

from model.identity.frozen.convolution import Window
from model.identity.frozen.layers import Convolution, Rectifier
from model.identity.frozen.precision import computing_in


def _value_and_gradient(precision):
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=[3, 3, 8, 8]).astype(np.float32)
    window = Window(pads=(1, 1, 1, 1))
    layer = Convolution(kernel, np.ones(8, np.float32), window, rectifier=Rectifier(0))
    x = tf.constant(rng.normal(size=[2, 6, 6, 8]), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        with computing_in(precision):
            y = layer(x)
    # The gradient is made outside of the block, and is computed like the layer.
    return y, tape.gradient(y, x)


def test_results_are_close_and_remain_float32():
    for exact, rounded in zip(
        _value_and_gradient("float32"), _value_and_gradient("bfloat16"), strict=True
    ):
        assert rounded.dtype == tf.float32
        error = np.linalg.norm(exact - rounded) / np.linalg.norm(exact)
        # A rectifier whose input changes its sign changes whole numbers of the gradient.
        assert 1e-4 < error < 0.1


def test_an_unknown_precision_is_refused():
    with (
        pytest.raises(ValueError, match="'float16'; it must be one of float32, bfloat16"),
        computing_in("float16"),
    ):
        pass
