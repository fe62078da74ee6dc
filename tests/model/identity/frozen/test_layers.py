"""Values and gradients of layers with fixed weights are those of TensorFlow's own."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from model.identity.frozen.convolution import Window
from model.identity.frozen.layers import (
    Affine,
    AveragePool,
    Convolution,
    RectifiedAffine,
    Rectifier,
)


def _random(*shape):
    return np.random.default_rng(len(shape) + shape[-1]).standard_normal(shape).astype(np.float32)


def _reference(layer, x):
    """Computes the layer from a padded image, a kernel with holes, and plain operations."""
    x = tf.pad(x, layer.window.paddings)
    strides, (rows, columns) = layer.window.strides, layer.window.dilations
    height, width, *channels = layer.kernel.shape
    kernel = np.zeros(((height - 1) * rows + 1, (width - 1) * columns + 1, *channels), np.float32)
    kernel[::rows, ::columns] = layer.kernel
    if layer.groups == 0:
        y = tf.nn.depthwise_conv2d(x, kernel, [1, *strides, 1], "VALID")
    else:
        groups = zip(tf.split(x, layer.groups, -1), np.split(kernel, layer.groups, -1), strict=True)
        y = tf.concat([tf.nn.conv2d(part, k, strides, "VALID") for part, k in groups], -1)
    y = y + layer.bias
    if layer.rectifier is None:
        return y
    return tf.maximum(y, 0) + layer.rectifier.slope * tf.minimum(y, 0)


_LAYERS = {
    "pointwise": Convolution(_random(1, 1, 4, 6)),
    "padded": Convolution(_random(3, 3, 4, 6), window=Window(pads=(1, 1, 1, 1))),
    "strided": Convolution(_random(3, 3, 4, 6), window=Window((2, 2), (1, 1, 1, 1))),
    "uneven": Convolution(_random(2, 3, 4, 6), window=Window((1, 2), (0, 1, 2, 0))),
    "dilated": Convolution(_random(3, 3, 4, 6), window=Window(pads=(2, 2, 2, 2), dilations=(2, 2))),
    "overpadded": Convolution(_random(1, 1, 4, 6), window=Window(pads=(1, 1, 1, 1))),
    "grouped": Convolution(_random(3, 3, 2, 6), window=Window(pads=(1, 1, 1, 1)), groups=2),
    "depthwise": Convolution(_random(3, 3, 4, 1), window=Window(pads=(1, 1, 1, 1)), groups=0),
    "depthwise_strided": Convolution(
        _random(3, 3, 4, 1), window=Window((2, 2), (1, 1, 1, 1)), groups=0
    ),
    "depthwise_unpadded": Convolution(_random(3, 3, 4, 1), groups=0),
    "depthwise_global": Convolution(_random(8, 8, 4, 1), groups=0),
    "depthwise_multiplied": Convolution(
        _random(3, 3, 4, 2), window=Window(pads=(1, 1, 1, 1)), groups=0
    ),
    "depthwise_dilated": Convolution(
        _random(3, 3, 4, 1), window=Window(pads=(2, 2, 2, 2), dilations=(2, 2)), groups=0
    ),
}
_RECTIFIERS = {
    "linear": None,
    "relu": Rectifier(0.0),
    "leaky": Rectifier(0.25),
    "steep": Rectifier(3.0),
    "negative": Rectifier(-0.5),
    "channels": Rectifier(np.float32([0.1, 2.0, -0.3, 0.0, 0.5, 1.0, 0.2, 0.3])),
}


def _check(layer):
    channels = layer.kernel.shape[-1] if layer.groups else layer.kernel.shape[2]
    channels *= 1 if layer.groups else layer.kernel.shape[3]
    layer = dataclasses.replace(layer, bias=_random(channels))
    if layer.rectifier is not None and isinstance(layer.rectifier.slope, np.ndarray):
        layer = dataclasses.replace(layer, rectifier=Rectifier(layer.rectifier.slope[:channels]))

    @tf.function
    def value_and_gradient(x, function):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        weights = tf.random.stateless_normal(tf.shape(y), [1, 2])
        return y, tape.gradient(y, x, weights)

    x = tf.constant(_random(2, 8, 8, 4))
    for got, expected in zip(
        value_and_gradient(x, layer),
        value_and_gradient(x, lambda x: _reference(layer, x)),
        strict=True,
    ):
        np.testing.assert_allclose(got, expected, atol=2e-5)


@pytest.mark.parametrize("layer", _LAYERS.values(), ids=_LAYERS.keys())
def test_convolution_reference(layer):
    _check(layer)


@pytest.mark.parametrize("rectifier", _RECTIFIERS.values(), ids=_RECTIFIERS.keys())
@pytest.mark.parametrize("kind", ["pointwise", "depthwise_strided"])
def test_rectified_convolution_reference(kind, rectifier):
    _check(dataclasses.replace(_LAYERS[kind], rectifier=rectifier))


@pytest.mark.parametrize("exclude", [True, False])
def test_average_pool_counts_pads_or_not(exclude):
    x = tf.ones([1, 4, 4, 1])
    y = AveragePool((3, 3), (1, 1), (1, 1, 1, 1), exclude)(x)
    assert float(y[0, 1, 1, 0]) == pytest.approx(1.0)
    assert float(y[0, 0, 0, 0]) == pytest.approx(1.0 if exclude else 4 / 9)


@pytest.mark.parametrize("rectifier", [_RECTIFIERS["relu"], _RECTIFIERS["negative"]])
@pytest.mark.parametrize("shape", [(2, 8, 8, 4), (3, 4)], ids=["image", "vector"])
@pytest.mark.parametrize("channels", [1, 4])
def test_rectified_affine_reference(rectifier, shape, channels):
    layer = RectifiedAffine(Affine(_random(channels), 3 * _random(channels)), rectifier)

    @tf.function
    def value_and_gradient(x, function):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        weights = tf.random.stateless_normal(tf.shape(y), [1, 2])
        return y, tape.gradient(y, x, weights)

    x = tf.constant(_random(*shape))
    got = value_and_gradient(x, layer)
    expected = value_and_gradient(x, lambda x: layer.rectifier(layer.affine(x)))
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
