"""Activation functions."""

import numpy as np
import tensorflow as tf

from model.identity.frozen.layers import Function, Rectifier
from model.identity.openvino.elementwise import broadcast, unary
from model.identity.openvino.layout import along_channels, arrange_constant
from model.identity.openvino.operands import number, unsupported


def _prelu(layer, sources):
    slope = sources[1].value
    if slope is None or sources[0].value is not None:
        return broadcast(_leak, layer, sources)
    if slope.size == 1:
        return Rectifier(float(slope.reshape(())))
    if slope.ndim == 1 and len(layer.shape) > 1 and len(slope) == layer.shape[1]:
        slope = along_channels(slope, len(layer.shape))
    arranged = arrange_constant(slope.astype(np.float32), layer.shape)
    if arranged is None:
        unsupported(layer, f"a slope of shape {slope.shape}")
    if set(arranged.shape[:-1]) <= {1}:
        return Rectifier(arranged.reshape(-1))
    return Function(lambda x: _leak(x, arranged))


def _leak(x, slope):
    return tf.where(x > 0, x, x * slope)


def _relu(layer, sources):
    return Rectifier(0.0)


def _clamp(layer, sources):
    low, high = layer.number("min"), layer.number("max")
    return broadcast(lambda x: tf.clip_by_value(x, low, high), layer, sources)


def _negative_part(x):
    """Returns exp(x) - 1 where x is negative, else 0."""
    return tf.nn.elu(tf.minimum(x, 0.0))


def _elu(layer, sources):
    alpha = layer.number("alpha", "1")
    return broadcast(lambda x: tf.nn.relu(x) + alpha * _negative_part(x), layer, sources)


def _selu(layer, sources):
    alpha, factor = number(layer, sources[1]), number(layer, sources[2])

    def selu(x):
        return factor * (tf.nn.relu(x) + alpha * _negative_part(x))

    return broadcast(selu, layer, sources[:1])


def _gelu(layer, sources):
    approximate = layer.attributes.get("approximation_mode", "erf").lower() == "tanh"
    return broadcast(lambda x: tf.nn.gelu(x, approximate), layer, sources)


def _hard_sigmoid(layer, sources):
    alpha, beta = number(layer, sources[1]), number(layer, sources[2])
    return broadcast(lambda x: tf.clip_by_value(alpha * x + beta, 0.0, 1.0), layer, sources[:1])


def _swish(layer, sources):
    beta = number(layer, sources[1]) if len(sources) > 1 else 1.0
    return broadcast(lambda x: x * tf.sigmoid(beta * x), layer, sources[:1])


def _three_sixths(x):
    return tf.nn.relu6(x + 3.0) / 6.0


TRANSLATORS = {
    "Clamp": _clamp,
    "Elu": _elu,
    "Gelu": _gelu,
    "HSigmoid": unary(_three_sixths),
    "HSwish": unary(lambda x: x * _three_sixths(x)),
    "HardSigmoid": _hard_sigmoid,
    "Mish": unary(lambda x: x * tf.tanh(tf.nn.softplus(x))),
    "PReLU": _prelu,
    "ReLU": _relu,
    "Selu": _selu,
    "Sigmoid": unary(tf.sigmoid),
    "SoftPlus": unary(tf.nn.softplus),
    "SoftSign": unary(tf.nn.softsign),
    "Swish": _swish,
    "Tanh": unary(tf.tanh),
}
