"""Arithmetic, comparisons, and other operations that treat each element by itself.

Multiplications by constants and additions of constants become `Affine` layers where the constants
vary along the last stored axis alone, since such layers fold into convolutions.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from model.identity.frozen.layers import Affine, Function
from model.identity.openvino.folding import NOTHING
from model.identity.openvino.layer import Layer
from model.identity.openvino.layout import (
    along_channels,
    arrange_constant,
    fill_in,
    in_file_order,
    is_batched,
)
from model.identity.openvino.operands import number, unsupported

# Far below the square of any activation that matters; keeps the gradient of a root at 0 finite.
_ROOT_EPSILON = 1e-12


@tf.custom_gradient
def root(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Takes the square root, whose gradient at 0 is finite here."""
    return tf.sqrt(x), lambda dy: 0.5 * dy * tf.math.rsqrt(tf.maximum(x, _ROOT_EPSILON))


def power(exponent: float) -> Callable[[tf.Tensor], tf.Tensor]:
    """Makes the function that raises x to a power, whose gradient at 0 is finite here."""
    if exponent == 2:
        return tf.square
    if exponent == 0.5:
        return root

    @tf.custom_gradient
    def raised(x):
        def gradient(dy):
            slope = exponent * tf.pow(x, exponent - 1)
            return dy * tf.where(tf.math.is_finite(slope), slope, 0.0)

        return tf.pow(x, exponent), gradient

    return raised


def affine(
    layer: Layer, source: Layer, scale: np.ndarray, offset: np.ndarray
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Makes the layer x · scale + offset.

    Args:
      layer: the layer of the file.
      source: x, which has the shape of the result.
      scale, offset: constants that broadcast to this shape.

    Raises:
      ValueError: the constants do not broadcast.
    """
    scale, offset = (
        arrange_constant(np.asarray(value, np.float32), layer.shape) for value in (scale, offset)
    )
    if source.shape != layer.shape or scale is None or offset is None:
        unsupported(layer, f"a constant that makes {layer.shape} of {source.shape}")
    if all(set(value.shape[:-1]) <= {1} for value in (scale, offset)):
        return Affine(scale.reshape(-1), offset.reshape(-1))
    return Function(lambda x: x * scale + offset)


def broadcast(
    function: Callable[..., tf.Tensor], layer: Layer, sources: list[Layer]
) -> Callable[..., tf.Tensor]:
    """Makes a layer from a function of single elements; shapes broadcast as NumPy's do.

    Args:
      function: takes tensors of the same number of axes.
      layer: the layer of the file.
      sources: the layers that it reads.

    Raises:
      ValueError: the file broadcasts in another way.
    """
    if layer.attributes.get("auto_broadcast", "numpy") not in ("numpy", "none"):
        unsupported(layer, f"auto_broadcast {layer.attributes['auto_broadcast']!r}")
    constants = _arranged_constants(sources, layer.shape)
    if constants is not None:
        return Function(lambda *tensors: function(*fill_in(constants, tensors)))

    def aligned(*tensors):
        return function(*(_with_rank(x, len(layer.shape) + 1) for x in tensors))

    return in_file_order(aligned, layer, sources)


def _arranged_constants(sources, shape):
    """Returns constants arranged like stored tensors, with None for each tensor among the sources.

    Returns None alone if the stored tensors cannot be combined as they are.
    """
    constants = []
    for source in sources:
        constants.append(None)
        if source.value is None:
            fits = len(source.shape) == len(shape) and is_batched(source.shape) == is_batched(shape)
        else:
            constants[-1] = arrange_constant(source.value, shape)
            fits = constants[-1] is not None
        if not fits:
            return None
    return constants


def _with_rank(x, rank):
    """Inserts axes of length 1 behind the batch."""
    ones = [1] * (rank - x.shape.rank)
    return tf.reshape(x, [tf.shape(x)[0], *ones, *x.shape[1:]])


def unary(function: Callable[[tf.Tensor], tf.Tensor]) -> Callable[..., Callable]:
    """Makes the translator of an operation on the elements of one tensor."""
    return lambda layer, sources: broadcast(function, layer, sources[:1])


def _binary(function):
    return lambda layer, sources: broadcast(function, layer, sources)


def _arithmetic(function):
    def translate(layer, sources):
        return _affine_or_none(layer, sources) or broadcast(function, layer, sources)

    return translate


def _affine_or_none(layer, sources):
    """Makes an affine layer, if one of the two inputs is a constant that allows it."""
    constants = [source.value is not None for source in sources]
    if constants.count(True) != 1:
        return None
    index = constants.index(True)
    value, source = sources[index].value, sources[1 - index]
    if source.shape != layer.shape or value.dtype.kind != "f":
        return None
    one, zero = np.ones_like(value), np.zeros_like(value)
    match layer.type, index:
        case "Add", _:
            return affine(layer, source, one, value)
        case "Multiply", _:
            return affine(layer, source, value, zero)
        case "Subtract", 1:
            return affine(layer, source, one, -value)
        case "Subtract", 0:
            return affine(layer, source, -one, value)
        case "Divide", 1 if np.all(value):
            return affine(layer, source, 1 / value, zero)
    return None


def _power(layer, sources):
    value = sources[1].value
    if value is not None and value.size == 1 and sources[0].shape == layer.shape:
        return broadcast(power(number(layer, sources[1])), layer, sources[:1])
    return broadcast(tf.pow, layer, sources)


def _batch_normalization(layer, sources):
    # Versions of the operation differ in the place of the tensor among the inputs.
    tensors = [source for source in sources if source.value is None]
    if len(tensors) != 1:
        unsupported(layer, "a computed mean, variance, scale or offset")
    gamma, beta, mean, variance = (
        along_channels(source.value, len(layer.shape))
        for source in sources
        if source.value is not None
    )
    variance = variance + layer.number("epsilon")
    if np.any(variance <= 0):
        unsupported(layer, "a variance below 0")
    scale = gamma / np.sqrt(variance)
    return affine(layer, tensors[0], scale, beta - mean * scale)


def _identity(layer, sources):
    if sources[0].value is not None:
        return broadcast(tf.identity, layer, sources)
    return NOTHING


def _round(layer, sources):
    if layer.attributes.get("mode", "half_to_even") == "half_to_even":
        return broadcast(tf.round, layer, sources)
    return broadcast(lambda x: tf.sign(x) * tf.floor(tf.abs(x) + 0.5), layer, sources)


def _convert(layer, sources):
    kind = layer.attributes.get("destination_type", "f32")
    if kind == "boolean":
        return broadcast(lambda x: tf.not_equal(x, tf.zeros([], x.dtype)), layer, sources)
    # All real numbers are float32 here, and all whole ones int64.
    dtype = tf.float32 if kind.startswith(("f", "bf")) else tf.int64
    return broadcast(lambda x: tf.cast(x, dtype), layer, sources)


def _divide(x, y):
    return x // y if x.dtype.is_integer else x / y


def _convert_like(layer, sources):
    return broadcast(tf.identity, layer, sources[:1])


TRANSLATORS = {
    "Abs": unary(tf.abs),
    "Add": _arithmetic(tf.add),
    "BatchNormInference": _batch_normalization,
    "Ceiling": unary(tf.math.ceil),
    "Convert": _convert,
    "ConvertLike": _convert_like,
    "Divide": _arithmetic(_divide),
    "Equal": _binary(tf.equal),
    "Erf": unary(tf.math.erf),
    "Exp": unary(tf.exp),
    "Floor": unary(tf.floor),
    "Greater": _binary(tf.greater),
    "GreaterEqual": _binary(tf.greater_equal),
    "Identity": _identity,
    "Less": _binary(tf.less),
    "LessEqual": _binary(tf.less_equal),
    "Log": unary(tf.math.log),
    "LogicalAnd": _binary(tf.logical_and),
    "LogicalNot": unary(tf.logical_not),
    "LogicalOr": _binary(tf.logical_or),
    "Maximum": _binary(tf.maximum),
    "Minimum": _binary(tf.minimum),
    "Multiply": _arithmetic(tf.multiply),
    "Negative": unary(tf.negative),
    "NotEqual": _binary(tf.not_equal),
    "Power": _power,
    "Round": _round,
    "Select": _binary(tf.where),
    "Sign": unary(tf.sign),
    "Sqrt": unary(root),
    "SquaredDifference": _binary(tf.math.squared_difference),
    "Subtract": _arithmetic(tf.subtract),
}
