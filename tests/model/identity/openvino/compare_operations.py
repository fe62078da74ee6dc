"""Makes small networks around operations, and compares them with OpenVINO's own runtime."""

import json
import pathlib

import numpy as np
import openvino
import tensorflow as tf

from model.identity.openvino.backbone import OpenvinoIr
from tests.model.identity.openvino.onnx_writer import Node, export_nodes

SIZE = 8
CHANNELS = 6
EMBEDDING = 6
DESCRIPTION = {
    "image_size": SIZE,
    "channels": "rgb",
    "pixel_range": [-1, 1],
    "point_indices": [0, 1],
    "points": [[2, 3], [5, 3]],
}


def random(*shape: int) -> np.ndarray:
    """Returns float32 numbers of both signs, always the same ones for the same shape."""
    return np.random.default_rng(len(shape) + shape[-1]).standard_normal(shape, np.float32)


def positive(*shape: int) -> np.ndarray:
    """Returns float32 numbers of at least 0.5."""
    return np.abs(random(*shape)) + np.float32(0.5)


def integers(*values: int) -> np.ndarray:
    """Returns a vector int64."""
    return np.int64(values)


def real(value: float) -> np.ndarray:
    """Returns a number as float32."""
    return np.float32(value)


MOMENTS = {
    "gamma": positive(CHANNELS),
    "beta": random(CHANNELS),
    "mean": random(CHANNELS) / 2,
    "variance": positive(CHANNELS) * 2,
}


def one(operation: str, *inputs: str, **attributes) -> list[Node]:
    """Makes a node from x to y."""
    return [Node(operation, ("x", *inputs), ("y",), attributes)]


def chain(*steps: tuple[str, tuple[str, ...], dict]) -> list[Node]:
    """Makes a chain of nodes from x to y, each of (operation, further inputs, attributes)."""
    names = ["x", *(f"step {index}" for index in range(1, len(steps))), "y"]
    return [
        Node(operation, (source, *inputs), (target,), attributes)
        for (operation, inputs, attributes), source, target in zip(
            steps, names, names[1:], strict=False
        )
    ]


def check_on_images(
    folder: pathlib.Path, nodes: list[Node], constants: dict, opset: int, **options
) -> None:
    """Compares a network with nodes between its first convolution and its last layer.

    Args:
      folder: where files may be written.
      nodes: from x [batch, 6, 8, 8] to y.
      constants: by name.
      opset: the version of ONNX's operations.
      **options: see `compare`.
    """
    nodes = [
        Node("Conv", ("image", "stem"), ("x",), {"pads": [1, 1, 1, 1]}),
        *nodes,
        Node("Flatten", ("y",), ("flat",)),
    ]
    constants = constants | {"stem": random(CHANNELS, 3, 3, 3) / 2}
    path = folder / "flat.onnx"
    export_nodes(path, nodes, constants, opset, (3, SIZE, SIZE), ["flat"])
    width = _read_for_one(path).output().shape[1]
    constants["fc"] = random(width, EMBEDDING) / np.float32(np.sqrt(width))
    constants["fc bias"] = random(EMBEDDING)
    nodes.append(Node("Gemm", ("flat", "fc", "fc bias"), ("output",)))
    compare(export(folder, nodes, constants, opset, ["output"]), **options)


def check_at_the_end(
    folder: pathlib.Path, nodes: list[Node], constants: dict, opset: int, **options
) -> None:
    """Compares a network with nodes behind its last layer, from x [batch, 6] to y."""
    nodes = [
        Node("Conv", ("image", "stem"), ("c",), {"pads": [1, 1, 1, 1]}),
        Node("Flatten", ("c",), ("flat",)),
        Node("Gemm", ("flat", "fc", "fc bias"), ("x",)),
        *nodes,
    ]
    weights = {
        "stem": random(CHANNELS, 3, 3, 3) / 2,
        "fc": random(CHANNELS * SIZE**2, EMBEDDING) / 20,
        "fc bias": random(EMBEDDING),
    }
    compare(export(folder, nodes, constants | weights, opset, ["y"]), **options)


def export(
    folder: pathlib.Path,
    nodes: list[Node],
    constants: dict,
    opset: int,
    outputs: list[str],
    input_shape: tuple = (3, SIZE, SIZE),
    **description,
) -> pathlib.Path:
    """Writes net.onnx and the description of its input; returns the network's path."""
    path = folder / "net.onnx"
    export_nodes(path, nodes, constants, opset, input_shape, outputs)
    path.with_suffix(".json").write_text(json.dumps(DESCRIPTION | description))
    return path


def compare(path: pathlib.Path, output: int = 0, differentiable: bool = True) -> None:
    """Compares embeddings, before they are scaled to length 1, with those of OpenVINO's runtime.

    Args:
      path: of the network, with the description of its input beside it.
      output: which of its outputs the embedding is.
      differentiable: whether the gradient must be finite, on images of one color.
    """
    images = np.random.default_rng(3).random((3, SIZE, SIZE, 3), np.float32)
    forward = OpenvinoIr(path).bind(frozenset())
    expected = _by_openvino(path, images, output)
    got = tf.function(lambda x: forward(x).embedding)(images)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(got / scale, expected / scale, atol=1e-5)
    if differentiable:
        flat = tf.constant([0.0, 0.5, 1.0], shape=[3, 1, 1, 1]) * tf.ones([1, SIZE, SIZE, 3])
        with tf.GradientTape() as tape:
            tape.watch(flat)
            value = tf.reduce_sum(forward(flat).embedding)
        assert np.all(np.isfinite(tape.gradient(value, flat)))


def _read_for_one(path):
    model = openvino.Core().read_model(path)
    shape = model.input().partial_shape
    shape[0] = 1
    for axis in range(1, 4):
        if shape[axis].is_dynamic:
            shape[axis] = SIZE
    model.reshape(shape)
    return model


def _by_openvino(path, images, output):
    """Returns OpenVINO's result, image by image."""
    model = _read_for_one(path)
    description = json.loads(path.with_suffix(".json").read_text())
    black, white = description["pixel_range"]
    x = images * (white - black) + black
    x = x[..., ::-1] if description["channels"] == "bgr" else x
    x = x if model.input().shape[-1] == 3 else x.transpose(0, 3, 1, 2)
    compiled = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.stack([compiled(image[None].copy())[output].reshape(-1) for image in x])
