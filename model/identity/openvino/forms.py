"""What the translators of operations share: constants, attributes and the errors about them."""

from typing import NoReturn

import numpy as np

from model.identity.openvino.graph import Layer


def unsupported(layer: Layer, what: str) -> NoReturn:
    """Refuses a form of an operation that is supported otherwise."""
    raise ValueError(f"layer {layer.name!r} ({layer.type}): {what} is not supported")


def constant(layer: Layer, source: Layer) -> np.ndarray:
    """The value of an input that must be a constant."""
    if source.value is None:
        raise ValueError(
            f"layer {layer.name!r} ({layer.type}): its input {source.name!r} must be a constant"
        )
    return source.value


def number(layer: Layer, source: Layer) -> float:
    """The value of an input that must be a constant of one element."""
    value = constant(layer, source)
    if value.size != 1:
        unsupported(layer, f"the input {source.name!r} of shape {value.shape}")
    return float(value.reshape(()))


def integers(layer: Layer, source: Layer) -> list[int]:
    """The elements of an input that must be a constant."""
    return [int(value) for value in constant(layer, source).reshape(-1)]


def named_axes(layer: Layer, source: Layer, rank: int) -> list[int]:
    """The axes that a constant input names, counted from 0, of a tensor of a rank."""
    named = integers(layer, source)
    for axis in named:
        if not -rank <= axis < rank:
            unsupported(layer, f"axis {axis} of a tensor of rank {rank}")
    return [axis % rank for axis in named]


def flag(layer: Layer, attribute: str, default: bool = False) -> bool:
    """An attribute that is "true" or "false", or 1 or 0 in older files."""
    return layer.attributes.get(attribute, str(default)).lower() in ("true", "1")
