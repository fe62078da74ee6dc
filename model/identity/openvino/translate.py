"""Translates the layers of an OpenVINO IR into frozen layers."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from model.identity.openvino import (
    activations,
    elementwise,
    linear,
    pools,
    rearrangements,
    reductions,
)
from model.identity.openvino.folding import Node
from model.identity.openvino.layer import Layer
from model.identity.openvino.layout import to_file

# Makes a function from a layer and the layers that it reads. The function takes the tensors of
# those among the latter that are no constants, as they are stored.
Translator = Callable[[Layer, list[Layer]], Callable[..., tf.Tensor]]

TRANSLATORS: dict[str, Translator] = {
    **activations.TRANSLATORS,
    **elementwise.TRANSLATORS,
    **linear.TRANSLATORS,
    **pools.TRANSLATORS,
    **reductions.TRANSLATORS,
    **rearrangements.TRANSLATORS,
}
_QUANTIZED = ("FakeQuantize",)
# Inputs whose values are not needed, since the file states the shape of the result.
_SHAPE_INPUTS = {
    "Broadcast": (1, 2),
    "ConvertLike": (1,),
    "Reshape": (1,),
    "ShapeOf": (0,),
    "Squeeze": (1,),
    "Unsqueeze": (1,),
}


def translate(layers: dict[str, Layer], output: str) -> dict[str, Node]:
    """Translates the layers that an output depends on.

    Args:
      layers: what `graph.read_graph` returns.
      output: the name of the layer that computes the network's output.

    Returns:
      Nodes by the layers' names; their tensors are stored as `layout` says. The image has no node,
      and neither have constants and what is computed from constants alone.

    Raises:
      ValueError: an operation, or a form of one, is not supported; the message names the layer.
    """
    layers, nodes = dict(layers), {}
    for name in _needed(layers, output):
        layer = layers[name]
        if layer.type == "Parameter" or layer.value is not None:
            continue
        sources = [layers[source] for source in layer.inputs]
        function = _translate(layer, sources)
        variable = tuple(source.name for source in _read(layer, sources) if source.value is None)
        if variable:
            nodes[name] = Node(function, variable)
        else:
            layers[name] = dataclasses.replace(layer, value=_evaluate(function, layer))
    return nodes


def _evaluate(function, layer):
    """Computes what depends on constants alone, in the file's order."""
    try:
        return to_file(function(), layer.shape).numpy()[0]
    except (TypeError, ValueError, tf.errors.OpError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"{layer} cannot be computed ({reason})") from error


def _read(layer, inputs):
    """Returns those among a layer's inputs whose values are used."""
    unused = _SHAPE_INPUTS.get(layer.type, ())
    return [source for port, source in enumerate(inputs) if port not in unused]


def _needed(layers, output):
    """Returns the names of the layers that an output depends on, in the file's order."""
    needed = {output}
    for name, layer in reversed(layers.items()):
        if name in needed:
            needed.update(_read(layer, layer.inputs))
    return [name for name in layers if name in needed]


def _translate(layer, sources):
    if layer.type not in TRANSLATORS:
        hint = "; the network is quantized, give the one in float32" * (layer.type in _QUANTIZED)
        raise ValueError(
            f"layer {layer.name!r}: the operation {layer.type!r} is not supported{hint}"
        )
    if -1 in layer.shape:
        raise ValueError(
            f"{layer}: its shape {layer.shape} is open; the package "
            "openvino closes it (pip install openvino), or convert the network for one image"
        )
    try:
        return TRANSLATORS[layer.type](layer, sources)
    except (IndexError, KeyError) as error:
        raise ValueError(f"{layer} lacks {error}") from error
    except (ArithmeticError, TypeError, ValueError) as error:
        if str(error).startswith(str(layer)):
            raise
        raise ValueError(f"{layer} is not as it should be ({error})") from error
