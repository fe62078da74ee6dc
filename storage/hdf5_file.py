"""Reads datasets of HDF5 files, after comparing what they declare with what the file holds.

A header of a few bytes can declare an array of any size: HDF5 fills what was never written. And a
dataset can lie in another file. Both are refused here before anything is allocated.
"""

import os

import h5py
import numpy as np

# Bytes of an array that need not be stored at all: a mean of zeros is 4 MB for 350,000 vertices.
_UNSTORED = 4 << 20
# How many times larger than its stored bytes a compressed array may be. Numbers compress to a half
# or a quarter, masks and bases with many zeros to a fiftieth.
_COMPRESSION = 100


def read_dataset(
    path: str | os.PathLike, dataset: h5py.Dataset, columns: int | None = None
) -> np.ndarray:
    """Reads a dataset of an open file, or its first columns.

    Args:
      path: of the file, for messages and to compare sizes.
      dataset: of that file.
      columns: how many columns of a dataset with two axes to read; all by default.

    Raises:
      ValueError: the dataset declares more than the file holds, lies in another file, or cannot be
        read; the message names file and dataset.
    """
    check_stored(path, dataset)
    try:
        return dataset[()] if columns is None else dataset[:, :columns]
    except (OSError, RuntimeError, TypeError, MemoryError) as error:
        raise ValueError(
            f"{path}: cannot read {dataset.name!r} ({error}); is the file truncated?"
        ) from None


def check_stored(path: str | os.PathLike, dataset: h5py.Dataset) -> None:
    """Refuses a dataset that declares more than the file holds, or that lies in another file.

    Raises:
      ValueError: as for `read_dataset`.
    """
    name = dataset.name
    if dataset.is_virtual or dataset.external or not os.path.samefile(dataset.file.filename, path):
        raise ValueError(f"{path}: {name!r} lies in another file, which is not opened; copy it in")
    try:
        declared = (dataset.size or 0) * dataset.dtype.itemsize
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {name!r} is of no type of numbers ({error}); damaged?") from None
    stored, size = dataset.id.get_storage_size(), os.path.getsize(path)
    if stored > size or declared > _UNSTORED + _COMPRESSION * stored:
        raise ValueError(
            f"{path}: {name!r} declares {declared / 1e6:,.1f} MB of {dataset.dtype}, but the file "
            f"holds {min(stored, size):,} bytes of it; truncated or made up?"
        )
