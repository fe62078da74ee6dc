"""What is kept of photographs in several variants, indexed as one array that stays on disk."""

import pathlib
from collections.abc import Sequence

import numpy as np

from data_pipeline.crop_shards import CropShards
from data_pipeline.row_shards import RowShards


class VariantRows:
    """An array float32 [N, V, D] of which only the rows that are asked for are read.

    Attributes:
      shape: N photographs, V variants, D numbers.
      dtype: float32.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, folders: Sequence[pathlib.Path], counts: Sequence[int]):
        """Takes the folder of the shards of each variant, and the rows of each shard.

        Raises:
          OSError, ValueError: as for `RowShards`, or the variants differ in width.
        """
        self._variants = [RowShards(folder, counts) for folder in folders]
        widths = {rows.shape[1] for rows in self._variants}
        if len(widths) > 1:
            raise ValueError(
                f"{folders[0]}: variants of {sorted(widths)} numbers; prepare it again"
            )
        self.shape = (int(np.sum(counts)), len(folders), widths.pop() if widths else 0)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: tuple) -> np.ndarray:
        """Reads `[photographs, variants]`, with the rules by which NumPy indexes two axes.

        Args:
          key: a pair of integers, arrays of integers, or slices; two arrays are read as pairs.
        """
        rows, variants = (
            np.arange(size)[k] if isinstance(k, slice) else np.asarray(k)
            for k, size in zip(key, self.shape, strict=False)
        )
        if isinstance(key[1], slice):
            rows = rows[..., None]
        elif isinstance(key[0], slice):
            rows = rows.reshape(-1, *[1] * variants.ndim)
        rows, variants = np.broadcast_arrays(rows, variants)
        result = np.empty([*rows.shape, self.shape[2]], np.float32)
        for variant in np.unique(variants):
            chosen = variants == variant
            result[chosen] = self._variants[variant].read(rows[chosen])
        return result

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        del copy
        return self[:, :].astype(dtype or self.dtype)


class CropRows:
    """The crops of a cache, indexed as the one variant of an array uint8 [N, 1, S, S, 3] on disk.

    Attributes:
      shape: of that array.
      dtype: uint8.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, shards: CropShards, count: int, size: int):
        """Takes the crops, their number and their width."""
        self._shards = shards
        self.shape = (count, 1, size, size, 3)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: tuple) -> np.ndarray:
        """Reads crops `[photographs, variants]`; both are int [M], and every variant is 0."""
        return self._shards.read(key[0])
