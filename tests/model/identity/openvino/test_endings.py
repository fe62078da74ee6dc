"""The usual ends of recognition networks give what OpenVINO's own runtime gives."""

import pytest

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes the test's files, is absent")

from tests.model.identity.openvino.compare_operations import (
    MOMENTS,
    Node,
    chain,
    check_at_the_end,
    integers,
    one,
    random,
    real,
)

_FC = {"w": random(6, 6), "b": random(6)}

CASES = {
    "BatchNormalization": (one("BatchNormalization", *MOMENTS), MOMENTS, 13),
    "Gemm and scale": (one("Gemm", "w", "b", alpha=0.5, beta=2.0, transB=1), _FC, 13),
    "Gemm of columns": (one("Gemm", "w", "b"), _FC, 9),
    "MatMul and Add": (chain(("MatMul", ("w",), {}), ("Add", ("b",), {})), _FC, 13),
    "Dropout, Identity": (chain(("Dropout", (), {}), ("Identity", (), {})), {}, 7),
    "LpNormalization": (one("LpNormalization", axis=1, p=2), {}, 13),
    "LpNormalization of L1": (one("LpNormalization", axis=-1, p=1), {}, 13),
    "norm by ReduceL2": (
        [
            Node("ReduceL2", outputs=("n",), attributes={"axes": [1], "keepdims": 1}),
            Node("Div", ("x", "n")),
        ],
        {},
        11,
    ),
    "norm by ReduceL2, opset 18": (
        [Node("ReduceL2", ("x", "a"), ("n",), {"keepdims": 1}), Node("Div", ("x", "n"))],
        {"a": integers(-1)},
        18,
    ),
    "norm by ReduceL2, Clip, Shape, Expand": (
        [
            Node("ReduceL2", outputs=("n",), attributes={"axes": [1], "keepdims": 1}),
            Node("Clip", ("n", "low"), ("c",)),
            Node("Shape", ("x",), ("s",)),
            Node("Expand", ("c", "s"), ("e",)),
            Node("Div", ("x", "e")),
        ],
        {"low": real(1e-12)},
        13,
    ),
    "norm by Mul, ReduceSum, Sqrt": (
        [
            Node("Mul", ("x", "x"), ("s",)),
            Node("ReduceSum", ("s", "a"), ("n",), {"keepdims": 1}),
            Node("Max", ("n", "low"), ("m",)),
            Node("Sqrt", ("m",), ("r",)),
            Node("Div", ("x", "r")),
        ],
        {"a": integers(1), "low": real(1e-12)},
        13,
    ),
    "norm by Pow": (
        [
            Node("Pow", ("x", "two"), ("s",)),
            Node("ReduceSum", ("s", "a"), ("n",), {"keepdims": 1}),
            Node("Pow", ("n", "half"), ("r",)),
            Node("Div", ("x", "r")),
        ],
        {"two": real(2), "half": real(0.5), "a": integers(1)},
        13,
    ),
    "norm by an inverse root": (
        [
            Node("Mul", ("x", "x"), ("s",)),
            Node("ReduceSum", ("s", "a"), ("n",), {"keepdims": 1}),
            Node("Pow", ("n", "power"), ("r",)),
            Node("Mul", ("x", "r")),
        ],
        {"power": real(-0.5), "a": integers(1)},
        13,
    ),
    "norm without its axis": (
        [
            Node("ReduceL2", outputs=("n",), attributes={"axes": [1], "keepdims": 0}),
            Node("Unsqueeze", ("n", "a"), ("u",)),
            Node("Div", ("x", "u")),
        ],
        {"a": integers(1)},
        13,
    ),
    "two flips' embeddings": (
        [Node("Relu", outputs=("r",)), Node("Concat", ("x", "r"), attributes={"axis": 1})],
        {},
        13,
    ),
    "an image of one pixel": (
        one("Reshape", "s"),
        {"s": integers(-1, 6, 1, 1)},
        13,
    ),
    "an image of several": (one("Reshape", "s"), {"s": integers(-1, 3, 2, 1)}, 13),
    "no batch": (one("Squeeze"), {}, 13),
    "Softmax": (one("Softmax", axis=1), {}, 13),
}


@pytest.mark.parametrize("name", CASES)
def test_like_openvino(name, tmp_path):
    check_at_the_end(tmp_path, *CASES[name])
