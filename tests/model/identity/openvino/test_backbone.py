"""IR networks give golden embeddings, and what is computed by hand."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf

import open_parts
from model import identity
from model.crop import Crop
from model.identity.openvino import folding
from model.identity.openvino.backbone import OpenvinoIr
from model.identity.openvino.graph import read_graph
from model.identity.openvino.translate import translate
from tests.model.identity.openvino import small_network
from tests.model.identity.openvino.ir_writer import IrWriter


@pytest.mark.parametrize(
    "weights, goldens, crops",
    [
        (open_parts.ENCODER, open_parts.ENCODER_GOLDENS, "aligned128_rgb"),
        (open_parts.SCORER, open_parts.SCORER_GOLDENS, "aligned150_rgb"),
    ],
    ids=["encoder", "scorer"],
)
def test_embeddings_golden(weights, goldens, crops):
    """The goldens were computed in float32 by the networks' own runtime."""
    network = identity.load("openvino_ir", weights)
    with np.load(goldens) as archive:
        images, expected = archive[crops] / np.float32(255), archive["embedding"]
    embedding = tf.function(lambda x: network(x).embedding)(images)
    expected = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(embedding, expected, atol=1e-5)


def test_gradient_to_flat_images_is_finite():
    network = identity.load("openvino_ir")
    images = tf.reshape([0.0, 0.5, 1.0], [3, 1, 1, 1]) * tf.ones([1, 128, 128, 3])

    @tf.function
    def gradient(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = tf.reduce_sum(network(images).embedding[:, :8])
        return tape.gradient(value, images)

    result = gradient(images).numpy()
    assert np.all(np.isfinite(result))
    assert np.any(result != 0)


def test_features_of_the_carried_encoder():
    network = identity.load("openvino_ir", features="penultimate, pooled:557")
    assert (network.feature_size, network.embedding_size) == (512 + 128, 256)
    assert network.feature_spec == "penultimate,pooled:557"


def _convolve(x, kernel, stride=1, groups=1, pad=0):
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    size = (x.shape[2] - kernel.shape[-1]) // stride + 1
    step = x.shape[1] // groups
    kernels = kernel.reshape(groups, -1, *kernel.shape[-3:])
    y = np.zeros((x.shape[0], groups, kernels.shape[1], size, size))
    for g, i, j in np.ndindex(groups, size, size):
        rows = slice(i * stride, i * stride + kernel.shape[-2])
        columns = slice(j * stride, j * stride + kernel.shape[-1])
        patch = x[:, g * step : (g + 1) * step, rows, columns]
        y[:, g, :, i, j] = np.einsum("bihw,oihw->bo", patch, kernels[g])
    return y.reshape(x.shape[0], -1, size, size)


def _by_hand(images):
    """Computes the network of `small_network` in float64, for RGB [B, H, W, 3] in 0..1."""
    w = {name: value.astype(np.float64) for name, value in small_network.weights().items()}
    x = images[..., ::-1].transpose(0, 3, 1, 2) * 255.0
    x = (
        _convolve((x - small_network.SHIFT) * small_network.FACTOR, w["first"], pad=1)
        * small_network.SCALE
        + small_network.OFFSET
    )
    first = np.where(x > 0, x, x * small_network.SLOPES[:, None, None])
    depth = _convolve(first, w["depthwise"], 2, 6, 1)
    groups = _convolve(np.where(depth > 0, depth, -0.5 * depth), w["grouped"], groups=2)
    squeezed = _convolve(groups.mean((2, 3), keepdims=True), w["squeeze"])
    gated = groups / (1 + np.exp(-squeezed))
    padded = np.pad(first, [(0, 0), (0, 0), (1, 1), (1, 1)], constant_values=-np.inf)
    windows = [padded[:, :, i : i + 7 : 2, j : j + 7 : 2] for i in range(3) for j in range(3)]
    flat = np.concatenate([gated, np.max(windows, 0)], 1).mean((2, 3))
    return flat, flat @ w["dense"] - np.arange(1, 6)


@pytest.fixture(name="path")
def _path(tmp_path):
    return small_network.write(tmp_path)


def test_small_network_reference(path):
    network = identity.load("openvino_ir", path)
    images = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    features, raw = _by_hand(images)
    result = network(images)
    np.testing.assert_allclose(result.features, features, rtol=1e-4, atol=1e-4)
    expected = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    np.testing.assert_allclose(result.embedding, expected, atol=1e-5)
    assert network.crop.points == ((2.0, 3.0), (5.0, 3.0))


def test_small_network_gradient_reference(path):
    network = identity.load("openvino_ir", path)
    images = np.random.default_rng(1).random((1, 8, 8, 3), np.float32)
    direction = np.random.default_rng(2).standard_normal(14)
    x = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(network(x).features * direction.astype(np.float32))
    gradient = tape.gradient(value, x).numpy()
    for index in [(0, 0, 0, 0), (0, 3, 4, 1), (0, 7, 7, 2), (0, 5, 1, 0)]:
        step = np.zeros_like(images, np.float64)
        step[index] = 1e-6
        above, below = _by_hand(images + step)[0], _by_hand(images - step)[0]
        slope = ((above - below) @ direction).item() / 2e-6
        assert gradient[index] == pytest.approx(slope, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("name", ["first", "first_prelu", "depth", "gated", "joined"])
def test_folding_keeps_named_tensors(path, name):
    nodes = translate(read_graph(path), "output")
    images = {"image": tf.random.stateless_uniform([1, 8, 8, 3], [3, 4]) * 255}
    plain = folding.run(nodes, images)
    folded = folding.fold(nodes, frozenset([name, "output"]))
    assert len(folded) < len(nodes)
    kept = folding.run(folded, images)
    np.testing.assert_allclose(kept[name], plain[name], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(kept["output"], plain["output"], rtol=1e-4, atol=1e-4)


def test_pooled_feature(path):
    network = identity.load("openvino_ir", path, features="pooled:gated,tensor:gate")
    assert network.feature_size == 16
    images = np.random.default_rng(0).random((1, 8, 8, 3), np.float32)
    np.testing.assert_allclose(
        network(images).features[:, :8], _by_hand(images)[0][:, :8], rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    "features, message",
    [
        ("deepest", "'deepest' is none of"),
        ("pooled:", "'pooled:' is none of"),
        ("pooled:999", "no tensor '999'"),
        ("tensor:gated", "pooled:gated"),
    ],
)
def test_wrong_features(path, features, message):
    with pytest.raises(ValueError, match=message):
        identity.load("openvino_ir", path, features=features)


def test_weight_that_is_no_constant(tmp_path):
    ir = IrWriter((1, 3, 8, 8))
    ir.add("gate", "Sigmoid", ["image"], (1, 3, 8, 8))
    ir.add("product", "Convolution", ["image", "gate"], (1, 3, 8, 8))
    path = ir.write(tmp_path, "product")
    path.with_suffix(".json").write_text(json.dumps(small_network.DESCRIPTION))
    with pytest.raises(ValueError, match=r"net\.xml: layer 'product' .* must be a constant"):
        OpenvinoIr(path)


def test_unknown_network_needs_its_crop(path):
    path.with_suffix(".json").unlink()
    with pytest.raises(FileNotFoundError, match=r"net\.json: no such file"):
        OpenvinoIr(path)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"channels": "gray"}, "channels is 'gray'"),
        ({"image_size": 9}, r"expected \(1, 3, 9, 9\)"),
        ({"pixel_range": [1, 0]}, "must rise"),
        ({"points": [[1, 2]]}, "1 points for 2"),
    ],
)
def test_broken_sidecar(path, change, message):
    path.with_suffix(".json").write_text(json.dumps(small_network.DESCRIPTION | change))
    with pytest.raises(ValueError, match=message):
        OpenvinoIr(path)


def test_fingerprint_binds_weights_features_and_crop(path):
    first = identity.load("openvino_ir", path)
    assert identity.load("openvino_ir", path).fingerprint == first.fingerprint
    others = [identity.load("openvino_ir", path, features="pooled:gated").fingerprint]
    crop = Crop(8, (0, 1), ((2.0, 3.0), (6.0, 3.0)))
    others.append(identity.load("openvino_ir", path, crop=crop).fingerprint)
    blob = path.with_suffix(".bin")
    content = bytearray(blob.read_bytes())
    content[math.floor(len(content) / 2)] ^= 1
    blob.write_bytes(content)
    others.append(identity.load("openvino_ir", path).fingerprint)
    assert len({first.fingerprint, *others}) == 4
