"""An ONNX file with the layers of ArcFace's networks, against its computation by hand."""

import json
import sys

import numpy as np
import pytest
import tensorflow as tf

from model import identity

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes the test's file, is absent")

from tests.model.identity.openvino import onnx_writer

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
    with pytest.raises(ValueError, match=r"damaged\.onnx: openvino cannot convert it"):
        identity.load("openvino_ir", damaged)


def test_missing_package(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ValueError, match=r"small\.onnx: .* pip install openvino"):
        identity.load("openvino_ir", path)
