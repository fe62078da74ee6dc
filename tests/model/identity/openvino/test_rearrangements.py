"""Operations that move or leave out elements give what OpenVINO's own runtime gives."""

import numpy as np
import pytest

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes the test's files, is absent")

from tests.model.identity.openvino.compare_operations import (
    Node,
    chain,
    check_on_images,
    integers,
    one,
    random,
    real,
)

CASES = {
    "Concat": (
        [Node("Relu", outputs=("r",)), Node("Concat", ("x", "r", "x"), attributes={"axis": 1})],
        {},
        13,
    ),
    "Concat of rows": (
        [Node("Relu", outputs=("r",)), Node("Concat", ("x", "r"), attributes={"axis": -2})],
        {},
        13,
    ),
    "Split, the second part": (
        [
            Node("Split", ("x", "sizes"), ("a", "b"), {"axis": 1}),
            Node("Concat", ("b", "a"), attributes={"axis": 1}),
        ],
        {"sizes": integers(2, 4)},
        13,
    ),
    "Split of columns": (
        [Node("Split", outputs=("a", "b"), attributes={"axis": 3}), Node("Sub", ("a", "b"))],
        {},
        11,
    ),
    "Slice": (
        one("Slice", "s", "e", "a", "d"),
        {"s": integers(1, -1), "e": integers(-1, -100), "a": integers(2, 1), "d": integers(2, -1)},
        13,
    ),
    "Slice, opset 9": (one("Slice", starts=[1, 0], ends=[100, -2], axes=[1, 3]), {}, 9),
    "SpaceToDepth": (one("SpaceToDepth", blocksize=2), {}, 13),
    "DepthToSpace": (
        chain(("SpaceToDepth", (), {"blocksize": 4}), ("DepthToSpace", (), {"blocksize": 2})),
        {},
        13,
    ),
    "DepthToSpace CRD": (
        chain(
            ("SpaceToDepth", (), {"blocksize": 4}),
            ("DepthToSpace", (), {"blocksize": 2, "mode": "CRD"}),
        ),
        {},
        13,
    ),
    "Gather channels": (one("Gather", "i", axis=1), {"i": integers(2, 0, -1)}, 13),
    "Gather a row": (one("Gather", "i", axis=2), {"i": np.int64(-2)}, 13),
    "Pad": (one("Pad", "p"), {"p": integers(0, 0, 1, 0, 0, 0, 2, 1)}, 13),
    "Pad channels": (one("Pad", "p"), {"p": integers(0, 1, 0, 0, 0, 2, 0, 0)}, 13),
    "Pad with a number": (
        one("Pad", "p", "v"),
        {"p": integers(0, 0, 1, 1, 0, 0, 1, 1), "v": real(0.7)},
        13,
    ),
    "Pad that takes away": (
        one("Pad", "p", "v"),
        {"p": integers(0, -1, -1, 1, 0, 0, 2, -2), "v": real(0.7)},
        13,
    ),
    "Pad that takes away, opset 2": (one("Pad", pads=[0, 0, -1, 0, 0, 0, 0, -2]), {}, 7),
    "Pad, reflected": (
        one("Pad", "p", mode="reflect"),
        {"p": integers(0, 0, 1, 2, 0, 0, 3, 1)},
        13,
    ),
    "Pad, edges": (one("Pad", "p", mode="edge"), {"p": integers(0, 0, 1, 2, 0, 0, 3, 1)}, 13),
    "Pad, opset 2": (one("Pad", pads=[0, 0, 1, 1, 0, 0, 1, 1]), {}, 7),
    "Pad before a convolution": (
        [Node("Pad", ("x", "p"), ("z",)), Node("Conv", ("z", "w"), attributes={"strides": [2, 2]})],
        {"p": integers(0, 0, 1, 0, 0, 0, 1, 2), "w": random(4, 6, 3, 3)},
        13,
    ),
    "Transpose": (one("Transpose", perm=[0, 3, 1, 2]), {}, 13),
    "Transpose twice": (
        chain(("Transpose", (), {"perm": [0, 2, 3, 1]}), ("Transpose", (), {"perm": [0, 2, 1, 3]})),
        {},
        13,
    ),
    "Transpose of everything": (chain(("Transpose", (), {}), ("Transpose", (), {})), {}, 13),
    "Tile": (one("Tile", "r"), {"r": integers(1, 2, 1, 3)}, 13),
    "Expand": (
        chain(("GlobalAveragePool", (), {}), ("Expand", ("s",), {})),
        {"s": integers(1, 1, 3, 2)},
        13,
    ),
    "Squeeze everything": (
        chain(("GlobalAveragePool", (), {}), ("Squeeze", (), {}), ("Unsqueeze", ("a",), {})),
        {"a": integers(0)},
        13,
    ),
    "Dropout": (one("Dropout"), {}, 13),
}


@pytest.mark.parametrize("name", CASES)
def test_like_openvino(name, tmp_path):
    check_on_images(tmp_path, *CASES[name])
