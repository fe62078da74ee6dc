"""Reads landmarks of scans: the formats of MICC's public annotation and of the NoW benchmark."""

import io
import json
import os
import pathlib
import xml.etree.ElementTree as ElementTree

import numpy as np

from storage.printable import printable
from storage.regular_file import open_regular

# A file of a few points is small.
_MAX_BYTES = 1 << 20


def read_landmarks(path: str | os.PathLike) -> np.ndarray:
    """Reads the points of a landmark file.

    Args:
      path: an `.ljson` file (landmarker.io), a `.pp` file (MeshLab), or an `.npy` or `.txt` file of
        three numbers a point.

    Returns:
      float64 [P, 3], in the file's order and unit.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file holds no points, or some that are not finite.
    """
    path = pathlib.Path(path)
    readers = {".ljson": _ljson, ".pp": _picked_points, ".npy": _npy, ".txt": _txt}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{printable(path)}: landmarks are read from {', '.join(readers)} files")
    with open_regular(path) as file:
        data = file.read(_MAX_BYTES)
    try:
        points = np.array(reader(data), np.float64)
    except (ValueError, KeyError, TypeError, ElementTree.ParseError) as error:
        raise ValueError(f"{printable(path)}: holds no landmarks: {error!r}") from error
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise ValueError(f"{printable(path)}: landmarks must be finite and three numbers a point")
    return points


def _ljson(data):
    groups = json.loads(data)["groups"]
    if isinstance(groups, dict):
        groups = list(groups.values())
    group = groups[0]
    return group.get("landmarks", group)["points"]


def _picked_points(data):
    # An entity may expand to gigabytes; MeshLab writes none.
    if b"<!ENTITY" in data:
        raise ValueError("an XML file with entities")
    points = ElementTree.fromstring(data).iter("point")
    return [[float(point.attrib[axis]) for axis in "xyz"] for point in points]


def _npy(data):
    return np.load(io.BytesIO(data), allow_pickle=False)


def _txt(data):
    return [[float(word) for word in line.split()] for line in data.decode().splitlines() if line]
