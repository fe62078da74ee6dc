"""Pools, and the padding that they share with convolutions."""

import numpy as np
import tensorflow as tf

from model.identity.frozen.layers import AveragePool, MaxPool
from model.identity.openvino.layer import Layer
from model.identity.openvino.layout import Shape, along_axes, is_image
from model.identity.openvino.operands import integers, unsupported, window_sizes


def padding(layer: Layer, shape: Shape, kernel: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the pads of a convolution or pool: before and after each spatial axis, in one tuple.

    Args:
      layer: the convolution or pool.
      shape: the file's shape of its input.
      kernel: the window's sizes.

    Raises:
      ValueError: the pads are negative, or chosen in an unknown way.
    """
    before, after = layer.integers("pads_begin"), layer.integers("pads_end")
    match layer.attributes.get("auto_pad", "explicit").lower():
        case "explicit" | "notset":
            pairs = list(zip(before, after, strict=True))
        case "valid":
            pairs = [(0, 0)] * len(kernel)
        case "same_upper" | "same_lower" as kind:
            totals = _totals_of_same(layer, shape, kernel)
            pairs = [(total // 2, total - total // 2) for total in totals]
            pairs = [pair[::-1] for pair in pairs] if kind == "same_lower" else pairs
        case other:
            unsupported(layer, f"auto_pad {other!r}")
    if min(min(pair) for pair in pairs) < 0:
        unsupported(layer, f"a negative pad ({pairs})")
    return tuple(pad for pair in pairs for pad in pair)


def _totals_of_same(layer, shape, kernel):
    strides = window_sizes(layer, "strides", len(kernel))
    dilations = window_sizes(layer, "dilations", len(kernel), ", ".join("1" * len(kernel)))
    spans = [(size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations, strict=True)]
    return [
        max(0, (-(-size // stride) - 1) * stride + span - size)
        for size, stride, span in zip(shape[2:], strides, spans, strict=True)
    ]


def _pool(layer, sources):
    """Returns window, strides, pads, and how many pixels are missing where sizes are rounded up."""
    shape = sources[0].shape
    if not is_image(shape):
        unsupported(layer, f"a pool of a tensor of shape {shape}")
    if max(window_sizes(layer, "dilations", 2, "1, 1")) > 1:
        unsupported(layer, "a dilated window")
    kernel, strides = window_sizes(layer, "kernel", 2), window_sizes(layer, "strides", 2)
    pads = padding(layer, shape, kernel)
    needed = [(n - 1) * s + k for n, s, k in zip(layer.shape[2:], strides, kernel, strict=True)]
    given = [shape[2] + pads[0] + pads[1], shape[3] + pads[2] + pads[3]]
    missing = [max(0, n - g) for n, g in zip(needed, given, strict=True)]
    return kernel, strides, pads, missing


def _max_pool(layer, sources):
    if layer.output:
        unsupported(layer, "its second output, the positions of maxima,")
    kernel, strides, (top, bottom, left, right), (down, across) = _pool(layer, sources)
    return MaxPool(kernel, strides, (top, bottom + down, left, right + across))


def _average_pool(layer, sources):
    kernel, strides, pads, (down, across) = _pool(layer, sources)
    top, bottom, left, right = pads
    # Pixels that are missing where sizes are rounded up count as pads do; so it is in OpenVINO.
    exclude = layer.flag("exclude-pad", default=True) or not any(pads)
    return AveragePool(kernel, strides, (top, bottom + down, left, right + across), exclude)


def _adaptive_average_pool(layer, sources):
    shape = sources[0].shape
    if not is_image(shape):
        unsupported(layer, f"a pool of a tensor of shape {shape}")
    rows, columns = (
        _means(size, wanted)
        for size, wanted in zip(shape[2:], integers(layer, sources[1]), strict=True)
    )
    return along_axes(
        lambda axes: lambda x: tf.einsum("bhwc,ih,jw->bijc", x, rows, columns),
        [2, 3],
        layer,
        sources[:1],
    )


def _means(size, wanted):
    """Makes a matrix that takes `wanted` means of `size` values, over ranges that may overlap."""
    matrix = np.zeros((wanted, size), np.float32)
    for index in range(wanted):
        first, end = index * size // wanted, -(-(index + 1) * size // wanted)
        matrix[index, first:end] = 1 / (end - first)
    return matrix


TRANSLATORS = {
    "AdaptiveAvgPool": _adaptive_average_pool,
    "AvgPool": _average_pool,
    "MaxPool": _max_pool,
}
