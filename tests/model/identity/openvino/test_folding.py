"""Folded networks have fewer layers, and compute the same."""

import json

import numpy as np
import pytest
import tensorflow as tf

from model import identity
from model.identity.frozen.convolution import Window
from model.identity.frozen.layers import Affine, AveragePool, Convolution, Dense, Rectifier
from model.identity.openvino import folding
from model.identity.openvino.folding import Node
from tests.model.identity.openvino.ir_writer import IrWriter


def _random(*shape):
    return np.random.default_rng(len(shape) + shape[-1]).standard_normal(shape, np.float32)


# These layers stand before the convolution: ranges of pixels, and normalizations.
_AFFINES = {
    "0..1": Affine(np.float32([1]), np.float32([0])),
    "0..255": Affine(np.float32([255]), np.float32([0])),
    "-1..1": Affine(np.float32([2]), np.float32([-1])),
    "centered": Affine(np.float32([1]), np.float32([-127.5])),
    "normalized": Affine(_random(4), 3 * _random(4)),
    "one channel lost": Affine(np.float32([1, 0, -2, 0.5]), _random(4)),
}
_KERNELS = {
    "plain": (_random(3, 3, 4, 6), 1),
    "pointwise": (_random(1, 1, 4, 6), 1),
    "grouped": (_random(3, 3, 2, 6), 2),
    "depthwise": (_random(3, 3, 4, 1), 0),
    "depthwise multiplied": (_random(2, 3, 4, 2), 0),
}
_WINDOWS = {
    "unpadded": Window(),
    "strided": Window((2, 2)),
    "dilated": Window(dilations=(2, 2)),
    "padded": Window(pads=(1, 1, 1, 1)),
}


def _fold_and_compare(nodes, output, image):
    """Folds, and compares with the layers as they are; returns the folded nodes."""
    folded = folding.fold(nodes, frozenset([output]))
    expected = folding.run(nodes, {"image": image})[output]
    got = folding.run(folded, {"image": image})[output]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(got / scale, expected / scale, atol=2e-6)
    return folded


@pytest.mark.parametrize("window", _WINDOWS.values(), ids=_WINDOWS.keys())
@pytest.mark.parametrize("kernel, groups", _KERNELS.values(), ids=_KERNELS.keys())
@pytest.mark.parametrize("affine", _AFFINES.values(), ids=_AFFINES.keys())
@pytest.mark.parametrize("biased", [False, True])
def test_affine_before_a_convolution(affine, kernel, groups, window, biased):
    outputs = kernel.shape[-1] * (1 if groups else kernel.shape[-2])
    bias = _random(outputs) if biased else None
    nodes = {
        "scaled": Node(affine, ("image",)),
        "convolved": Node(Convolution(kernel, bias, window, groups), ("scaled",)),
    }
    image = tf.random.stateless_uniform([2, 9, 8, 4], [3, 4])
    folded = _fold_and_compare(nodes, "convolved", image)
    # Pads would add zeros where the offset is missing; everything else is one layer.
    if not any(window.pads) or not np.any(affine.offset):
        assert list(folded) == ["convolved"]


@pytest.mark.parametrize("affine", _AFFINES.values(), ids=_AFFINES.keys())
def test_affine_before_a_fully_connected_layer(affine):
    nodes = {
        "scaled": Node(affine, ("image",)),
        "product": Node(Dense(_random(4, 3), _random(3)), ("scaled",)),
    }
    folded = _fold_and_compare(nodes, "product", tf.constant(_random(5, 4)))
    assert list(folded) == ["product"]


@pytest.mark.parametrize("rectifier, moves", [(None, True), (Rectifier(0.0), False)])
def test_pool_moves_before_linear_convolution(rectifier, moves):
    generator = np.random.default_rng(5)
    kernel, bias = (generator.standard_normal(shape, np.float32) for shape in [(1, 1, 3, 4), (4,)])
    nodes = {
        "convolved": Node(Convolution(kernel, bias, rectifier=rectifier), ("image",)),
        "pooled": Node(AveragePool((2, 2), (2, 2)), ("convolved",)),
    }
    folded = folding.fold(nodes, frozenset(["pooled"]))
    assert isinstance(folded["pooled"].layer, Convolution) == moves
    images = {"image": tf.random.stateless_uniform([2, 5, 7, 3], [3, 4])}
    expected = folding.run(nodes, images)["pooled"]
    assert expected.shape == (2, 2, 3, 4)
    np.testing.assert_allclose(folding.run(folded, images)["pooled"], expected, atol=1e-6)


@pytest.mark.parametrize("pixel_range", [(0, 255), (0, 1), (-1, 1), (-2.1, 2.6)])
@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_first_convolution_without_padding(tmp_path, pixel_range, channels):
    """In a whole network, the range of pixels folds into the first convolution."""
    kernel, shift = _random(5, 3, 3, 3), np.float32([0.1, -0.2, 0.3]).reshape(1, 3, 1, 1)
    ir = IrWriter((1, 3, 8, 8))
    window = {"pads_begin": "0, 0", "pads_end": "0, 0", "strides": "1, 1", "dilations": "1, 1"}
    ir.add("shifted", "Add", ["image", shift], (1, 3, 8, 8))
    ir.add("first", "Convolution", ["shifted", kernel], (1, 5, 6, 6), **window)
    ir.add("mean", "ReduceMean", ["first", np.int64([2, 3])], (1, 5), keep_dims="false")
    ir.add("embedding", "MatMul", ["mean", _random(5, 4)], (1, 4))
    path = ir.write(tmp_path, "embedding")
    description = {"image_size": 8, "channels": channels, "pixel_range": pixel_range}
    points = {"point_indices": [0, 1], "points": [[2, 3], [5, 3]]}
    path.with_suffix(".json").write_text(json.dumps(description | points))
    images = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    black, white = pixel_range
    x = images * (white - black) + black
    x = (x if channels == "rgb" else x[..., ::-1]) + shift.reshape(3)
    convolved = tf.nn.conv2d(x, kernel.transpose(2, 3, 1, 0), 1, "VALID")
    features = tf.reduce_mean(convolved, [1, 2]).numpy()
    result = identity.load("openvino_ir", path)(images)
    np.testing.assert_allclose(result.features, features, rtol=1e-5, atol=1e-5 * features.max())
    embedding = features @ _random(5, 4)
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    np.testing.assert_allclose(result.embedding, embedding, atol=1e-5)
