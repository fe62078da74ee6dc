"""Writes ONNX files: a small residual network like ArcFace's, and networks of given nodes."""

from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 16
CHANNELS = 6
EMBEDDING = 5
_EPSILON = 2e-5


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """Returns random weights by the names that the file gives them."""
    generator = np.random.default_rng(seed)

    def normal(*shape):
        return generator.normal(size=shape).astype(np.float32)

    def normalization(name, channels):
        return {
            f"{name}.gamma": generator.uniform(0.5, 1.5, channels).astype(np.float32),
            f"{name}.beta": normal(channels),
            f"{name}.mean": normal(channels),
            f"{name}.variance": generator.uniform(0.5, 1.5, channels).astype(np.float32),
        }

    flat = CHANNELS * (SIZE // 2) ** 2
    return {
        "stem": normal(CHANNELS, 3, 3, 3) / 5,
        **normalization("stem_bn", CHANNELS),
        "stem_slope": generator.uniform(0.1, 0.4, (CHANNELS, 1, 1)).astype(np.float32),
        **normalization("block_bn1", CHANNELS),
        "block_conv1": normal(CHANNELS, CHANNELS, 3, 3) / 7,
        "block_slope": generator.uniform(0.1, 0.4, (CHANNELS, 1, 1)).astype(np.float32),
        "block_conv2": normal(CHANNELS, CHANNELS, 3, 3) / 7,
        **normalization("block_bn2", CHANNELS),
        "shortcut": normal(CHANNELS, CHANNELS, 1, 1) / 2,
        **normalization("last_bn", CHANNELS),
        "fc": normal(EMBEDDING, flat) / 20,
        "fc_bias": normal(EMBEDDING),
        **normalization("fc_bn", EMBEDDING),
    }


def _graph(arrays):
    def convolution(name, source, stride, pad, size):
        options = {"strides": [stride] * 2, "pads": [pad] * 4, "kernel_shape": [size] * 2}
        return helper.make_node("Conv", [source, name], [f"{name}_out"], name, **options)

    def normalization(name, source):
        inputs = [source, *(f"{name}.{part}" for part in ("gamma", "beta", "mean", "variance"))]
        options = {"epsilon": _EPSILON}
        return helper.make_node("BatchNormalization", inputs, [f"{name}_out"], name, **options)

    nodes = [
        convolution("stem", "data", 1, 1, 3),
        normalization("stem_bn", "stem_out"),
        helper.make_node("PRelu", ["stem_bn_out", "stem_slope"], ["stem_prelu"]),
        normalization("block_bn1", "stem_prelu"),
        convolution("block_conv1", "block_bn1_out", 1, 1, 3),
        helper.make_node("PRelu", ["block_conv1_out", "block_slope"], ["block_prelu"]),
        convolution("block_conv2", "block_prelu", 2, 1, 3),
        normalization("block_bn2", "block_conv2_out"),
        convolution("shortcut", "stem_prelu", 2, 0, 1),
        helper.make_node("Add", ["block_bn2_out", "shortcut_out"], ["sum"]),
        normalization("last_bn", "sum"),
        helper.make_node("Flatten", ["last_bn_out"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "fc", "fc_bias"], ["fc_out"], transB=1),
        normalization("fc_bn", "fc_out"),
    ]
    image = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])
    output = helper.make_tensor_value_info("fc_bn_out", TensorProto.FLOAT, ["batch", EMBEDDING])
    constants = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    return helper.make_graph(nodes, "small_residual", [image], [output], constants)


def export(path, arrays) -> None:
    """Writes the network."""
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(_graph(arrays), opset_imports=opset, ir_version=8), path)


class Node(NamedTuple):
    """A node: its operation, what it reads, what it computes, and its attributes."""

    operation: str
    inputs: tuple[str, ...] = ("x",)
    outputs: tuple[str, ...] = ("y",)
    attributes: dict = {}


def export_nodes(path, nodes, constants, opset, input_shape, output_names) -> None:
    """Writes a network of nodes; its input is called "image", and its batch is open."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", *input_shape])
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in output_names]
    graph = helper.make_graph(
        [
            helper.make_node(
                node.operation, node.inputs, node.outputs, f"node {i}", **node.attributes
            )
            for i, node in enumerate(nodes)
        ],
        "nodes",
        [image],
        outputs,
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def by_hand(arrays: dict[str, np.ndarray], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the last layer's input and output for x [B, 3, SIZE, SIZE], in float64."""

    def column(values):
        return values.astype(np.float64).reshape(-1, 1, 1)

    def normalize(name, x, shape=column):
        gamma, beta, mean, variance = (
            shape(arrays[f"{name}.{part}"]) for part in ("gamma", "beta", "mean", "variance")
        )
        return (x - mean) / np.sqrt(variance + _EPSILON) * gamma + beta

    def prelu(name, x):
        return np.where(x > 0, x, x * arrays[name].astype(np.float64))

    x = normalize("stem_bn", _convolve(x, arrays["stem"], 1, 1))
    stem = prelu("stem_slope", x)
    x = _convolve(normalize("block_bn1", stem), arrays["block_conv1"], 1, 1)
    x = _convolve(prelu("block_slope", x), arrays["block_conv2"], 2, 1)
    x = normalize("block_bn2", x) + _convolve(stem, arrays["shortcut"], 2, 0)
    flat = normalize("last_bn", x).reshape(len(x), -1)
    return flat, normalize("fc_bn", flat @ arrays["fc"].T + arrays["fc_bias"], np.asarray)


def _convolve(x, kernel, stride, pad):
    x = np.pad(x.astype(np.float64), [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    height, width = kernel.shape[2:]
    rows = (x.shape[2] - height) // stride + 1
    result = np.zeros((len(x), len(kernel), rows, rows))
    for i in range(rows):
        for j in range(rows):
            patch = x[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            result[:, :, i, j] = np.einsum("bihw,oihw->bo", patch, kernel)
    return result
