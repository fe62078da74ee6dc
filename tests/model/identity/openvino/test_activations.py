"""Activation functions give what OpenVINO's own runtime gives at float32 precision."""

import pytest

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes the test's files, is absent")

from tests.model.identity.openvino.compare_operations import (
    Node,
    check_on_images,
    one,
    random,
    real,
)

CASES = {
    "Abs": (one("Abs"), {}, 13),
    "Celu": (one("Celu", alpha=0.7), {}, 13),
    "Clip 6": (one("Clip", min=0.0, max=0.6), {}, 6),
    "Clip 13": (one("Clip", "low", "high"), {"low": real(-0.2), "high": real(0.5)}, 13),
    "Clip low": (one("Clip", "low"), {"low": real(-0.2)}, 13),
    "Elu": (one("Elu", alpha=0.7), {}, 13),
    "Erf": (one("Erf"), {}, 13),
    "Exp": (one("Exp"), {}, 13),
    "Gelu": (one("Gelu"), {}, 20),
    "Gelu tanh": (one("Gelu", approximate="tanh"), {}, 20),
    "HardSigmoid": (one("HardSigmoid", alpha=0.3, beta=0.4), {}, 13),
    "HardSwish": (one("HardSwish"), {}, 14),
    "Identity": (one("Identity"), {}, 13),
    "LeakyRelu": (one("LeakyRelu", alpha=0.2), {}, 13),
    "Mish": (one("Mish"), {}, 18),
    "Neg": (one("Neg"), {}, 13),
    "PRelu of one slope": (one("PRelu", "slope"), {"slope": random(1)}, 9),
    "PRelu, rank 1, opset 7": (one("PRelu", "slope"), {"slope": random(6)}, 7),
    "PRelu, rank 1, opset 16": (one("PRelu", "slope"), {"slope": random(6)}, 16),
    "PRelu along columns": (one("PRelu", "slope"), {"slope": random(8)}, 9),
    "PRelu of channels": (one("PRelu", "slope"), {"slope": random(6, 1, 1)}, 13),
    "PRelu of elements": (one("PRelu", "slope"), {"slope": random(6, 8, 8)}, 13),
    "Relu": (one("Relu"), {}, 13),
    "Selu": (one("Selu"), {}, 13),
    "Shrink": (one("Shrink", lambd=0.2, bias=0.1), {}, 13),
    "Sigmoid": (one("Sigmoid"), {}, 13),
    "Softplus": (one("Softplus"), {}, 13),
    "Softsign": (one("Softsign"), {}, 13),
    "Swish": ([Node("Sigmoid", ("x",), ("s",)), Node("Mul", ("x", "s"))], {}, 13),
    "Tanh": (one("Tanh"), {}, 13),
    "ThresholdedRelu": (one("ThresholdedRelu", alpha=0.2), {}, 13),
}


@pytest.mark.parametrize("name", CASES)
def test_like_openvino(name, tmp_path):
    check_on_images(tmp_path, *CASES[name])
