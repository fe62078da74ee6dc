"""Writes a cache of features shard by shard.

A new cache grows in the folder `NAME.partial` and takes its name when all of it is there. A shard
is made when the file of its names is there, which is written last: whenever the process is killed,
the shard that was being made is made again, and no other.
"""

import dataclasses
import os
import pathlib
import shutil
from collections.abc import Sequence

import numpy as np
from absl import logging

from data_pipeline.cache_key import CacheKey
from data_pipeline.crop_shards import write_crops
from data_pipeline.feature_cache import (
    ENCODED,
    VARIANTS,
    FeatureCache,
    encoded_folder,
    facts_path,
    read_facts,
    summary,
)
from data_pipeline.photographs import DESCRIPTION, is_photo_set
from data_pipeline.row_shards import write_rows
from storage.atomic import atomic_file, write_text

# What a cache that is being made is made of.
_KEY = "key.txt"


def write_shard(
    folder: pathlib.Path,
    index: int,
    facts: dict[str, Sequence[str]],
    points: np.ndarray,
    crops: np.ndarray,
    encoded: dict[str, dict[str, np.ndarray]],
) -> None:
    """Writes all of a shard.

    Args:
      folder: of the cache.
      index: the number of the shard.
      facts: `names`, `identities` (empty if unknown), `rejected_names` and `rejected_reasons`.
      points: float32 [K, 5, 2]; crops: uint8 [K, S, S, 3], the plain ones.
      encoded: by variant and kind (see `write_encoded`).
    """
    for variant, arrays in encoded.items():
        write_encoded(folder, index, variant, arrays)
    write_rows(folder / "points" / f"{index:06d}.npy", points.reshape(-1, 10))
    write_crops(folder / "crops" / f"{index:06d}.array_record", crops)
    with atomic_file(facts_path(folder, index)) as file:
        np.savez(file, **{name: np.array(texts, str) for name, texts in facts.items()})


def write_encoded(
    folder: pathlib.Path, index: int, variant: str, arrays: dict[str, np.ndarray]
) -> None:
    """Writes what a network made of a variant of a shard: each of `ENCODED`, float32 [K, ...]."""
    for kind in ENCODED:
        write_rows(encoded_path(folder, index, kind, variant), arrays[kind])


def encoded_path(folder: pathlib.Path, index: int, kind: str, variant: str) -> pathlib.Path:
    """The file of one of `ENCODED` of a variant of a shard."""
    return encoded_folder(folder, kind, variant) / f"{index:06d}.npy"


def shard_is_made(folder: pathlib.Path, index: int) -> bool:
    """Says whether a shard is there; one that a full disk cut short is not."""
    try:
        read_facts(facts_path(folder, index))
    except FileNotFoundError:
        return False
    except OSError as error:
        logging.warning("%s; its shard is made again", error)
        return False
    return True


def begin(output: pathlib.Path, key: CacheKey, shard_size: int) -> pathlib.Path:
    """Returns the folder in which a cache grows; takes up what an earlier run left there.

    Args:
      output: the folder of the finished cache.
      key: what it is made of; what was left by a run with another key is cleared.
      shard_size: photographs in a shard; another one clears what was left, too.

    Raises:
      ValueError: a folder of that name holds something else.
    """
    folder = output.with_name(output.name + ".partial")
    key_file, stamp = folder / _KEY, f"{key.to_json()} shards of {shard_size}"
    if folder.is_dir() and any(map(_is_foreign, folder.iterdir())) and not key_file.is_file():
        raise ValueError(f"{folder}: not a partial cache; remove it or move it away")
    if key_file.is_file() and key_file.read_text(encoding="utf-8") != stamp:
        logging.warning("%s: left by another run and not usable now; cleared", folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    clear_unfinished(folder)
    write_text(key_file, stamp)
    return folder


def _is_foreign(path: pathlib.Path) -> bool:
    """Whether something in a folder without a key is more than a key that was being written."""
    return not path.match(f"{_KEY}.*.partial")


def clear_unfinished(folder: pathlib.Path) -> None:
    """Removes the files that killed processes were writing to."""
    for path in folder.rglob("*.partial"):
        path.unlink()


def finish(folder: pathlib.Path, output: pathlib.Path, cache: FeatureCache) -> FeatureCache:
    """Gives a cache that is whole its name; what it replaces is removed.

    Raises:
      ValueError: no photograph is in it.
    """
    if not len(cache):
        rejected = dataclasses.replace(cache, path=folder).rejected
        shutil.rmtree(folder)
        raise ValueError(
            f"{output}: none of {len(rejected)} photographs can be used:\n{summary(rejected)}"
        )
    write_text(folder / DESCRIPTION, cache.to_json())
    old = output.with_name(output.name + ".old")
    if is_photo_set(output):
        # A kill between these lines costs nothing: the next run finds the new one whole.
        shutil.rmtree(old, ignore_errors=True)
        os.replace(output, old)
    os.replace(folder, output)
    shutil.rmtree(old, ignore_errors=True)
    (output / _KEY).unlink()
    return FeatureCache.open(output, cache.key)


def add_to_description(cache: FeatureCache, variants: Sequence[str]) -> FeatureCache:
    """Writes into the description of a cache that more variants of it are encoded."""
    both = {*cache.variants, *variants}
    larger = dataclasses.replace(cache, variants=tuple(name for name in VARIANTS if name in both))
    write_text(larger.path / DESCRIPTION, larger.to_json())
    return larger
