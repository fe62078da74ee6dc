"""Arithmetic and comparisons give what OpenVINO's own runtime gives at float32 precision."""

import pytest

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes the test's files, is absent")

from tests.model.identity.openvino.compare_operations import (
    Node,
    chain,
    check_on_images,
    one,
    positive,
    random,
    real,
)

CASES = {
    "Add a channel's constant": (one("Add", "c"), {"c": random(1, 6, 1, 1)}, 13),
    "Add a row": (one("Add", "c"), {"c": random(8)}, 13),
    "Mul by an image": (one("Mul", "c"), {"c": random(6, 8, 8)}, 13),
    "Sub from a constant": ([Node("Sub", ("c", "x"))], {"c": random(6, 1, 1)}, 13),
    "Div by a constant": (one("Div", "c"), {"c": positive(6, 1, 1)}, 13),
    "Div of a constant": (
        [Node("Abs", outputs=("a",)), Node("Add", ("a", "c"), ("p",)), Node("Div", ("c", "p"))],
        {"c": positive(6, 1, 1)},
        13,
    ),
    "Pow 2": (one("Pow", "p"), {"p": real(2)}, 13),
    "Pow 3": (one("Pow", "p"), {"p": real(3)}, 13),
    "Pow of channels": (
        chain(("Abs", (), {}), ("Pow", ("p",), {})),
        {"p": positive(6, 1, 1)},
        13,
    ),
    "Sqrt": (chain(("Relu", (), {}), ("Sqrt", (), {})), {}, 13),
    "Reciprocal": (chain(("Exp", (), {}), ("Reciprocal", (), {})), {}, 13),
    "Max and Min": (
        chain(("Max", ("c",), {}), ("Min", ("d",), {})),
        {"c": random(6, 1, 1), "d": real(0.5)},
        13,
    ),
    "Max of halves (MFM)": (
        [Node("Split", outputs=("a", "b"), attributes={"axis": 1}), Node("Max", ("a", "b"))],
        {},
        11,
    ),
    "Mean and Sum": ([Node("Relu", outputs=("r",)), Node("Mean", ("x", "r"))], {}, 13),
    "Where": (
        [Node("Greater", ("x", "c"), ("g",)), Node("Where", ("g", "x", "d"))],
        {"c": real(0.1), "d": random(6, 1, 1)},
        13,
    ),
    "Cast there and back": (
        [
            Node("Cast", outputs=("h",), attributes={"to": 10}),
            Node("Cast", ("h",), attributes={"to": 1}),
        ],
        {},
        13,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_like_openvino(name, tmp_path):
    check_on_images(tmp_path, *CASES[name])
