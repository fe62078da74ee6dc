"""Checks that every face model must pass, whatever its format; each has a message of its own."""

import os
from typing import NamedTuple

import numpy as np

from model.face_models.contents import Pca


class PartNames(NamedTuple):
    """What a format calls the arrays of a part."""

    mean: str
    basis: str
    variance: str


def checked_array(
    path: str | os.PathLike, name: str, values: np.ndarray, dtype: type = np.float32
) -> np.ndarray:
    """Converts an array of a file to floats or integers of one kind.

    Raises:
      ValueError: the array holds no numbers, numbers that are not finite or too large for the kind,
        or fractions where integers belong.
    """
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        raise ValueError(f"{path}: {name!r} has type {values.dtype}, not numbers")
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{path}: {name!r} holds values that are not finite")
    if np.issubdtype(dtype, np.integer):
        bounds = np.iinfo(dtype)
        outside = np.any(values < bounds.min) or np.any(values > bounds.max)
        if outside or np.any(values != np.floor(values)):
            raise ValueError(f"{path}: {name!r} holds values that are no indices")
        return values.astype(dtype)
    with np.errstate(over="ignore"):
        converted = values.astype(dtype, copy=False)
    if converted is not values and not np.all(np.isfinite(converted)):
        raise ValueError(f"{path}: {name!r} holds values that are too large, up to {values.max()}")
    return converted


def components_to_keep(path, name: str, available: int, wanted: int | None) -> int:
    """How many components to read, all by default."""
    keep = available if wanted is None else wanted
    if not 0 < keep <= available:
        raise ValueError(f"{path}: {keep} components of {name!r} asked for; it has {available}")
    return keep


def check_shapes(path, names: PartNames, mean: int, basis: tuple[int, ...], variance: int) -> None:
    """Compares the sizes of the whole arrays, before components are cut away.

    Raises:
      ValueError: the mean is not of 3 values a vertex, or the basis does not fit its neighbors.
    """
    if mean == 0 or mean % 3:
        raise ValueError(f"{path}: {names.mean} has {mean} values, not 3 for each vertex")
    if basis != (mean, variance):
        raise ValueError(
            f"{path}: {names.basis} has shape {basis}, but {names.mean} and {names.variance} "
            f"ask for {(mean, variance)}"
        )


def check_same_vertices(path, parts: dict[str, Pca | None]) -> None:
    """Compares the number of vertices of parts, by the names of their means.

    Raises:
      ValueError: one disagrees with the first.
    """
    present = {name: len(part.mean) for name, part in parts.items() if part is not None}
    first, expected = next(iter(present.items()))
    for name, count in present.items():
        if count != expected:
            raise ValueError(
                f"{path}: {name} has {count} vertices, but {first} has {expected}: the parts are "
                "of different models"
            )


def checked_triangles(
    path, name: str, triangles: np.ndarray, n_vertices: int, first: int = 0
) -> np.ndarray:
    """Triangles as int32 [T, 3] whose vertices count from 0.

    Args:
      path, name: of file and array, for messages.
      triangles: int [3, T] or [T, 3].
      n_vertices: of the model.
      first: how the file numbers its first vertex.

    Raises:
      ValueError: the shape is another, there is no triangle, or an index has no vertex.
    """
    if triangles.ndim != 2 or 3 not in triangles.shape:
        raise ValueError(f"{path}: {name} has shape {triangles.shape}, not (3, triangles)")
    triangles = triangles.T if triangles.shape[0] == 3 else triangles
    if triangles.size == 0:
        raise ValueError(f"{path}: {name} holds no triangle")
    low, high = int(triangles.min()), int(triangles.max())
    if low < first or high >= n_vertices + first:
        raise ValueError(
            f"{path}: {name} has indices from {low} to {high}, but the vertices are {first} to "
            f"{n_vertices - 1 + first}"
        )
    return np.ascontiguousarray(triangles - first, np.int32)
