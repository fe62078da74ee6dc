"""Writes ICC color profiles for colors that are described by numbers instead of a profile."""

import struct

import numpy as np

# The white of the space in which profiles meet (ICC.1:2001, D50), and the map to its cone responses
# by which whites are adapted (Bradford).
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_CURVE_ENTRIES = 1024

SRGB_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
ADOBE_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
ADOBE_EXPONENT = 563 / 256


def matrix_profile(chromaticities: tuple[float, ...], exponent: float | None) -> bytes:
    """Writes the profile of an RGB space of three lights.

    Args:
      chromaticities: x and y of white, red, green and blue: eight numbers (CIE 1931).
      exponent: linear light is the encoded value to this power; None for the curve of sRGB.

    Returns:
      An ICC profile, version 2.

    Raises:
      ValueError: there are no such lights, or the exponent is out of range.
    """
    if exponent is not None and not 0.2 <= exponent <= 5.0:
        raise ValueError(f"a gamma of {exponent:.3f} is out of range")
    colorants = _colorants(np.array(chromaticities, np.float64).reshape(4, 2))
    encoded = np.linspace(0.0, 1.0, _CURVE_ENTRIES)
    curve = _srgb_curve(encoded) if exponent is None else encoded**exponent
    return _profile(colorants, curve)


def _srgb_curve(encoded):
    """The transfer function of sRGB in float64: `model.color` has it for tensors."""
    curve = ((encoded + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, curve)


def _colorants(xy):
    """What red, green and blue give in the space of D50: float64 [3, 3], a column each."""
    if not np.all(np.isfinite(xy)) or np.any(xy[:, 1] < 1e-3):
        raise ValueError(f"chromaticities {xy.tolist()} are no colors")
    white, *lights = np.column_stack([xy[:, 0], xy[:, 1], 1 - xy.sum(axis=1)]) / xy[:, 1:]
    lights = np.transpose(lights)
    if abs(np.linalg.det(lights)) < 1e-6:
        raise ValueError(f"chromaticities {xy.tolist()} lie on a line")
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / (_BRADFORD @ white)) @ _BRADFORD
    return adapt @ lights * np.linalg.solve(lights, white)


def _profile(colorants, curve):
    tags = {f"{name}XYZ": _xyz(column) for name, column in zip("rgb", colorants.T, strict=True)}
    tags |= {"wtpt": _xyz(_D50)}
    values = np.uint16(np.round(np.clip(curve, 0.0, 1.0) * 65535)).astype(">u2").tobytes()
    tags |= {f"{name}TRC": b"curv" + struct.pack(">II", 0, len(curve)) + values for name in "rgb"}
    table, data = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        start = 128 + 4 + 12 * len(tags) + len(data)
        table += struct.pack(">4sII", name.encode(), start, len(body))
        data += body
    return _header(128 + len(table) + len(data)) + table + data


def _header(size):
    """A display's RGB profile, version 2.4, with XYZ of D50 as the space in which profiles meet."""
    header = struct.pack(">I4xI4s4s4s", size, 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + _fixed(_D50)
    return header.ljust(128, b"\0")


def _xyz(values):
    return b"XYZ " + bytes(4) + _fixed(values)


def _fixed(values):
    """Numbers as signed fixed point with 16 bits after the point."""
    return struct.pack(">3i", *np.round(np.asarray(values) * 65536).astype(int))
