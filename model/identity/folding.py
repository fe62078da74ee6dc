"""Folds layers of a frozen network into each other, without changing what it computes.

Per-channel multiplications and additions (batch normalization, converted mean subtraction) vanish
into the convolutions around them, rectifiers join their convolution, and a swap of channels moves
into the first kernel.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from model.identity.frozen_layers import Affine, Convolution, Dense, Rectifier, ReverseChannels


class Node(NamedTuple):
    """A layer, and the names of the tensors that it reads."""

    layer: Callable[..., tf.Tensor]
    inputs: tuple[str, ...]


def fold(nodes: dict[str, Node], keep: frozenset[str]) -> dict[str, Node]:
    """Folds what can be folded.

    Args:
      nodes: by the name of the tensor that they compute, in topological order; inputs that are no
        node are the network's own inputs.
      keep: tensors that must still be computed, bit for bit up to rounding.

    Returns:
      Fewer nodes, in topological order.
    """
    folded = _move_reversal(_needed(nodes, keep), keep)
    consumers = _count_consumers(folded)
    result = {}
    for name, node in folded.items():
        result[name] = _absorb_producer(node, result, consumers, keep)
    return _needed(result, keep)


def run(nodes: dict[str, Node], tensors: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Computes all nodes from the network's inputs."""
    tensors = dict(tensors)
    for name, node in nodes.items():
        tensors[name] = node.layer(*(tensors[source] for source in node.inputs))
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


def _absorb_producer(node, done, consumers, keep):
    """Merges a node with the nodes that feed nothing but it."""
    while len(node.inputs) == 1:
        source = node.inputs[0]
        if source not in done or consumers[source] != 1 or source in keep:
            break
        merged = _merge(done[source].layer, node.layer)
        if merged is None:
            break
        node = Node(merged, done[source].inputs)
    return node


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
    return None


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
    if isinstance(second, Convolution):
        # Padding puts zeros where the offset would have been.
        if second.groups != 1 or (any(second.pads) and np.any(first.offset)):
            return None
    channels = second.kernel.shape[-2]
    scale, offset = (np.broadcast_to(v, (channels,)) for v in (first.scale, first.offset))
    added = np.einsum("...io,i->o", second.kernel, offset)
    return dataclasses.replace(
        second,
        kernel=second.kernel * scale[:, None],
        bias=(added if second.bias is None else second.bias + added).astype(np.float32),
    )


def _move_reversal(nodes, keep):
    """Moves a swap of channels behind affine layers and into the first convolution's kernel."""
    nodes = dict(nodes)
    consumers = _count_consumers(nodes)
    for name, node in nodes.items():
        if len(node.inputs) != 1 or node.inputs[0] not in nodes or node.inputs[0] in keep:
            continue
        source = nodes[node.inputs[0]]
        if not isinstance(source.layer, ReverseChannels) or consumers[node.inputs[0]] != 1:
            continue
        match node.layer:
            case Affine(scale, offset):
                nodes[node.inputs[0]] = Node(Affine(scale[::-1], offset[::-1]), source.inputs)
                nodes[name] = Node(ReverseChannels(), node.inputs)
            case Convolution(kernel, groups=1):
                flipped = dataclasses.replace(node.layer, kernel=kernel[:, :, ::-1])
                nodes[name] = Node(flipped, source.inputs)
    return nodes
