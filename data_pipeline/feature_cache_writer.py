"""Makes a cache of features: finished shards of it lie in `FILE.partial/` until all are there."""

import os
import pathlib
import shutil
import zipfile
from collections.abc import Sequence

import h5py
import numpy as np
from absl import logging

from data_pipeline.feature_cache import ARRAYS, FORMAT, CacheKey, FeatureCache, summary
from storage.atomic import atomic_file, write_text


class FeatureCacheWriter:
    """Writes the cache of a key to the folder `FILE.partial/`, one shard of photographs a file.

    A shard is there whole or not at all, whenever the process is killed.
    """

    def __init__(self, output: str | os.PathLike, key: CacheKey, shard_size: int):
        """Takes up what an earlier run with the same key left, and clears what another left.

        Args:
          output: the file that is being made.
          key: what it is made of.
          shard_size: how many photographs are in a shard.

        Raises:
          ValueError: a folder of that name holds something else.
        """
        self._output, self._key = pathlib.Path(output), key
        self._folder = self._output.with_name(self._output.name + ".partial")
        key_file, stamp = self._folder / "key.txt", f"{key.to_json()} shards of {shard_size}"
        if self._folder.is_dir() and any(self._folder.iterdir()) and not key_file.is_file():
            raise ValueError(f"{self._folder}: not a partial cache; remove it or move it away")
        if key_file.is_file() and key_file.read_text(encoding="utf-8") != stamp:
            logging.warning("%s: left by another run and not usable now; cleared", self._folder)
            shutil.rmtree(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        write_text(key_file, stamp)

    def _path(self, index):
        return self._folder / f"{index:06d}.npz"

    def read(self, index: int) -> dict[str, np.ndarray] | None:
        """Returns the arrays of a shard by name, or None if it has to be made."""
        try:
            with np.load(self._path(index), allow_pickle=False) as arrays:
                return dict(arrays)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            logging.warning("%s: made again: %s", self._path(index), error)
            return None

    def write(self, index: int, arrays: dict[str, np.ndarray]) -> None:
        """Writes a shard.

        Args:
          index: the number of the shard.
          arrays: `ARRAYS`, and the texts `names`, `identities` (empty if unknown),
            `rejected_names` and `rejected_reasons`.
        """
        with atomic_file(self._path(index)) as file:
            np.savez(file, **arrays)

    def finish(self, shards: int, missing: Sequence[str] = ()) -> FeatureCache:
        """Joins the shards 0 … `shards` - 1 into the cache, and removes the folder.

        Args:
          shards: their number.
          missing: names of photographs that were listed but are not on disk.

        Returns:
          The finished cache.

        Raises:
          ValueError: no photograph is left.
        """
        temporary = self._folder / "joined.h5"
        with h5py.File(temporary, "w") as file:
            file.attrs["format"], file.attrs["key"] = FORMAT, self._key.to_json()
            for index in range(shards):
                _append_shard(file, self.read(index))
            _append_texts(file, "rejected/names", missing)
            _append_texts(file, "rejected/reasons", ["listed but missing on disk"] * len(missing))
        joined = FeatureCache.open(temporary)
        if not joined.names:
            shutil.rmtree(self._folder)
            raise ValueError(
                f"{self._output}: none of {len(joined.rejected)} photographs can be used:\n"
                + summary(joined.rejected)
            )
        os.replace(temporary, self._output)
        shutil.rmtree(self._folder)
        return FeatureCache.open(self._output, self._key)


def _append_shard(file, arrays):
    for name in ARRAYS:
        _append(file, name, arrays[name])
    _append_texts(file, "names", arrays["names"])
    _append_texts(file, "identities", arrays["identities"])
    _append_texts(file, "rejected/names", arrays["rejected_names"])
    _append_texts(file, "rejected/reasons", arrays["rejected_reasons"])


def _append(file, name, array, dtype=None):
    """Appends rows to a dataset, which grows from nothing."""
    if name not in file:
        # Single crops are read in any order for contact sheets, the other arrays as a whole.
        rows, packing = (1, {"compression": "gzip"}) if name == "crops" else (1024, {})
        row_shape = array.shape[1:]
        options = {"maxshape": (None, *row_shape), "chunks": (rows, *row_shape), **packing}
        file.create_dataset(name, (0, *row_shape), dtype or array.dtype, **options)
    dataset = file[name]
    dataset.resize(len(dataset) + len(array), axis=0)
    dataset[len(dataset) - len(array) :] = array


def _append_texts(file, name, texts):
    # File names may hold bytes that are no UTF-8; Python keeps them as surrogates.
    texts = np.array([str(text).encode("utf-8", "surrogateescape") for text in texts], object)
    _append(file, name, texts, h5py.string_dtype())
