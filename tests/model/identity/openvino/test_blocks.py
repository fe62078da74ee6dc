"""Building blocks of recognition networks give what OpenVINO's own runtime gives."""

import numpy as np
import pytest

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes the test's files, is absent")

from tests.model.identity.openvino.compare_operations import (
    Node,
    chain,
    check_on_images,
    integers,
    positive,
    random,
    real,
)

CASES = {
    "relu6 by hand": (
        chain(("Add", ("three",), {}), ("Clip", ("low", "high"), {}), ("Div", ("six",), {})),
        {"three": real(3), "low": real(0), "high": real(6), "six": real(6)},
        13,
    ),
    "gate (squeeze and excitation)": (
        [
            Node("GlobalAveragePool", outputs=("g",)),
            Node("Conv", ("g", "w"), ("c",)),
            Node("HardSigmoid", ("c",), ("s",)),
            Node("Mul", ("x", "s")),
        ],
        {"w": random(6, 6, 1, 1)},
        13,
    ),
    "gate of two axes": (
        [
            Node("ReduceMean", outputs=("g",), attributes={"axes": [2, 3], "keepdims": 0}),
            Node("MatMul", ("g", "w"), ("c",)),
            Node("Sigmoid", ("c",), ("s",)),
            Node("Unsqueeze", ("s", "axes"), ("u",)),
            Node("Mul", ("x", "u")),
        ],
        {"w": random(6, 6), "axes": integers(2, 3)},
        13,
    ),
    "efficient channel attention": (
        [
            Node("GlobalAveragePool", outputs=("g",)),
            Node("Squeeze", ("g", "last"), ("s",)),
            Node("Transpose", ("s",), ("t",), {"perm": [0, 2, 1]}),
            Node("Conv", ("t", "w"), ("c",), {"pads": [1, 1]}),
            Node("Transpose", ("c",), ("u",), {"perm": [0, 2, 1]}),
            Node("Unsqueeze", ("u", "last"), ("v",)),
            Node("Sigmoid", ("v",), ("z",)),
            Node("Mul", ("x", "z")),
        ],
        {"w": random(1, 1, 3), "last": integers(-1)},
        13,
    ),
    "generalized mean": (
        chain(
            ("Clip", ("low",), {}),
            ("Pow", ("p",), {}),
            ("GlobalAveragePool", (), {}),
            ("Pow", ("inverse",), {}),
        ),
        {"low": real(1e-6), "p": real(3), "inverse": real(1 / 3)},
        13,
    ),
    "attention over pixels": (
        [
            Node("Conv", ("x", "w"), ("qkv",)),
            Node("Reshape", ("qkv", "apart"), ("r",)),
            Node("Transpose", ("r",), ("t",), {"perm": [1, 0, 2, 4, 3]}),
            Node("Gather", ("t", "0"), ("q",), {"axis": 0}),
            Node("Gather", ("t", "1"), ("k",), {"axis": 0}),
            Node("Gather", ("t", "2"), ("v",), {"axis": 0}),
            Node("Transpose", ("k",), ("kt",), {"perm": [0, 1, 3, 2]}),
            Node("MatMul", ("q", "kt"), ("qk",)),
            Node("Mul", ("qk", "scale"), ("scaled",)),
            Node("Softmax", ("scaled",), ("a",), {"axis": -1}),
            Node("MatMul", ("a", "v"), ("av",)),
            Node("Transpose", ("av",), ("back",), {"perm": [0, 1, 3, 2]}),
            Node("Reshape", ("back", "together"), ("y",)),
        ],
        {
            "w": random(18, 6, 1, 1),
            "apart": integers(-1, 3, 2, 3, 64),
            "together": integers(-1, 6, 8, 8),
            "0": np.int64(0),
            "1": np.int64(1),
            "2": np.int64(2),
            "scale": real(0.3),
        },
        13,
    ),
    "cross-covariance attention (EdgeFace)": (
        [
            Node("Reshape", ("x", "tokens"), ("r",)),
            Node("Transpose", ("r",), ("t",), {"perm": [0, 2, 1]}),
            Node("MatMul", ("t", "w"), ("qkv",)),
            Node("Reshape", ("qkv", "apart"), ("five",)),
            Node("Transpose", ("five",), ("turned",), {"perm": [2, 0, 3, 4, 1]}),
            Node("Split", ("turned",), ("q5", "k5", "v5"), {"axis": 0}),
            Node("Squeeze", ("q5", "first"), ("q",)),
            Node("Squeeze", ("k5", "first"), ("k",)),
            Node("Squeeze", ("v5", "first"), ("v",)),
            Node("ReduceL2", ("q",), ("n",), {"axes": [-1], "keepdims": 1}),
            Node("Clip", ("n", "low"), ("m",)),
            Node("Div", ("q", "m"), ("unit",)),
            Node("Transpose", ("k",), ("kt",), {"perm": [0, 1, 3, 2]}),
            Node("MatMul", ("unit", "kt"), ("qk",)),
            Node("Mul", ("qk", "heat"), ("hot",)),
            Node("Softmax", ("hot",), ("a",), {"axis": -1}),
            Node("MatMul", ("a", "v"), ("av",)),
            Node("Transpose", ("av",), ("out",), {"perm": [0, 3, 1, 2]}),
            Node("Reshape", ("out", "flat"), ("z",)),
            Node("Add", ("t", "z"), ("sum",)),
            Node("Transpose", ("sum",), ("s",), {"perm": [0, 2, 1]}),
            Node("Reshape", ("s", "image shape"), ("y",)),
        ],
        {
            "tokens": integers(-1, 6, 64),
            "w": random(6, 18),
            "apart": integers(-1, 64, 3, 2, 3),
            "first": integers(0),
            "low": real(1e-12),
            "heat": positive(2, 1, 1),
            "flat": integers(-1, 64, 6),
            "image shape": integers(-1, 6, 8, 8),
        },
        13,
    ),
    "class token and positions (ViT)": (
        [
            Node("Reshape", ("x", "tokens"), ("r",)),
            Node("Transpose", ("r",), ("t",), {"perm": [0, 2, 1]}),
            Node("Shape", ("t",), ("shape",)),
            Node("Gather", ("shape", "zero"), ("batch",), {"axis": 0}),
            Node("Concat", ("batch", "rest"), ("wanted",), {"axis": 0}),
            Node("Expand", ("token", "wanted"), ("class",)),
            Node("Concat", ("class", "t"), ("all",), {"axis": 1}),
            Node("Add", ("all", "positions"), ("p",)),
            Node("LayerNormalization", ("p", "gamma", "beta"), ("n",), {"axis": -1}),
            Node("MatMul", ("n", "w"), ("h",)),
            Node("Add", ("h", "b"), ("hb",)),
            Node("Gelu", ("hb",), ("g",)),
            Node("MatMul", ("g", "w2"), ("o",)),
            Node("Add", ("o", "p"), ("residual",)),
            Node("Gather", ("residual", "index"), ("y",), {"axis": 1}),
        ],
        {
            "tokens": integers(-1, 6, 64),
            "zero": integers(0),
            "rest": integers(1, 6),
            "token": random(1, 1, 6),
            "positions": random(1, 65, 6),
            "gamma": random(6),
            "beta": random(6),
            "w": random(6, 12),
            "b": random(12),
            "w2": random(12, 6),
            "index": np.int64(0),
        },
        20,
    ),
    "heads merged with the batch": (
        chain(
            ("Reshape", ("apart",), {}),
            ("Softmax", (), {"axis": -1}),
            ("Reshape", ("together",), {}),
        ),
        {"apart": integers(-1, 8, 8), "together": integers(-1, 6, 8, 8)},
        13,
    ),
    "shortcut with more channels (dlib)": (
        [
            Node(
                "AveragePool",
                outputs=("p",),
                attributes={"kernel_shape": [2, 2], "strides": [2, 2]},
            ),
            Node("Pad", ("p", "pads"), ("s",)),
            Node("Conv", ("x", "w"), ("c",), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
            Node("Add", ("c", "s")),
        ],
        {"pads": integers(0, 0, 0, 0, 0, 2, 0, 0), "w": random(8, 6, 3, 3)},
        13,
    ),
    "channel shuffle": (
        chain(
            ("Reshape", ("apart",), {}),
            ("Transpose", (), {"perm": [0, 2, 1, 3, 4]}),
            ("Reshape", ("together",), {}),
        ),
        {"apart": integers(-1, 2, 3, 8, 8), "together": integers(-1, 6, 8, 8)},
        13,
    ),
    "space to depth by slices": (
        [
            Node("Slice", ("x", "zero", "end", "a", "two"), ("p",)),
            Node("Slice", ("x", "one", "end", "a", "two"), ("q",)),
            Node("Concat", ("p", "q"), attributes={"axis": 1}),
        ],
        {
            "zero": integers(0),
            "one": integers(1),
            "end": integers(2**62),
            "a": integers(2),
            "two": integers(2),
        },
        13,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_like_openvino(name, tmp_path):
    check_on_images(tmp_path, *CASES[name])
