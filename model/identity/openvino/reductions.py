"""Operations that combine elements along axes: sums, norms, normalizations, softmax."""

from collections.abc import Callable

import tensorflow as tf

from model.identity.frozen.layers import Function
from model.identity.openvino.elementwise import root
from model.identity.openvino.layout import (
    along_axes,
    in_file_order,
    is_batched,
    is_image,
    stored_order,
)
from model.identity.openvino.operands import constant, named_axes, unsupported


def _l1_norm(x, axes, keepdims):
    return tf.reduce_sum(tf.abs(x), axes, keepdims)


def _l2_norm(x, axes, keepdims):
    return root(tf.reduce_sum(tf.square(x), axes, keepdims))


def _reduction(function):
    def translate(layer, sources):
        shape = sources[0].shape
        reduced = named_axes(layer, sources[1], len(shape))
        keep = layer.flag("keep_dims")

        def build(axes: list[int]) -> Callable[[tf.Tensor], tf.Tensor]:
            return lambda x: function(x, axes, keep)

        if keep:
            return along_axes(build, reduced, layer, sources[:1])
        if _drops_in_place(shape, layer.shape, reduced):
            order = stored_order(shape)
            return Function(build([order.index(axis) for axis in reduced]))
        return in_file_order(build([axis + 1 for axis in reduced]), layer, sources[:1])

    return translate


def _drops_in_place(shape, result, reduced):
    """Whether dropping the axes from the stored tensor gives the stored result."""
    if not is_batched(shape) or not is_batched(result) or 0 in reduced or is_image(result):
        return False
    return not is_image(shape) or set(reduced) >= {2, 3} or set(reduced) == {1}


def _normalize_l2(layer, sources):
    epsilon, add = layer.number("eps"), layer.attributes.get("eps_mode") == "add"

    def build(axes: list[int]) -> Callable[[tf.Tensor], tf.Tensor]:
        def normalize(x):
            if not add:
                return tf.math.l2_normalize(x, axes, epsilon)
            return x * tf.math.rsqrt(tf.reduce_sum(tf.square(x), axes, True) + epsilon)

        return normalize

    named = named_axes(layer, sources[1], len(layer.shape))
    if not named:
        unsupported(layer, "a norm over no axes")
    return along_axes(build, named, layer, sources[:1])


def _standardize(layer, sources):
    """Subtracts the mean over axes and, if the layer says so, divides by the deviation."""
    rank = len(layer.shape)
    if len(sources) > 1:
        named = named_axes(layer, sources[1], rank)
    else:
        named = list(range(1 if layer.flag("across_channels") else 2, rank))
    epsilon = layer.number("eps", "0")
    divide = layer.flag("normalize_variance", default=True)
    outside = layer.attributes.get("eps_mode", "inside_sqrt").lower() == "outside_sqrt"

    def build(axes: list[int]) -> Callable[[tf.Tensor], tf.Tensor]:
        def standardize(x):
            centered = x - tf.reduce_mean(x, axes, keepdims=True)
            if not divide:
                return centered
            variance = tf.reduce_mean(tf.square(centered), axes, keepdims=True)
            return centered / (root(variance) + epsilon if outside else root(variance + epsilon))

        return standardize

    return along_axes(build, named, layer, sources[:1])


def _group_normalization(layer, sources):
    groups, epsilon = layer.integer("num_groups"), layer.number("epsilon")
    ones = [1] * (len(layer.shape) - 2)
    scale, offset = (constant(layer, s).reshape(1, 1, -1, *ones) for s in sources[1:3])

    def normalize(x):
        grouped = tf.reshape(x, [tf.shape(x)[0], layer.shape[0], groups, -1])
        mean, variance = tf.nn.moments(grouped, [-1], keepdims=True)
        grouped = (grouped - mean) * tf.math.rsqrt(variance + epsilon)
        return tf.reshape(grouped, tf.shape(x)) * scale + offset

    return in_file_order(normalize, layer, sources[:1])


def _local_response_normalization(layer, sources):
    if not is_image(layer.shape) or named_axes(layer, sources[1], 4) != [1]:
        unsupported(layer, "a normalization over anything but channels")
    size = layer.integer("size")
    alpha, beta, bias = (layer.number(name) for name in ("alpha", "beta", "bias"))
    # A window of even size reaches as far as the next smaller one, as in OpenVINO's runtime.
    return Function(lambda x: tf.nn.lrn(x, (size - 1) // 2, bias, alpha / size, beta))


def _along_one(function):
    def translate(layer, sources):
        axis = layer.integer("axis", "1") % len(layer.shape)
        return along_axes(lambda axes: lambda x: function(x, axes[0]), [axis], layer, sources)

    return translate


TRANSLATORS = {
    "GroupNormalization": _group_normalization,
    "LRN": _local_response_normalization,
    "LogSoftmax": _along_one(tf.nn.log_softmax),
    "MVN": _standardize,
    "NormalizeL2": _normalize_l2,
    "ReduceL1": _reduction(_l1_norm),
    "ReduceL2": _reduction(_l2_norm),
    "ReduceMax": _reduction(tf.reduce_max),
    "ReduceMean": _reduction(tf.reduce_mean),
    "ReduceMin": _reduction(tf.reduce_min),
    "ReduceProd": _reduction(tf.reduce_prod),
    "ReduceSum": _reduction(tf.reduce_sum),
    "SoftMax": _along_one(tf.nn.softmax),
}
