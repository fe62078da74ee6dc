"""Convolutions, matrix products and pools give what OpenVINO's own runtime gives."""

import pytest

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes the test's files, is absent")

from tests.model.identity.openvino.compare_operations import (
    check_on_images,
    one,
    random,
)

_WINDOW = {"kernel_shape": [3, 3], "strides": [2, 2]}

CASES = {
    "Conv unpadded": (one("Conv", "w", "b"), {"w": random(4, 6, 3, 3), "b": random(4)}, 13),
    "Conv strided": (
        one("Conv", "w", pads=[1, 0, 2, 1], strides=[2, 3]),
        {"w": random(4, 6, 3, 3)},
        13,
    ),
    "Conv same upper": (
        one("Conv", "w", auto_pad="SAME_UPPER", strides=[2, 2]),
        {"w": random(4, 6, 3, 3)},
        13,
    ),
    "Conv same lower": (
        one("Conv", "w", auto_pad="SAME_LOWER", strides=[2, 2]),
        {"w": random(4, 6, 3, 3)},
        13,
    ),
    "Conv valid": (one("Conv", "w", auto_pad="VALID"), {"w": random(4, 6, 3, 3)}, 13),
    "Conv dilated": (
        one("Conv", "w", dilations=[2, 2], pads=[2, 2, 2, 2]),
        {"w": random(4, 6, 3, 3)},
        13,
    ),
    "Conv grouped": (one("Conv", "w", group=3), {"w": random(9, 2, 3, 3)}, 13),
    "Conv depthwise": (one("Conv", "w", group=6), {"w": random(6, 1, 3, 3)}, 13),
    "Conv depthwise, unequal strides": (
        one("Conv", "w", group=6, strides=[2, 1], pads=[1, 0, 1, 2]),
        {"w": random(6, 1, 3, 3)},
        13,
    ),
    "Conv depthwise, multiplied and dilated": (
        one("Conv", "w", group=6, dilations=[2, 2]),
        {"w": random(12, 1, 3, 3)},
        13,
    ),
    "Conv with pads larger than its kernel": (
        one("Conv", "w", pads=[2, 0, 1, 3]),
        {"w": random(4, 6, 2, 2)},
        13,
    ),
    "Conv depthwise, global": (one("Conv", "w", group=6), {"w": random(6, 1, 8, 8)}, 13),
    "MaxPool": (one("MaxPool", **_WINDOW, pads=[1, 1, 1, 1]), {}, 13),
    "MaxPool ceil": (one("MaxPool", **_WINDOW, ceil_mode=1), {}, 13),
    "MaxPool same": (one("MaxPool", **_WINDOW, auto_pad="SAME_UPPER"), {}, 13),
    "AveragePool": (one("AveragePool", **_WINDOW, pads=[1, 1, 1, 1]), {}, 13),
    "AveragePool with pads": (
        one("AveragePool", **_WINDOW, pads=[1, 1, 1, 1], count_include_pad=1),
        {},
        13,
    ),
    "AveragePool ceil": (one("AveragePool", **_WINDOW, ceil_mode=1), {}, 13),
    "Einsum": (one("Einsum", "w", equation="bchw,cd->bdhw"), {"w": random(6, 4)}, 13),
}


@pytest.mark.parametrize("name", CASES)
def test_like_openvino(name, tmp_path):
    check_on_images(tmp_path, *CASES[name])
