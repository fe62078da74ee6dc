"""Reads the coefficients of a face from an .npz file, as `reconstruct.py` writes it."""

import math
import os

import numpy as np

from storage.arrays import open_npz

PARTS = ("shape", "texture", "expression")
# A face model has some hundred components of each kind.
_LARGEST = 100_000


def read_coefficients(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads the coefficients of one face.

    Args:
      path: an .npz file with some of the arrays shape, texture and expression, each of [K] or
        [1, K] numbers. Other arrays are not read.

    Returns:
      float32 [K] for each of these arrays that the file has.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is no .npz, has none of these arrays, or one of them is no such vector of
        finite numbers; the message names file and array.
    """
    with open_npz(path) as arrays:
        found = {part: _vector(path, part, arrays) for part in PARTS if part in arrays}
        if not found:
            raise ValueError(
                f"{path}: has no array {', '.join(PARTS)}; it has {', '.join(arrays) or 'none'}"
            )
    return found


def _vector(path, part, arrays):
    """Reads coefficients as float32 [K], if there are no more of them than a face needs."""
    shape, dtype = arrays.header(part)
    count = math.prod(shape)
    if shape not in ((count,), (1, count)) or dtype.kind not in "fiu" or count > _LARGEST:
        raise ValueError(
            f"{path}: {part} is {dtype} of shape {shape}; the coefficients of one face are numbers "
            f"of shape (K,) or (1, K), and no more than {_LARGEST:,}"
        )
    vector = arrays[part].reshape(-1).astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(vector))
    if len(bad):
        raise ValueError(f"{path}: {part}[{bad[0]}] is {vector[bad[0]]}, which is not finite")
    return vector
