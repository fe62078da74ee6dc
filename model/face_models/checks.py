"""Checks of single arrays that the files of all formats must pass; each has its own message."""

import os
from typing import NamedTuple

import numpy as np

from model.face_model_contents import Pca


class PartNames(NamedTuple):
    """What a file calls the three arrays of a part, for messages."""

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


def components_to_keep(
    path: str | os.PathLike, name: str, available: int, wanted: int | None
) -> int:
    """Says how many components to read: as many as wanted, all by default.

    Args:
      path: the file, for messages.
      name: what it calls the array, for messages.
      available: how many components the file has.
      wanted: how many the caller wants, or None.

    Raises:
      ValueError: the file has not so many, or none are wanted.
    """
    if not available:
        raise ValueError(f"{path}: {name!r} holds no components; was the file written to the end?")
    keep = available if wanted is None else wanted
    if not 0 < keep <= available:
        raise ValueError(
            f"{path}: {name!r} has {available} components, but {keep} are asked for; a decoder "
            "asks for as many as it was trained with"
        )
    return keep


def check_shapes(
    path: str | os.PathLike, names: PartNames, mean: int, basis: tuple[int, ...], variance: int
) -> None:
    """Compares the sizes of the arrays of a part, before any components are cut away.

    Args:
      path: the file, for messages.
      names: what it calls the arrays, for messages.
      mean: how many values the mean has.
      basis: the shape of the basis.
      variance: how many variances there are.

    Raises:
      ValueError: the mean has not 3 values for each vertex, or the basis does not fit the others.
    """
    if mean == 0 or mean % 3:
        raise ValueError(f"{path}: {names.mean} has {mean} values, not 3 for each vertex")
    if basis != (mean, variance):
        raise ValueError(
            f"{path}: {names.basis} has shape {basis}, but {names.mean} and {names.variance} "
            f"ask for {(mean, variance)}"
        )


def check_same_vertices(path: str | os.PathLike, parts: dict[str, Pca | None]) -> None:
    """Compares the numbers of vertices of all parts.

    Args:
      path: the file, for messages.
      parts: the parts by the names of their means; None for a part that the file lacks.

    Raises:
      ValueError: a part has not as many vertices as the first one.
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
    path: str | os.PathLike, name: str, triangles: np.ndarray, n_vertices: int, first: int = 0
) -> np.ndarray:
    """Converts triangles to int32 [T, 3] whose vertices are counted from 0.

    Args:
      path: the file, for messages.
      name: what it calls the array, for messages.
      triangles: int [3, T] or [T, 3].
      n_vertices: how many vertices the model has.
      first: the number that the file gives its first vertex.

    Raises:
      ValueError: the array has another shape, holds no triangle, or names a vertex that is not
        there.
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
