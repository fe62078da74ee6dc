"""Rows of numbers in shards, read by their index: a file in NumPy's format is a shard.

The rows are of one length, so where a row lies in its file is a multiplication. They are read, not
mapped into memory: what is read lies in the system's cache of files, which it takes back when
memory is short, and counts to no process. A process holds the rows that it asks for and no others.
"""

import os
import pathlib
from collections.abc import Sequence

import numpy as np

from data_pipeline.shard_index import ShardIndex
from storage.atomic import atomic_file

# The header that NumPy writes before rows of one axis, whatever their number.
_HEADER_BYTES = 128


def write_rows(path: str | os.PathLike, rows: np.ndarray) -> None:
    """Writes a shard of rows, float32 [K, D]; it appears complete or not at all."""
    with atomic_file(path) as file:
        np.save(file, np.ascontiguousarray(rows, np.float32), allow_pickle=False)


class RowShards:
    """The rows float32 [N, D] of all shards of a folder.

    Attributes:
      shape: N and D.
    """

    def __init__(self, folder: str | os.PathLike, counts: Sequence[int]):
        """Takes the folder of the files 000000.npy, 000001.npy, ..., and the rows of each.

        Raises:
          OSError, ValueError: the first shard cannot be read, or holds no rows of float32.
        """
        self._folder, self._index = pathlib.Path(folder), ShardIndex(counts)
        width = 0
        if len(counts):
            first = np.load(self._path(0), mmap_mode="r", allow_pickle=False)
            if first.ndim != 2 or first.dtype != np.float32:
                raise ValueError(
                    f"{self._path(0)}: {first.dtype} {list(first.shape)}, expected rows of float32"
                )
            width = first.shape[1]
        self.shape = (len(self._index), width)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Reads rows by their indices, int [M]: float32 [M, D].

        Raises:
          IndexError: there is no such row.
          OSError: a shard is missing or was cut short.
        """
        rows = np.asarray(rows, np.int64)
        result = np.empty([len(rows), self.shape[1]], np.float32)
        for part in self._index.parts(rows):
            result[part.places] = self._read_shard(part.shard, part.rows)
        return result

    def _read_shard(self, shard: int, rows: np.ndarray) -> np.ndarray:
        path, width = self._path(shard), self.shape[1] * 4
        found = np.empty([len(rows), self.shape[1]], np.float32)
        with path.open("rb", buffering=0) as file:
            expected = _HEADER_BYTES + int(self._index.counts[shard]) * width
            if os.fstat(file.fileno()).st_size != expected:
                raise OSError(f"{path}: is not of {expected:,} bytes; cut short? Prepare it again")
            # Rows that follow each other are read at once.
            for run in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows) != 1) + 1):
                file.seek(_HEADER_BYTES + int(rows[run[0]]) * width)
                file.readinto(found[run[0] : run[-1] + 1])
        return found

    def _path(self, shard: int) -> pathlib.Path:
        return self._folder / f"{shard:06d}.npy"
