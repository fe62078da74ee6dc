"""Convolutions and their gradients against sums over the pixels of the kernel."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from model.identity.frozen.convolution import Window
from model.identity.frozen.layers import Convolution

_KERNELS = {
    "plain": ((3, 2, 4, 5), 1),
    "grouped": ((3, 2, 2, 6), 2),
    "depthwise": ((3, 2, 4, 1), 0),
    "depthwise multiplied": ((3, 2, 4, 2), 0),
}
# The last two are larger than the kernel on some sides.
_PADS = [(0, 0, 0, 0), (0, 1, 2, 0), (4, 0, 5, 3), (1, 4, 0, 2)]


def _random(*shape):
    return np.random.default_rng(shape[-1]).standard_normal(shape, np.float32)


def _by_pixels(x, kernel, window, groups):
    x = tf.pad(x, window.paddings)
    ends = [
        x.shape[axis + 1] - (kernel.shape[axis] - 1) * window.dilations[axis] for axis in (0, 1)
    ]
    result = 0
    for i, j in np.ndindex(kernel.shape[:2]):
        down, across = i * window.dilations[0], j * window.dilations[1]
        part = x[:, down : down + ends[0], across : across + ends[1]]
        part = part[:, :: window.strides[0], :: window.strides[1]]
        if groups == 0:
            product = part[..., None] * kernel[i, j]
            result += tf.reshape(product, [*part.shape[:3], -1])
        else:
            pairs = zip(tf.split(part, groups, -1), np.split(kernel[i, j], groups, -1), strict=True)
            result += tf.concat([left @ right for left, right in pairs], -1)
    return result


def _windows(shape, groups):
    for (strides, dilations), pads in itertools.product(
        [((1, 1), (1, 1)), ((1, 1), (2, 2)), ((1, 1), (1, 2)), ((2, 2), (1, 1))], _PADS
    ):
        if groups or shape[3] == 1 or dilations == (1, 1):
            yield Window(strides, pads, dilations)


@pytest.mark.parametrize("shape, groups", _KERNELS.values(), ids=_KERNELS.keys())
def test_result_and_gradient(shape, groups):
    kernel, x = _random(*shape), tf.constant(_random(2, 7, 8, 4))
    for window in _windows(shape, groups):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            got = Convolution(kernel, window=window, groups=groups)(x)
            expected = _by_pixels(x, kernel, window, groups)
            weights = _random(*expected.shape)
            sums = [tf.reduce_sum(weights * y) for y in (got, expected)]
        np.testing.assert_allclose(got, expected, atol=1e-4, err_msg=str(window))
        gradients = [tape.gradient(y, x) for y in sums]
        np.testing.assert_allclose(*gradients, atol=1e-4, err_msg=str(window))
