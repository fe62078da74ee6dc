"""Crops of photographs in shards, read by their index: an ArrayRecord file of PNGs is a shard.

Crops compress to different lengths, so a shard needs a table of where each begins; ArrayRecord has
one, checks what it reads, and is the second format of TensorFlow Datasets.
"""

import os
import pathlib
from collections.abc import Sequence

import cv2
import numpy as np
from array_record.python.array_record_module import ArrayRecordReader, ArrayRecordWriter

from data_pipeline.shard_index import ShardIndex
from storage.atomic import atomic_path

# One record a group, so that a crop is read alone. PNG is compressed already.
_WRITING = "group_size:1,uncompressed"
# The first levels of compression are three times as fast as the last, and 3 % larger.
_LEVEL = [cv2.IMWRITE_PNG_COMPRESSION, 1]


def write_crops(path: str | os.PathLike, crops: np.ndarray) -> None:
    """Writes a shard of crops, uint8 RGB [K, S, S, 3]; it appears complete or not at all."""
    with atomic_path(path) as partial:
        writer = ArrayRecordWriter(os.fspath(partial), _WRITING)
        for crop in crops:
            _, data = cv2.imencode(".png", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), _LEVEL)
            writer.write(data.tobytes())
        writer.close()


class CropShards:
    """The crops of all shards of a folder, uint8 RGB [N, S, S, 3]."""

    def __init__(self, folder: str | os.PathLike, counts: Sequence[int], size: int):
        """Takes the folder of the files, the crops of each, and the size S of a crop."""
        self._folder, self._index = pathlib.Path(folder), ShardIndex(counts)
        self._size = size

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Reads crops by their indices, int [M]: uint8 RGB [M, S, S, 3].

        Raises:
          IndexError: there is no such crop.
          OSError: a shard is missing or damaged.
        """
        rows = np.asarray(rows, np.int64)
        result = np.empty([len(rows), self._size, self._size, 3], np.uint8)
        for part in self._index.parts(rows):
            path = self._folder / f"{part.shard:06d}.array_record"
            try:
                for place, data in zip(part.places, _records(path, part.rows), strict=True):
                    crop = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
                    result[place] = cv2.cvtColor(crop, cv2.COLOR_BGR2RGB)
            except (RuntimeError, ValueError, IndexError, cv2.error) as error:
                raise OSError(f"{path}: cannot be read ({error}); prepare it again") from error
        return result


def _records(path: pathlib.Path, rows: np.ndarray) -> list[bytes]:
    reader = ArrayRecordReader(os.fspath(path))
    try:
        return reader.read(rows.tolist())
    finally:
        reader.close()
