"""Normalizations and reductions give what OpenVINO's own runtime gives."""

import pytest

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes the test's files, is absent")

from tests.model.identity.openvino.compare_operations import (
    MOMENTS,
    check_on_images,
    integers,
    one,
    random,
)

CASES = {
    "BatchNormalization": (one("BatchNormalization", *MOMENTS), MOMENTS, 13),
    "BatchNormalization, opset 7": (one("BatchNormalization", *MOMENTS), MOMENTS, 7),
    "InstanceNormalization": (
        one("InstanceNormalization", "gamma", "beta", epsilon=1e-3),
        {k: MOMENTS[k] for k in ("gamma", "beta")},
        13,
    ),
    "GroupNormalization": (
        one("GroupNormalization", "gamma", "beta", num_groups=2, epsilon=1e-3),
        {k: MOMENTS[k] for k in ("gamma", "beta")},
        21,
    ),
    "LayerNormalization": (
        one("LayerNormalization", "gamma", axis=-1, epsilon=1e-3),
        {"gamma": random(8)},
        17,
    ),
    "LRN": (one("LRN", size=5, alpha=0.3, beta=0.6), {}, 13),
    "LRN of an even size": (one("LRN", size=4, alpha=0.3, beta=0.6), {}, 13),
    "MeanVarianceNormalization": (one("MeanVarianceNormalization", axes=[2, 3]), {}, 13),
    "LpNormalization of channels": (one("LpNormalization", axis=1, p=2), {}, 13),
    "Softmax of channels": (one("Softmax", axis=1), {}, 13),
    "Softmax of columns": (one("Softmax", axis=-1), {}, 13),
    "LogSoftmax": (one("LogSoftmax", axis=1), {}, 13),
    "GlobalMaxPool": (one("GlobalMaxPool"), {}, 13),
    "ReduceL1": (one("ReduceL1", "a", keepdims=0), {"a": integers(2, 3)}, 18),
    "ReduceL2 of rows": (one("ReduceL2", axes=[2], keepdims=0), {}, 13),
    "ReduceMax of channels": (one("ReduceMax", axes=[1], keepdims=0), {}, 13),
    "ReduceMean of columns": (one("ReduceMean", axes=[-1], keepdims=1), {}, 13),
    "ReduceMin": (one("ReduceMin", axes=[1, 2], keepdims=0), {}, 13),
    "ReduceProd": (one("ReduceProd", axes=[1], keepdims=1), {}, 13),
    "ReduceSum": (one("ReduceSum", "a", keepdims=0), {"a": integers(2, 3)}, 13),
    "ReduceSumSquare": (one("ReduceSumSquare", axes=[1, 3], keepdims=0), {}, 13),
    "ReduceLogSumExp": (one("ReduceLogSumExp", axes=[1], keepdims=1), {}, 13),
}


@pytest.mark.parametrize("name", CASES)
def test_like_openvino(name, tmp_path):
    check_on_images(tmp_path, *CASES[name])
