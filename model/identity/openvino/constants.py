"""Reads the constants of an OpenVINO IR, which lie in its `.bin`."""

import math
import pathlib

import numpy as np

from model.identity.openvino.layer import Layer

_ELEMENT_TYPES = {
    "f16": "<f2",
    "f32": "<f4",
    "f64": "<f8",
    "i8": "<i1",
    "i16": "<i2",
    "i32": "<i4",
    "i64": "<i8",
    "u8": "<u1",
    "u16": "<u2",
    "u32": "<u4",
    "u64": "<u8",
    "boolean": "?",
}
_FOREIGN = "the file is cut short or damaged, or it belongs to another .xml"


def read_constant(layer: Layer, blob: bytes, bin_path: pathlib.Path) -> np.ndarray:
    """Reads the array of a constant as float32, int64 or bool.

    Args:
      layer: of the type "Const".
      blob: the content of the `.bin`.
      bin_path: its path, for messages.

    Raises:
      ValueError: the file does not hold such a constant.
    """
    where = f"{bin_path}: constant {layer.name!r}"
    element_type = layer.attributes.get("element_type", "?")
    if element_type not in _ELEMENT_TYPES:
        raise ValueError(f"{where} has the unsupported element type {element_type!r}")
    dtype = np.dtype(_ELEMENT_TYPES[element_type])
    shape, count = layer.integers("shape", ""), math.prod(layer.integers("shape", ""))
    offset, size = layer.integer("offset"), layer.integer("size")
    if min(shape, default=0) < 0 or (count and count * dtype.itemsize != size):
        raise ValueError(f"{where} of shape {shape} and type {element_type} has {size} bytes")
    if offset < 0 or offset + size > len(blob):
        raise ValueError(
            f"{where} needs bytes {offset} to {offset + size}, but the file has {len(blob)}: "
            f"{_FOREIGN}"
        )
    array = np.frombuffer(blob, dtype, count, offset).reshape(shape) if count else np.zeros(shape)
    if dtype.kind == "b":
        return array
    if np.any(np.isnan(array)):
        raise ValueError(f"{where} holds values that are no numbers: {_FOREIGN}")
    return array.astype(np.float32 if dtype.kind == "f" else np.int64)


def check_end(constants: list[Layer], blob: bytes, bin_path: pathlib.Path) -> None:
    """Checks that nothing but zeros lies behind the constants of a graph.

    Raises:
      ValueError: something does, so the `.bin` is that of another network.
    """
    ends = [layer.integer("offset") + layer.integer("size") for layer in constants]
    end = max(ends, default=0)
    if blob[end:].strip(b"\0"):
        raise ValueError(
            f"{bin_path}: has {len(blob):,} bytes, but the constants of "
            f"{bin_path.with_suffix('.xml').name} end at {end:,}: {_FOREIGN}"
        )
