"""ONNX files and IR files of open sizes are converted, whatever way they were exported in."""

import json
import sys

import numpy as np
import pytest
import tensorflow as tf

from model import identity

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes the test's file, is absent")

import onnx
import openvino
from onnx import TensorProto, external_data_helper

from tests.model.identity.openvino import onnx_writer
from tests.model.identity.openvino.compare_operations import (
    EMBEDDING,
    SIZE,
    Node,
    compare,
    export,
    integers,
    random,
    real,
)

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
_SIDECAR = {
    "image_size": onnx_writer.SIZE,
    "channels": "rgb",
    "pixel_range": [-1, 1],
    "point_indices": [0, 1],
    "points": [[5, 6], [10, 6]],
}


@pytest.fixture(name="arrays", scope="module")
def _arrays():
    return onnx_writer.weights()


@pytest.fixture(name="path", scope="module")
def _path(tmp_path_factory, arrays):
    path = tmp_path_factory.mktemp("onnx") / "small.onnx"
    onnx_writer.export(path, arrays)
    path.with_suffix(".json").write_text(json.dumps(_SIDECAR))
    return path


def test_features_and_embedding_reference(path, arrays):
    network = identity.load("openvino_ir", path)
    size = onnx_writer.SIZE
    images = np.random.default_rng(1).random((3, size, size, 3), np.float32)
    features, raw = onnx_writer.by_hand(arrays, 2 * images.transpose(0, 3, 1, 2) - 1)
    result = tf.function(lambda x: tuple(network(x)))(images)
    np.testing.assert_allclose(result[0], features, rtol=1e-4, atol=1e-4)
    expected = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    np.testing.assert_allclose(result[1], expected, atol=1e-5)


def test_fingerprint_is_of_the_file(path, arrays, tmp_path):
    other = tmp_path / "other.onnx"
    onnx_writer.export(other, arrays | {"fc_bias": arrays["fc_bias"] + 1})
    other.with_suffix(".json").write_text(json.dumps(_SIDECAR))
    first = identity.load("openvino_ir", path).fingerprint
    assert identity.load("openvino_ir", path).fingerprint == first
    assert identity.load("openvino_ir", other).fingerprint != first


def test_damaged_file(path, tmp_path):
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(path.read_bytes()[:100])
    damaged.with_suffix(".json").write_text(json.dumps(_SIDECAR))
    with pytest.raises(ValueError, match=r"damaged\.onnx: openvino cannot .* can't be parsed"):
        identity.load("openvino_ir", damaged)


def test_missing_package(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ValueError, match=r"small\.onnx: .* pip install openvino"):
        identity.load("openvino_ir", path)


# Networks that differ in what stands around the layers.
_HEAD = [Node("Flatten", ("c",), ("flat",)), Node("Gemm", ("flat", "fc"), ("output",))]
_CONVOLVED = [Node("Conv", ("image", "stem"), ("c",)), *_HEAD]
_WEIGHTS = {
    "stem": random(6, 3, 3, 3),
    "fc": random(6 * (SIZE - 2) ** 2, EMBEDDING) / 10,
    "mean": real(127.5),
    "factor": real(1 / 128),
    "reversed": integers(2, 1, 0),
}


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
@pytest.mark.parametrize("pixel_range", [(0, 255), (-1, 1)])
def test_channels_last(channels, pixel_range, tmp_path):
    """Files that come from Keras have images in this order."""
    nodes = [
        Node("Transpose", ("image",), ("turned",), {"perm": [0, 3, 1, 2]}),
        Node("Conv", ("turned", "stem"), ("c",)),
        *_HEAD,
    ]
    shape = (SIZE, SIZE, 3)
    description = {"channels": channels, "pixel_range": pixel_range}
    compare(export(tmp_path, nodes, _WEIGHTS, 13, ["output"], shape, **description))


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_normalization_inside_of_the_file(channels, tmp_path):
    """MXNet's exports begin with a normalization; a swap of channels and pads follow here."""
    nodes = [
        Node("Sub", ("image", "mean"), ("centered",)),
        Node("Mul", ("centered", "factor"), ("scaled",)),
        Node("Gather", ("scaled", "reversed"), ("swapped",), {"axis": 1}),
        Node("Pad", ("swapped", "pads"), ("padded",)),
        Node("Conv", ("padded", "stem"), ("d",), {"strides": [1, 1]}),
        Node("MaxPool", ("d",), ("c",), {"kernel_shape": [3, 3]}),
        *_HEAD,
    ]
    weights = _WEIGHTS | {"pads": integers(0, 0, 1, 1, 0, 0, 1, 1)}
    description = {"channels": channels, "pixel_range": (0, 255)}
    compare(export(tmp_path, nodes, weights, 13, ["output"], **description))


def test_height_and_width_that_are_open(tmp_path):
    compare(export(tmp_path, _CONVOLVED, _WEIGHTS, 13, ["output"], (3, "height", "width")))


@pytest.mark.parametrize("index", [0, 1])
def test_norm_beside_the_embedding(index, tmp_path):
    """AdaFace's network also gives the norm of each embedding; either may come first."""
    nodes = [
        *_CONVOLVED,
        Node("ReduceL2", ("output",), ("norm",), {"axes": [1], "keepdims": 1}),
        Node("Div", ("output", "norm"), ("unit",)),
    ]
    outputs = ["norm", "norm"]
    outputs[index] = "unit"
    compare(export(tmp_path, nodes, _WEIGHTS, 13, outputs), output=index)


def test_two_embeddings(tmp_path):
    path = export(tmp_path, _CONVOLVED, _WEIGHTS, 13, ["output", "flat"])
    with pytest.raises(ValueError, match=r"net\.onnx: .* 2 such outputs \(.*, flat\)"):
        identity.load("openvino_ir", path)


def test_last_layer_is_a_convolution_over_the_whole_image(tmp_path):
    nodes = [
        Node("Conv", ("image", "stem"), ("c",)),
        Node("Conv", ("c", "last"), ("output",)),
    ]
    weights = _WEIGHTS | {"last": random(EMBEDDING, 6, SIZE - 2, SIZE - 2)}
    path = export(tmp_path, nodes, weights, 13, ["output"])
    compare(path)
    with pytest.raises(ValueError, match="'node 0' is an image .* 'pooled:node 0'"):
        identity.load("openvino_ir", path)
    assert identity.load("openvino_ir", path, "pooled:node 0").feature_size == 6


def test_operation_that_is_not_known_is_named_with_its_nodes(tmp_path):
    nodes = [Node("Spectacles", ("image",), ("a",)), Node("Spectacles", ("a",), ("output",))]
    path = export(tmp_path, nodes, {}, 13, ["output"])
    with pytest.raises(ValueError, match="operation Spectacles of the node .*'node 0'"):
        identity.load("openvino_ir", path)


def test_node_that_cannot_be_converted_is_named(tmp_path):
    nodes = [Node("GlobalLpPool", ("image",), ("c",)), *_HEAD]
    with pytest.raises(ValueError, match=r"net\.onnx: openvino cannot .*GlobalLpPool.: c"):
        identity.load("openvino_ir", export(tmp_path, nodes, _WEIGHTS, 13, ["output"]))


def test_weights_beside_the_file(tmp_path):
    """Large files keep their weights in further ones, to which the fingerprint is bound too."""
    path = export(tmp_path, _CONVOLVED, _WEIGHTS, 13, ["output"])
    model = onnx.load(path)
    external_data_helper.convert_model_to_external_data(model, location="w.data", size_threshold=0)
    onnx.save(model, path)
    compare(path)
    first = identity.load("openvino_ir", path).fingerprint
    data = bytearray((tmp_path / "w.data").read_bytes())
    data[2] ^= 1
    (tmp_path / "w.data").write_bytes(data)
    assert identity.load("openvino_ir", path).fingerprint != first
    (tmp_path / "w.data").write_text(_POINTER)
    with pytest.raises(ValueError, match=r"w\.data: is a Git LFS pointer"):
        identity.load("openvino_ir", path)


def test_git_lfs_pointer(tmp_path):
    path = export(tmp_path, _CONVOLVED, _WEIGHTS, 13, ["output"])
    path.write_text(_POINTER)
    with pytest.raises(ValueError, match=r"net\.onnx: is a Git LFS pointer, .*`git lfs pull`"):
        identity.load("openvino_ir", path)


def test_pointer_is_named_before_the_description_that_is_missing(tmp_path):
    path = tmp_path / "unknown.onnx"
    path.write_text(_POINTER)
    with pytest.raises(ValueError, match=r"unknown\.onnx: is a Git LFS pointer"):
        identity.load("openvino_ir", path)
    with pytest.raises(FileNotFoundError, match=r"absent\.onnx: no such file"):
        identity.load("openvino_ir", tmp_path / "absent.onnx")


def test_suffix_in_capitals(tmp_path):
    path = export(tmp_path, _CONVOLVED, _WEIGHTS, 13, ["output"])
    compare(path.rename(path.with_suffix(".ONNX")))


def test_weights_that_are_inputs_too(tmp_path):
    """In files of ONNX's first versions the weights are inputs."""
    path = export(tmp_path, _CONVOLVED, _WEIGHTS, 7, ["output"])
    model = onnx.load(path)
    model.ir_version = 3
    for constant in model.graph.initializer:
        kind, shape = constant.data_type, constant.dims
        model.graph.input.append(onnx.helper.make_tensor_value_info(constant.name, kind, shape))
    onnx.save(model, path)
    compare(path)


def test_half_precision(tmp_path):
    nodes = [
        Node("Cast", ("image",), ("half",), {"to": TensorProto.FLOAT16}),
        Node("Conv", ("half", "stem"), ("c",)),
        Node("Flatten", ("c",), ("flat",)),
        Node("Gemm", ("flat", "fc"), ("last",)),
        Node("Cast", ("last",), ("output",), {"to": TensorProto.FLOAT}),
    ]
    weights = {name: _WEIGHTS[name].astype(np.float16) for name in ("stem", "fc")}
    compare(export(tmp_path, nodes, weights, 13, ["output"]))


def _save_ir(path, half=False):
    """Saves the IR of an ONNX file with the sizes that the file leaves open."""
    openvino.save_model(openvino.Core().read_model(path), path.with_suffix(".xml"), half)
    return path.with_suffix(".xml")


_POOLED = [
    Node("Conv", ("image", "stem"), ("c",)),
    Node("GlobalAveragePool", ("c",), ("p",)),
    Node("Flatten", ("p",), ("flat",)),
    Node("Gemm", ("flat", "fc"), ("output",)),
]


@pytest.mark.parametrize("half", [False, True])
def test_ir_whose_sizes_are_open(half, tmp_path):
    """Its axes are computed from shapes, unless the sizes are fixed first."""
    weights = _WEIGHTS | {"fc": random(6, EMBEDDING)}
    path = export(tmp_path, _POOLED, weights, 13, ["output"], (3, "height", "width"))
    compare(_save_ir(path, half))


def test_batch_that_is_written_into_a_reshape(tmp_path):
    """A file that was exported for a batch of four serves for any."""
    nodes = [
        Node("Conv", ("image", "stem"), ("c",)),
        Node("Reshape", ("c", "four"), ("flat",)),
        Node("Gemm", ("flat", "fc"), ("output",)),
    ]
    weights = _WEIGHTS | {"four": integers(4, 6 * (SIZE - 2) ** 2)}
    compare(export(tmp_path, nodes, weights, 13, ["output"]))


def test_ir_of_another_batch(tmp_path):
    path = _save_ir(export(tmp_path, _CONVOLVED, _WEIGHTS, 13, ["output"]))
    model = openvino.Core().read_model(path)
    model.reshape([4, 3, SIZE, SIZE])
    openvino.save_model(model, tmp_path / "four.xml", compress_to_fp16=False)
    (tmp_path / "four.json").write_text((tmp_path / "net.json").read_text())
    compare(tmp_path / "four.xml")


def test_ir_whose_batch_is_open_without_the_package(tmp_path, monkeypatch):
    path = _save_ir(export(tmp_path, _CONVOLVED, _WEIGHTS, 13, ["output"]))
    expected = identity.load("openvino_ir", path)
    monkeypatch.setitem(sys.modules, "openvino", None)
    images = np.random.default_rng(1).random((3, SIZE, SIZE, 3), np.float32)
    got = identity.load("openvino_ir", path)
    np.testing.assert_allclose(got(images).embedding, expected(images).embedding, atol=1e-6)


def test_ir_whose_sizes_are_open_without_the_package(tmp_path, monkeypatch):
    weights = _WEIGHTS | {"fc": random(6, EMBEDDING)}
    path = export(tmp_path, _POOLED, weights, 13, ["output"], (3, "height", "width"))
    path = _save_ir(path)
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ValueError, match=r"net\.xml: .*\(1, 3, -1, -1\).* pip install openvino"):
        identity.load("openvino_ir", path)
