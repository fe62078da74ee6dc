"""Reads the coefficients of a face from an .npz file, as `reconstruct.py` writes it."""

import os
import pathlib
import zipfile

import numpy as np

from storage.lfs_pointer import refuse_lfs_pointer

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
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of coefficients")
    refuse_lfs_pointer(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            found = {part: _read(archive, names[part]) for part in PARTS if part in names}
    except (
        Exception
    ) as error:  # On a damaged file zipfile and numpy raise whatever they stumble on.
        raise ValueError(
            f"{path}: is no .npz of coefficients, or damaged ({error}); it must be written by "
            "numpy.savez, without pickled objects"
        ) from None
    if not found:
        raise ValueError(
            f"{path}: has no array {', '.join(PARTS)}; it has {', '.join(sorted(names)) or 'none'}"
        )
    return {part: _vector(path, part, values) for part, values in found.items()}


def _read(archive, info):
    """An array of the archive, if it is as large as it says and no larger than a face needs."""
    if info.file_size > _LARGEST * 16:
        raise ValueError(f"{info.filename} has {info.file_size:,} bytes, too many for a face")
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if header is None:
            raise ValueError(f"{info.filename} is of version {version} of NumPy's format")
        shape, _, dtype = header(member)
        if dtype.hasobject or int(np.prod(shape, dtype=object)) * dtype.itemsize > info.file_size:
            raise ValueError(f"{info.filename} declares {dtype} {shape}: pickled, or cut short")
    with archive.open(info) as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def _vector(path, part, values):
    """Coefficients as float32 [K]."""
    vector = values[0] if values.ndim == 2 and len(values) == 1 else values
    if vector.ndim != 1 or vector.dtype.kind not in "fiu":
        raise ValueError(
            f"{path}: {part} is {values.dtype} of shape {values.shape}; the coefficients of one "
            "face are numbers of shape (K,) or (1, K)"
        )
    vector = vector.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(vector))
    if len(bad):
        raise ValueError(f"{path}: {part}[{bad[0]}] is {vector[bad[0]]}, which is not finite")
    return vector
