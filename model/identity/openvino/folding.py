"""Folds layers of a frozen network into each other, without changing what the network computes.

Multiplications and additions by channel (batch normalization, or the subtraction of a mean color)
become part of the kernels and biases of the convolutions around them. Rectifiers and pads join
their convolution, and a swap of channels moves into the first kernel.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from model.identity.frozen.layers import (
    Affine,
    AveragePool,
    Convolution,
    Dense,
    Permutation,
    RectifiedAffine,
    Rectifier,
    ReverseChannels,
    ZeroPad,
)

# Layers that merge make room for others to move, and the other way round: a swap of channels behind
# an affine layer takes three rounds to reach the kernel.
_ROUNDS = 3

# This layer changes nothing, and merges with an affine layer or a convolution beside it.
NOTHING = Affine(np.ones(1, np.float32), np.zeros(1, np.float32))


class Node(NamedTuple):
    """A layer, and the names of the tensors that it reads."""

    layer: Callable[..., tf.Tensor]
    inputs: tuple[str, ...]


def fold(nodes: dict[str, Node], keep: frozenset[str]) -> dict[str, Node]:
    """Folds what can be folded.

    Args:
      nodes: by the names of the tensors that they compute, each after the nodes that it reads. A
        tensor that no node computes is an input of the network.
      keep: the names of the tensors that must still be computed, equal up to rounding.

    Returns:
      Nodes, mostly fewer, in the same order.
    """
    nodes = _needed(nodes, keep)
    for _ in range(_ROUNDS):
        nodes = _merge_all(_move_forward(nodes, keep), keep)
    return nodes


def run(nodes: dict[str, Node], tensors: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Computes all nodes.

    Args:
      nodes: each after the nodes that it reads.
      tensors: the network's inputs by name.

    Returns:
      The inputs and the results of all nodes, by name.

    Raises:
      ValueError: a node cannot be computed, since the file contradicts itself; the message names
        the node.
    """
    tensors = dict(tensors)
    for name, node in nodes.items():
        try:
            tensors[name] = node.layer(*(tensors[source] for source in node.inputs))
        except (IndexError, TypeError, ValueError, tf.errors.OpError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ValueError(f"layer {name!r} cannot be computed ({reason})") from error
    return tensors


def _needed(nodes, keep):
    """Drops the nodes that no kept tensor depends on."""
    wanted = set(keep)
    for name, node in reversed(nodes.items()):
        if name in wanted:
            wanted.update(node.inputs)
    return {name: node for name, node in nodes.items() if name in wanted}


def _count_consumers(nodes):
    counts = {}
    for node in nodes.values():
        for source in node.inputs:
            counts[source] = counts.get(source, 0) + 1
    return counts


def _merge_all(nodes, keep):
    """Merges each node with the one that it reads, if no other node reads that one."""
    consumers = _count_consumers(nodes)
    result = {}
    for name, node in nodes.items():
        while len(node.inputs) == 1:
            source = node.inputs[0]
            if source not in result or consumers[source] != 1 or source in keep:
                break
            merged = _merge(result[source].layer, node.layer)
            if merged is None:
                break
            node = Node(merged, result.pop(source).inputs)
        result[name] = node
    return result


def _merge(first, second):
    """Returns one layer that does the work of two, or None."""
    match first, second:
        case Affine(), Affine():
            return _affine_affine(first, second)
        case ((Convolution() | Dense()), Affine()) if first.rectifier is None:
            return _convolution_affine(first, second)
        case ((Convolution() | Dense()), Rectifier()) if first.rectifier is None:
            return dataclasses.replace(first, rectifier=second)
        case Affine(), (Convolution() | Dense()):
            return _affine_convolution(first, second)
        case Affine(), Rectifier():
            return RectifiedAffine(first, second)
        case ZeroPad(), Convolution():
            return _pad_convolution(first, second)
        case Permutation(), Permutation():
            order = tuple(first.order[axis] for axis in second.order)
            return NOTHING if order == tuple(range(len(order))) else Permutation(order)
    return None


def _pad_convolution(first, second):
    pads = tuple(a + b for a, b in zip(first.pads, second.window.pads, strict=True))
    return dataclasses.replace(second, window=second.window._replace(pads=pads))


def _affine_affine(first, second):
    return Affine(first.scale * second.scale, first.offset * second.scale + second.offset)


def _convolution_affine(first, second):
    depthwise = isinstance(first, Convolution) and first.groups == 0
    channels = first.kernel.shape[2:] if depthwise else first.kernel.shape[-1:]
    scale = np.broadcast_to(second.scale, (np.prod(channels),))
    bias = second.offset if first.bias is None else first.bias * scale + second.offset
    return dataclasses.replace(
        first,
        kernel=first.kernel * scale.reshape(channels),
        bias=np.broadcast_to(bias, scale.shape).astype(np.float32),
    )


def _affine_convolution(first, second):
    # Pads are zeros, to which the offset has not been added.
    padded = isinstance(second, Convolution) and any(second.window.pads)
    if padded and np.any(first.offset):
        return None
    scale, offset = (_along_kernel(values, second) for values in (first.scale, first.offset))
    added = np.sum(second.kernel * offset, axis=_summed_axes(second), dtype=np.float64).reshape(-1)
    return dataclasses.replace(
        second,
        kernel=second.kernel * scale,
        bias=(added if second.bias is None else second.bias + added).astype(np.float32),
    )


def _along_kernel(values, layer):
    """Arranges values [C] or [1] of a layer's input like the last two axes of its kernel."""
    groups = layer.groups if isinstance(layer, Convolution) else 1
    inputs, outputs = layer.kernel.shape[-2:]
    if groups == 0:
        return np.broadcast_to(values, (inputs,))[:, None]
    by_group = np.broadcast_to(values, (groups * inputs,)).reshape(groups, inputs)
    return np.repeat(by_group.T, outputs // groups, axis=1)


def _summed_axes(layer):
    """The axes of a kernel over which an output is a sum; a depthwise one keeps its channels."""
    depthwise = isinstance(layer, Convolution) and layer.groups == 0
    return tuple(range(layer.kernel.ndim - (2 if depthwise else 1)))


def _move_forward(nodes, keep):
    """Exchanges neighbors that cannot merge, so that one of them can merge with the next node."""
    nodes = dict(nodes)
    consumers = _count_consumers(nodes)
    for name, node in nodes.items():
        source = node.inputs[0]
        if len(node.inputs) > 1 or source not in nodes or source in keep or consumers[source] > 1:
            continue
        moved = _exchange(nodes[source].layer, node.layer)
        if moved is not None:
            nodes[source] = Node(moved[0], nodes[source].inputs)
            nodes[name] = Node(moved[1], node.inputs)
    return nodes


def _exchange(first, second):
    """Returns two other layers that do the work of two, or None."""
    match first, second:
        case ReverseChannels(), Affine(scale, offset):
            return Affine(scale[::-1], offset[::-1]), first
        case ReverseChannels(), Convolution(kernel, groups=1):
            flipped = dataclasses.replace(second, kernel=kernel[:, :, ::-1])
            return NOTHING, flipped
        case Convolution(rectifier=None), AveragePool() if (
            # Both are linear, and the convolution costs less on the smaller image.
            first.pointwise and not any(second.pads)
        ):
            return second, first
        case Affine(scale, offset), Convolution(kernel) if (
            # Numbers to which a large offset is added lose digits.
            np.any(scale != 1) and np.all(np.abs(offset) <= 4 * np.abs(scale)) and np.all(scale)
        ):
            shifted = Affine(np.ones_like(scale), offset / scale)
            return shifted, dataclasses.replace(
                second, kernel=kernel * _along_kernel(scale, second)
            )
    return None
