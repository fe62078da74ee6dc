"""Convolutions and matrix products."""

import numpy as np
import tensorflow as tf

from model.identity.frozen.convolution import Window
from model.identity.frozen.layers import Convolution, Dense, Function
from model.identity.openvino.layout import in_file_order, is_batched, is_image
from model.identity.openvino.operands import constant, unsupported, window_sizes
from model.identity.openvino.pools import padding


def _convolution(layer, sources):
    kernel = constant(layer, sources[1])
    if layer.type == "GroupConvolution":
        groups, kernel = len(kernel), kernel.reshape(-1, *kernel.shape[2:])
    else:
        groups = 1
    shape = sources[0].shape
    if not is_batched(shape) or len(shape) not in (3, 4) or kernel.ndim != len(shape):
        unsupported(layer, f"a kernel of shape {sources[1].shape} for a tensor of shape {shape}")
    axes = len(shape) - 2
    strides = window_sizes(layer, "strides", axes)
    dilations = window_sizes(layer, "dilations", axes, ", ".join("1" * axes))
    pads = padding(layer, shape, kernel.shape[2:])
    multiplied = groups > 1 and kernel.shape[1] == 1 and len(kernel) > groups
    if max(dilations) > 1 and (max(strides) > 1 or multiplied):
        # TensorFlow has no such convolution on the CPU, or no gradient of it.
        kernel, dilations = _with_holes(kernel, dilations), (1,) * len(dilations)
    if len(shape) == 3:
        return _along_a_line(kernel, strides, pads, dilations, groups)
    return _frozen(kernel, Window(strides, pads, dilations), groups)


def _with_holes(kernel, dilations):
    """Puts zeros between the pixels of a kernel [out, in, ...], which then needs no dilations."""
    sizes = [(n - 1) * d + 1 for n, d in zip(kernel.shape[2:], dilations, strict=True)]
    result = np.zeros((*kernel.shape[:2], *sizes), kernel.dtype)
    result[(..., *(slice(None, None, d) for d in dilations))] = kernel
    return result


def _frozen(kernel, window, groups):
    """Makes a convolution from the file's kernel [out, in / groups, H, W]."""
    if groups > 1 and kernel.shape[1] == 1:
        depthwise = kernel.reshape(groups, -1, *kernel.shape[2:]).transpose(2, 3, 0, 1)
        down, across = window.strides
        if down == across:
            return Convolution(depthwise, window=window, groups=0)
        # TensorFlow's depthwise convolutions have no gradient for unequal strides.
        dense = Convolution(depthwise, window=window._replace(strides=(1, 1)), groups=0)
        return Function(lambda x: dense(x)[:, ::down, ::across])
    return Convolution(kernel.transpose(2, 3, 1, 0), window=window, groups=groups)


def _along_a_line(kernel, strides, pads, dilations, groups):
    """Convolves [B, C, L] as an image of height 1."""
    window = Window((1, *strides), (0, 0, *pads), (1, *dilations))
    layer = _frozen(kernel[:, :, None], window, groups)

    def convolve(x):
        image = tf.transpose(x, [0, 2, 1])[:, None]
        return tf.transpose(tf.squeeze(layer(image), 1), [0, 2, 1])

    return Function(convolve)


def _matrix_product(layer, sources):
    transposed = [layer.flag("transpose_a"), layer.flag("transpose_b")]
    shape, kernel = sources[0].shape, sources[1].value
    is_dense = kernel is not None and kernel.ndim == 2 and not transposed[0]
    if is_dense and is_batched(shape) and not is_image(shape) and len(shape) > 1:
        return Dense(np.ascontiguousarray(kernel.T if transposed[1] else kernel))
    return in_file_order(_product(layer, sources, transposed), layer, sources)


def _product(layer, sources, transposed):
    """Multiplies [B, ..., n, k] by [B, ..., k, m]; a vector is a row on the left, or a column."""
    rank = max(2, *(len(source.shape) for source in sources))

    def matrix(x, shape, is_left):
        sizes = list(shape)
        if len(shape) == 1:
            sizes = [1, *shape] if is_left else [*shape, 1]
        return tf.reshape(x, [tf.shape(x)[0], *[1] * (rank - len(sizes)), *sizes])

    def multiply(left, right):
        left = matrix(left, sources[0].shape, True)
        right = matrix(right, sources[1].shape, False)
        turns = [
            turn and len(source.shape) > 1 for turn, source in zip(transposed, sources, strict=True)
        ]
        y = tf.matmul(left, right, transpose_a=turns[0], transpose_b=turns[1])
        return tf.reshape(y, [tf.shape(y)[0], *layer.shape])

    return multiply


def _einsum(layer, sources):
    terms, arrow, result = layer.attributes["equation"].replace(" ", "").partition("->")
    if not arrow or "Z" in terms:
        unsupported(layer, f"the equation {layer.attributes['equation']!r}")
    with_batch = ",".join(f"Z{term}" for term in terms.split(","))

    def multiply(*tensors):
        batch = tf.reduce_max([tf.shape(x)[0] for x in tensors])
        same = [tf.broadcast_to(x, [batch, *x.shape[1:]]) for x in tensors]
        return tf.einsum(f"{with_batch}->Z{result}", *same)

    return in_file_order(multiply, layer, sources)


TRANSLATORS = {
    "Convolution": _convolution,
    "Einsum": _einsum,
    "GroupConvolution": _convolution,
    "MatMul": _matrix_product,
}
