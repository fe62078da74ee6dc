"""Reads the constant inputs and the windows of layers, and says what is wrong with them."""

from typing import NoReturn

import numpy as np

from model.identity.openvino.layer import Layer

# TensorFlow ends the process where such a number needs more than 32 bits.
_LARGEST_WINDOW = 1 << 16


def unsupported(layer: Layer, what: str) -> NoReturn:
    """Raises the ValueError for a form of an operation that is not supported."""
    raise ValueError(f"{layer}: {what} is not supported")


def constant(layer: Layer, source: Layer) -> np.ndarray:
    """Returns the value of an input that must be a constant.

    Raises:
      ValueError: it is none.
    """
    if source.value is None:
        raise ValueError(f"{layer}: its input {source.name!r} must be a constant")
    return source.value


def number(layer: Layer, source: Layer) -> float:
    """Returns the value of an input that must be a constant of one element; see `constant`."""
    value = constant(layer, source)
    if value.size != 1:
        unsupported(layer, f"the input {source.name!r} of shape {value.shape}")
    return float(value.reshape(()))


def integers(layer: Layer, source: Layer) -> list[int]:
    """Returns the elements of an input that must be a constant; see `constant`."""
    return [int(value) for value in constant(layer, source).reshape(-1)]


def named_axes(layer: Layer, source: Layer, rank: int) -> list[int]:
    """Returns the axes that a constant input names, counted from 0.

    Args:
      layer: the layer that works along the axes.
      source: the input that names them; negative ones are counted from behind.
      rank: the number of axes of the tensor.

    Raises:
      ValueError: the tensor has no such axis.
    """
    named = integers(layer, source)
    for axis in named:
        if not -rank <= axis < rank:
            unsupported(layer, f"axis {axis} of a tensor of rank {rank}")
    return [axis % rank for axis in named]


def window_sizes(
    layer: Layer, attribute: str, count: int, default: str | None = None
) -> tuple[int, ...]:
    """Returns an attribute that is a number of at least 1 for each of `count` axes.

    Raises:
      ValueError: it is something else.
    """
    sizes = layer.integers(attribute, default)
    if len(sizes) != count or min(sizes) < 1 or max(sizes) > _LARGEST_WINDOW:
        unsupported(layer, f"an attribute {attribute} of {sizes}")
    return sizes
