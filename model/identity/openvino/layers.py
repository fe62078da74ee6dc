"""Translates the layers of an OpenVINO IR (NCHW) into frozen layers (NHWC)."""

import math

import numpy as np
import tensorflow as tf

from model.identity.frozen.convolution import Window
from model.identity.frozen.layers import (
    Affine,
    AveragePool,
    Convolution,
    Dense,
    Function,
    MaxPool,
    Rectifier,
)
from model.identity.openvino.folding import Node
from model.identity.openvino.graph import Layer

_TO_NHWC = (0, 2, 3, 1)
_TO_NCHW = (0, 3, 1, 2)


def translate(layers: dict[str, Layer]) -> dict[str, Node]:
    """Translates all layers but the parameter, the constants and the result.

    Args:
      layers: what `graph.read_graph` returns.

    Returns:
      Nodes by the layers' names. Tensors of rank 4 are NHWC, all others as in the file.

    Raises:
      ValueError: an operation, or a form of one, that is not supported; names the layer.
    """
    nodes = {}
    for name, layer in layers.items():
        if layer.type in ("Parameter", "Const", "Result") or layer.value is not None:
            continue
        if layer.type not in _TRANSLATORS:
            raise ValueError(
                f"layer {name!r}: operation {layer.type!r} is not supported; supported are "
                f"{', '.join(sorted(_TRANSLATORS))}"
            )
        sources = [layers[source] for source in layer.inputs]
        try:
            function = _TRANSLATORS[layer.type](layer, sources)
        except (IndexError, KeyError) as error:
            raise ValueError(f"layer {name!r} ({layer.type}): lacks {error}") from error
        variable = tuple(source.name for source in sources if source.value is None)
        nodes[name] = Node(function, variable)
    return nodes


def _constant(layer, source):
    if source.value is None:
        raise ValueError(
            f"layer {layer.name!r} ({layer.type}): its input {source.name!r} must be a constant"
        )
    return source.value


def _unsupported(layer, what):
    raise ValueError(f"layer {layer.name!r} ({layer.type}): {what} is not supported")


def _per_channel(layer, value, rank):
    """Brings a constant that broadcasts over a tensor of a rank to [C] or [1]."""
    axis = value.ndim - rank + 1  # The channel axis, in NumPy's broadcasting.
    channels = value.shape[axis] if 0 <= axis < value.ndim else 1
    if value.size != channels or value.ndim > rank:
        _unsupported(layer, f"a constant of shape {value.shape} for a tensor of rank {rank}")
    return np.asarray(value, np.float32).reshape(channels)


def _spatial_pads(layer):
    if layer.attributes.get("auto_pad", "explicit") in ("same_upper", "same_lower"):
        _unsupported(layer, f"auto_pad {layer.attributes['auto_pad']!r}")
    (top, left), (bottom, right) = layer.integers("pads_begin"), layer.integers("pads_end")
    if layer.attributes.get("auto_pad") == "valid":
        return (0, 0, 0, 0)
    return (top, bottom, left, right)


def _convolution(layer, sources):
    kernel = _constant(layer, sources[1])
    groups = 1
    if layer.type == "GroupConvolution":
        groups, multiplier, channels = kernel.shape[:3]
        if channels == 1:
            groups = 0
            kernel = kernel.transpose(3, 4, 0, 1, 2)[..., 0]
        else:
            kernel = kernel.reshape(groups * multiplier, *kernel.shape[2:])
    if kernel.ndim != 4:
        _unsupported(layer, f"a kernel of shape {kernel.shape}")
    if groups:
        kernel = kernel.transpose(2, 3, 1, 0)
    strides, dilations = layer.integers("strides"), layer.integers("dilations", "1, 1")
    if strides != (1, 1) and dilations != (1, 1):
        _unsupported(layer, "a stride together with a dilation")
    return Convolution(
        kernel, window=Window(strides, _spatial_pads(layer), dilations), groups=groups
    )


def _arithmetic(layer, sources):
    constants = [index for index, source in enumerate(sources) if source.value is not None]
    if not constants:
        return _binary(layer, sources)
    index = constants[0]
    value = _per_channel(layer, sources[index].value, len(sources[1 - index].shape))
    one, zero = np.ones_like(value), np.zeros_like(value)
    match layer.type, index:
        case "Add", _:
            return Affine(one, value)
        case "Multiply", _:
            return Affine(value, zero)
        case "Subtract", 1:
            return Affine(one, -value)
        case "Subtract", 0:
            return Affine(-one, value)
        case "Divide", 1:
            return Affine(1 / value, zero)
    _unsupported(layer, "the reciprocal of a tensor")


def _binary(layer, sources):
    first, second = sources
    if len(first.shape) != len(second.shape):
        _unsupported(layer, f"broadcasting of shapes {first.shape} and {second.shape}")
    functions = {
        "Add": tf.add,
        "Subtract": tf.subtract,
        "Multiply": tf.multiply,
        "Divide": tf.divide,
    }
    return Function(functions[layer.type])


def _batch_normalization(layer, sources):
    gamma, beta, mean, variance = (_constant(layer, source) for source in sources[1:])
    scale = gamma / np.sqrt(variance + float(layer.attributes["epsilon"]))
    return Affine(scale, beta - mean * scale)


def _prelu(layer, sources):
    slope = _constant(layer, sources[1]).astype(np.float32)
    if slope.size == 1:
        return Rectifier(float(slope.reshape(())))
    if slope.ndim > 1:
        slope = _per_channel(layer, slope, len(sources[0].shape))
    return Rectifier(slope)


def _clamp(layer, sources):
    low, high = float(layer.attributes["min"]), float(layer.attributes["max"])
    return Function(lambda x: tf.clip_by_value(x, low, high))


def _window(layer):
    return layer.integers("kernel"), layer.integers("strides"), _spatial_pads(layer)


def _check_floor(layer, sources):
    """Accepts rounding up only where it equals rounding down."""
    if layer.attributes.get("rounding_type", "floor") == "floor":
        return
    kernel, strides, (top, bottom, left, right) = _window(layer)
    padded = (sources[0].shape[2] + top + bottom, sources[0].shape[3] + left + right)
    if any((n - k) % s for n, k, s in zip(padded, kernel, strides, strict=True)):
        _unsupported(layer, "rounding_type 'ceil'")


def _max_pool(layer, sources):
    _check_floor(layer, sources)
    if layer.integers("dilations", "1, 1") != (1, 1):
        _unsupported(layer, "a dilated window")
    return MaxPool(*_window(layer))


def _average_pool(layer, sources):
    _check_floor(layer, sources)
    exclude = layer.attributes.get("exclude-pad", "true") == "true"
    return AveragePool(*_window(layer), exclude)


def _reduce_mean(layer, sources):
    rank = len(sources[0].shape)
    axes = [int(axis) % rank for axis in _constant(layer, sources[1]).reshape(-1)]
    keep = layer.attributes.get("keep_dims", "false") == "true"
    if rank == 4 and not keep and len(layer.shape) not in (2, 3):
        _unsupported(layer, f"an output of shape {layer.shape}")
    if rank == 4 and not keep and 1 in axes:
        _unsupported(layer, "a mean over channels that drops them")
    axes = [_nhwc_axis(axis, rank) for axis in axes]
    return Function(lambda x: tf.reduce_mean(x, axes, keepdims=keep))


def _nhwc_axis(axis, rank):
    return _TO_NHWC.index(axis) if rank == 4 else axis


def _concat(layer, sources):
    if any(source.value is not None for source in sources):
        _unsupported(layer, "a constant part")
    rank = len(sources[0].shape)
    axis = _nhwc_axis(layer.integers("axis")[0] % rank, rank)
    return Function(lambda *parts: tf.concat(parts, axis))


def _reshape(layer, sources):
    """Any change of shape that leaves the batch axis alone: Reshape, Squeeze, Unsqueeze."""
    before, after = sources[0].shape, layer.shape
    if -1 in before[1:] or -1 in after[1:] or math.prod(before[1:]) != math.prod(after[1:]):
        _unsupported(layer, f"the step from shape {before} to {after}")

    def reshape(x):
        if len(before) == 4 and before[2:] != (1, 1):
            x = tf.transpose(x, _TO_NCHW)
        x = tf.reshape(x, [-1, *after[1:]])
        return tf.transpose(x, _TO_NHWC) if len(after) == 4 else x

    return Function(reshape)


def _matmul(layer, sources):
    kernel = _constant(layer, sources[1])
    if len(sources[0].shape) != 2 or kernel.ndim != 2:
        _unsupported(layer, f"a product of shapes {sources[0].shape} and {kernel.shape}")
    if layer.attributes.get("transpose_a", "false") == "true":
        _unsupported(layer, "transpose_a")
    transpose = layer.attributes.get("transpose_b", "false") == "true"
    return Dense(kernel.T if transpose else kernel)


def _normalize(layer, sources):
    rank = len(sources[0].shape)
    axes = [int(axis) % rank for axis in np.atleast_1d(_constant(layer, sources[1]))]
    axes = [_nhwc_axis(axis, rank) for axis in axes]
    epsilon = float(layer.attributes["eps"])
    # Both modes keep the root away from 0, which is all that a useful input can tell apart.
    return Function(lambda x: tf.math.l2_normalize(x, axes, epsilon))


_TRANSLATORS = {
    "Add": _arithmetic,
    "AvgPool": _average_pool,
    "BatchNormInference": _batch_normalization,
    "Clamp": _clamp,
    "Concat": _concat,
    "Convolution": _convolution,
    "Divide": _arithmetic,
    "GroupConvolution": _convolution,
    "MatMul": _matmul,
    "MaxPool": _max_pool,
    "Multiply": _arithmetic,
    "NormalizeL2": _normalize,
    "PReLU": _prelu,
    "ReLU": lambda layer, sources: Rectifier(0.0),
    "ReduceMean": _reduce_mean,
    "Reshape": _reshape,
    "Sigmoid": lambda layer, sources: Function(tf.sigmoid),
    "Squeeze": _reshape,
    "Subtract": _arithmetic,
    "Tanh": lambda layer, sources: Function(tf.tanh),
    "Unsqueeze": _reshape,
}
