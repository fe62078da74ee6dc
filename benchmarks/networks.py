"""Speed of the recognition networks against a large matrix product of the same run.

    python -m benchmarks.networks [NAME ...]

Weights are random, since these cost as much as trained ones. A Markdown table gives milliseconds an
image, forward and with the gradient with respect to the image, and the GFLOP/s of convolutions and
matrix products as a fraction of the product's. Further tables show what NN2's normalization and L2
pooling add (nn2_layers), what a batch in parallel parts gains (parallel_parts), and IR networks
against their bare convolutions (ir_convolutions).
"""

import argparse
import functools
from collections.abc import Callable
from unittest import mock

import numpy as np
import tensorflow as tf

import open_parts
from benchmarks.timing import median_seconds
from model import identity
from model.identity.frozen import parallel_parts
from model.identity.frozen.layers import AveragePool, Convolution, Dense, RectifiedAffine
from model.identity.frozen.named_backbone import AUXILIARY
from model.identity.network import IdentityNetwork
from model.identity.networks import nn2
from model.identity.openvino import folding
from model.identity.openvino.backbone import OpenvinoIr

_BATCH = 16
_REPEATS = 7
_PRODUCT_SIZE = 3000

NETWORKS = {
    "nn2": ("nn2", "random", {}),
    "nn2, width 0.5, 64 px, normalized": (
        "nn2",
        "random",
        {"width": 0.5, "image_size": 64, "batch_normalization": True},
    ),
    "nn4_small2": ("nn4_small2", "random", {}),
    "inception_resnet_v1": ("inception_resnet_v1", "random", {}),
    "vgg_face": ("vgg_face", "random", {}),
    "openvino_ir: encoder": ("openvino_ir", open_parts.ENCODER, {}),
    "openvino_ir: scorer": ("openvino_ir", open_parts.SCORER, {}),
}


_medians = functools.partial(median_seconds, repeats=_REPEATS)


def product() -> Callable[[], object]:
    """Returns a call of the large float32 matrix product."""
    a = tf.random.stateless_normal([_PRODUCT_SIZE, _PRODUCT_SIZE], [1, 2])
    return tf.function(lambda: tf.reduce_sum(tf.matmul(a, a))).get_concrete_function()


def network_functions(network: IdentityNetwork) -> tuple[Callable, Callable]:
    """Returns calls of one batch: forward, and forward with the gradient."""
    shape = [_BATCH, network.image_size, network.image_size, 3]
    images = tf.random.stateless_uniform(shape, [3, 4])

    @tf.function
    def forward():
        return network(images).embedding

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = tf.reduce_sum(network(images).embedding[:, 0])
        return tape.gradient(value, images)

    return forward, gradient


def count_flops(network: IdentityNetwork) -> int:
    """Counts floating-point operations of convolutions and matrix products of a batch, forward.

    Sums of NN2's normalization and pooling, which are written as convolutions, do not count.
    """
    image = tf.TensorSpec([_BATCH, network.image_size, network.image_size, 3], tf.float32)
    graph = tf.function(lambda x: network(x).embedding).get_concrete_function(image).graph
    return sum(_flops(op) for op in graph.get_operations() if AUXILIARY not in op.name)


def _flops(op):
    if op.type == "MatMul":
        return 2 * int(np.prod(op.outputs[0].shape)) * int(op.inputs[0].shape[1])
    if op.type == "Conv2D":
        return 2 * int(np.prod(op.outputs[0].shape)) * int(np.prod(op.inputs[1].shape[:3]))
    if op.type == "DepthwiseConv2dNative":
        return 2 * int(np.prod(op.outputs[0].shape)) * int(np.prod(op.inputs[1].shape[:2]))
    return 0


def network_row(label: str) -> str:
    """Measures one network: a row of the table."""
    name, weights, options = NETWORKS[label]
    network = identity.load(name, weights, **options)
    multiply, functions = product(), network_functions(network)
    product_time, forward, gradient = _medians(multiply, *functions)
    rate = 2 * _PRODUCT_SIZE**3 / product_time
    flops = count_flops(network)
    # The gradient with respect to the image costs each convolution once more.
    fractions = flops / forward / rate, 2 * flops / gradient / rate
    milliseconds = [1000 * seconds / _BATCH for seconds in (forward, gradient)]
    return (
        f"| {label} | {flops / _BATCH / 1e9:.2f} | {milliseconds[0]:.2f} | {fractions[0]:.2f} "
        f"| {milliseconds[1]:.2f} | {fractions[1]:.2f} | {rate / 1e9:.0f} |"
    )


def auxiliary_rows() -> list[str]:
    """Measures NN2 with and without its layers between the convolutions."""

    def same(x):
        return x

    variants = {
        "whole": {},
        "without LRN": {"local_response_normalization": same},
        "without L2 pooling": {"l2_pool": same},
        "without either": {"local_response_normalization": same, "l2_pool": same},
    }
    functions = []
    for changes in variants.values():
        with mock.patch.multiple(nn2, **changes) if changes else mock.MagicMock():
            pair = network_functions(identity.load("nn2", "random"))
            # Traced while the layers are replaced.
            functions += [function.get_concrete_function() for function in pair]
    times = _medians(*functions)
    return [
        f"| {label} | {1000 * times[2 * i] / _BATCH:.2f} | {1000 * times[2 * i + 1] / _BATCH:.2f} |"
        for i, label in enumerate(variants)
    ]


def part_rows() -> list[str]:
    """Measures what a network gains by taking its batch in parallel parts."""
    rows = []
    for label in ("nn2", "openvino_ir: encoder", "openvino_ir: scorer"):
        name, weights, options = NETWORKS[label]
        network = identity.load(name, weights, **options)
        functions = list(network_functions(network))
        with mock.patch.object(parallel_parts, "count_parts", return_value=1):
            # Traced while there is one part.
            functions += [f.get_concrete_function() for f in network_functions(network)]
        times = [1000 * seconds / _BATCH for seconds in _medians(*functions)]
        forward, gradient, whole_forward, whole_gradient = times
        rows.append(
            f"| {label} | {whole_forward:.2f} | {forward:.2f} | {whole_forward / forward:.2f} "
            f"| {whole_gradient:.2f} | {gradient:.2f} | {whole_gradient / gradient:.2f} |"
        )
    return rows


def convolutions(path, batch: int = _BATCH) -> list[tuple[Convolution | Dense, tf.Tensor]]:
    """Returns the convolutions of an IR network, each with an input of its own for `batch` images.

    Each has its bias and rectifier as in the network, since TensorFlow fuses them.
    """
    backbone = OpenvinoIr(path)
    # What a pool reads is kept, or the pool would move before its convolution and make it cheaper.
    pooled = {
        node.inputs[0] for node in backbone._nodes.values() if isinstance(node.layer, AveragePool)
    }
    nodes = folding.fold(backbone._nodes, frozenset([backbone._output]) | pooled)
    size = backbone.crop.image_size
    shapes = {}

    @tf.function
    def trace(x):
        tensors = folding.run(nodes, dict.fromkeys(_sources(nodes), x))
        shapes.update({name: tensor.shape for name, tensor in tensors.items()})
        return x

    trace.get_concrete_function(tf.TensorSpec([batch, size, size, 3], tf.float32))
    return [
        (node.layer, tf.random.stateless_uniform(shapes[node.inputs[0]], [5, 6]))
        for node in nodes.values()
        if isinstance(node.layer, Convolution | Dense)
    ]


def in_one_graph(layers) -> Callable[[], object]:
    """Returns a call of layers one after the other in one graph."""

    @tf.function
    def run():
        # One element of each result is enough to keep it, and each waits for the one before.
        total = tf.constant(0.0)
        for layer, x in layers:
            with tf.control_dependencies([total]):
                y = layer(tf.identity(x))
                total += tf.reshape(y, [-1])[0]
        return total

    return run.get_concrete_function()


def from_python(layers) -> Callable[[], object]:
    """Returns a call of layers one after the other from Python, each compiled by itself."""
    calls = [(tf.function(layer.__call__).get_concrete_function(x), x) for layer, x in layers]

    def run():
        for layer, x in calls:
            layer(x)

    return run


def _sources(nodes):
    return {source for node in nodes.values() for source in node.inputs} - nodes.keys()


def ir_rows() -> list[str]:
    """Measures IR networks, their bare convolutions, and what normalization before these costs."""
    variants = {
        "": RectifiedAffine.__call__,
        ", a rectifier for each normalization": lambda layer, x: tf.nn.relu(x),
        ", no normalization": lambda layer, x: x,
    }
    rows = []
    for label, path in (("encoder", open_parts.ENCODER), ("scorer", open_parts.SCORER)):
        layers = convolutions(path)
        functions = [in_one_graph(layers), from_python(layers)]
        for call in variants.values():
            # Traced while the layer is replaced.
            with mock.patch.object(RectifiedAffine, "__call__", call):
                forward, _ = network_functions(identity.load("openvino_ir", path))
                functions.append(forward.get_concrete_function())
        graph, python, *wholes = _medians(*functions)
        rows += [
            f"| {label}{variant} | {1000 * whole / _BATCH:.2f} | {1000 * python / _BATCH:.2f} "
            f"| {whole / python:.2f} | {1000 * graph / _BATCH:.2f} | {whole / graph:.2f} |"
            for variant, whole in zip(variants, wholes, strict=True)
        ]
    return rows


# Further tables: their heads, and their rows.
_TABLES = {
    "nn2_layers": ("| nn2 | forward, ms | with gradient, ms |\n|---|---|---|", auxiliary_rows),
    "parallel_parts": (
        "| network | forward in one part, ms | in parallel parts, ms | ratio "
        "| with gradient in one part, ms | in parallel parts, ms | ratio |\n"
        "|---|---|---|---|---|---|---|",
        part_rows,
    ),
    "ir_convolutions": (
        "| IR | forward, ms | convolutions called from Python, ms | ratio | in one graph, ms "
        "| ratio |\n|---|---|---|---|---|---|",
        ir_rows,
    ),
}


def main() -> None:
    """Prints the tables that the arguments name, or all of them."""
    known = [*NETWORKS, *_TABLES]
    parser = argparse.ArgumentParser("python -m benchmarks.networks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"what to measure, of: {'; '.join(known)}"
    )
    wanted = parser.parse_args().names or known
    if unknown := sorted(set(wanted) - set(known)):
        parser.error(f"nothing is called {', '.join(unknown)}; there are {'; '.join(known)}")
    if labels := [name for name in NETWORKS if name in wanted]:
        print(
            "| network | GFLOP | forward, ms | of the product | with gradient, ms "
            "| of the product | product, GFLOP/s |\n|---|---|---|---|---|---|---|"
        )
        for label in labels:
            print(network_row(label), flush=True)
    for name, (head, rows) in _TABLES.items():
        if name in wanted:
            print(f"\n{head}", *rows(), sep="\n", flush=True)


if __name__ == "__main__":
    main()
