"""A small IR network with every kind of folding, and the description of its input."""

import json
import pathlib

import numpy as np

from tests.model.identity.openvino.ir_writer import IrWriter

DESCRIPTION = {
    "image_size": 8,
    "channels": "bgr",
    "pixel_range": [0, 255],
    "point_indices": [0, 1],
    "points": [[2, 3], [5, 3]],
}


def weights() -> dict[str, np.ndarray]:
    """Returns the kernels by the names of their layers, float16 in NCHW."""
    generator = np.random.default_rng(3)
    shapes = {
        "first": (6, 3, 3, 3),
        "depthwise": (6, 1, 1, 3, 3),
        "grouped": (2, 4, 3, 1, 1),
        "squeeze": (8, 8, 1, 1),
        "dense": (14, 5),
    }
    return {name: generator.normal(size=s).astype(np.float16) for name, s in shapes.items()}


def _column(*values):
    return np.float32(values).reshape(1, -1, 1, 1)


SHIFT, FACTOR = _column(100, 110, 120), _column(0.02, 0.01, 0.03)
SCALE, OFFSET = _column(1, -2, 0.5, 1, 2, 3), _column(0.1, 0.2, 0.3, -0.1, 0, 0.5)
SLOPES = np.float32([0.1, -0.2, 0.3, 1.5, 0.0, 0.6])


def write(folder: pathlib.Path) -> pathlib.Path:
    """Writes net.xml, net.bin and the description of the input; returns the path of net.xml."""
    w, ir = weights(), IrWriter((1, 3, 8, 8))
    window = {"dilations": "1, 1", "auto_pad": "explicit"}
    padded = window | {"pads_begin": "1, 1", "pads_end": "1, 1", "strides": "1, 1"}
    strided = padded | {"strides": "2, 2"}
    point = window | {"pads_begin": "0, 0", "pads_end": "0, 0", "strides": "1, 1"}
    ir.add("centered", "Subtract", ["image", SHIFT], (1, 3, 8, 8))
    ir.add("scaled", "Multiply", ["centered", FACTOR], (1, 3, 8, 8))
    ir.add("first", "Convolution", ["scaled", w["first"]], (1, 6, 8, 8), **padded)
    ir.add("first_scaled", "Multiply", ["first", SCALE], (1, 6, 8, 8))
    ir.add("first_added", "Add", [OFFSET, "first_scaled"], (1, 6, 8, 8))
    ir.add("first_prelu", "PReLU", ["first_added", SLOPES], (1, 6, 8, 8))
    ir.add("depth", "GroupConvolution", ["first_prelu", w["depthwise"]], (1, 6, 4, 4), **strided)
    ir.add("depth_relu", "PReLU", ["depth", np.float32([-0.5])], (1, 6, 4, 4))
    ir.add("groups", "GroupConvolution", ["depth_relu", w["grouped"]], (1, 8, 4, 4), **point)
    pool = {"kernel": "4, 4", "exclude-pad": "true", "rounding_type": "floor"}
    ir.add("mean", "AvgPool", ["groups"], (1, 8, 1, 1), **pool, **point | {"strides": "4, 4"})
    ir.add("squeeze", "Convolution", ["mean", w["squeeze"]], (1, 8, 1, 1), **point)
    ir.add("gate", "Sigmoid", ["squeeze"], (1, 8, 1, 1))
    ir.add("gated", "Multiply", ["groups", "gate"], (1, 8, 4, 4))
    maximum = strided | {"kernel": "3, 3", "rounding_type": "floor"}
    ir.add("maximum", "MaxPool", ["first_prelu"], (1, 6, 4, 4), **maximum)
    ir.add("joined", "Concat", ["gated", "maximum"], (1, 14, 4, 4), axis=1)
    axes, shape = np.int64([2, 3]), np.int64([0, 14])
    ir.add("average", "ReduceMean", ["joined", axes], (1, 14, 1, 1), keep_dims="true")
    ir.add("flat", "Reshape", ["average", shape], (1, 14), special_zero="true")
    ir.add("dense", "MatMul", ["flat", w["dense"]], (1, 5), transpose_b="false")
    ir.add("output", "Subtract", ["dense", np.float32([[1, 2, 3, 4, 5]])], (1, 5))
    path = ir.write(folder, "output")
    path.with_suffix(".json").write_text(json.dumps(DESCRIPTION))
    return path
