"""A pool of synthetic faces that are rendered and encoded once, instead of in each step."""

import dataclasses
import logging
import os
import pathlib
import zipfile

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from data_pipeline.random_streams import Stream, permuted
from data_pipeline.sample_indices import Worker, sample_indices
from data_pipeline.synthetic import synthetic_faces
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.scene_ranges import SceneRanges
from storage.atomic import atomic_file

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class SyntheticPool:
    """Holds synthetic faces, of which only the frozen network's features are kept.

    Attributes:
      features: float32 [P, D]; shape: float32 [P, Ks]; texture: float32 [P, Kt].
    """

    features: np.ndarray
    shape: np.ndarray
    texture: np.ndarray

    def __len__(self) -> int:
        return len(self.features)


def make_pool(
    renderer: FaceRenderer,
    encoder: IdentityNetwork,
    size: int,
    seed: int = 0,
    scene_ranges: SceneRanges = SceneRanges(),
    batch_size: int = 64,
    cache: str | os.PathLike | None = None,
    expressions: float = 0.0,
) -> SyntheticPool:
    """Renders and encodes the first `size` synthetic faces of a seed.

    Args:
      renderer, encoder: the renderer draws the faces, and the encoder sees them.
      size: how many faces there are.
      seed, scene_ranges, expressions: as for `synthetic_faces`.
      batch_size: how many faces are rendered at a time.
      cache: a file; the pool is read from it if it was made of the same parts, and else written to
        it.

    Returns:
      The pool.
    """
    key = _pool_key(renderer, encoder, size, seed, scene_ranges, expressions)
    if cache is not None and (pool := _read_pool(pathlib.Path(cache), key)) is not None:
        return pool

    @tf.function
    def encode(images):
        return encoder(images).features

    parts = {"features": [], "shape": [], "texture": []}
    batch_size = min(batch_size, size)
    batches = synthetic_faces(
        renderer, batch_size, seed, scene_ranges=scene_ranges, expressions=expressions
    )
    with tqdm(total=size, desc="rendering synthetic faces", unit="face", mininterval=1) as progress:
        for batch in batches.take(-(-size // batch_size)):
            parts["features"].append(encode(batch["images"]).numpy())
            parts["shape"].append(batch["shape"].numpy())
            parts["texture"].append(batch["texture"].numpy())
            progress.update(min(batch_size, size - progress.n))
    pool = SyntheticPool(**{name: np.concatenate(rows)[:size] for name, rows in parts.items()})
    if cache is not None:
        _write_pool(pathlib.Path(cache), key, pool)
    return pool


def pool_samples(
    pool: SyntheticPool,
    batch_size: int,
    seed: int = 0,
    first_step: int = 0,
    worker: Worker = Worker(),
) -> tf.data.Dataset:
    """Endless batches {features, shape, texture} of a cached pool, permuted each epoch."""
    tables = {name: tf.constant(array) for name, array in vars(pool).items()}

    def gather(indices):
        rows = tf.map_fn(lambda k: permuted(k, len(pool), seed, Stream.POOL), indices)
        return {name: tf.gather(table, rows) for name, table in tables.items()}

    indices = sample_indices(first_step, batch_size, worker)
    return indices.batch(batch_size, drop_remainder=True).map(gather)


def _pool_key(
    renderer: FaceRenderer,
    encoder: IdentityNetwork,
    size: int,
    seed: int,
    scene_ranges: SceneRanges,
    expressions: float,
) -> str:
    parts = [renderer.fingerprint, encoder.fingerprint, size, seed, scene_ranges]
    if expressions:
        parts.append(f"expressions {expressions:g} {renderer.face_model.expression_fingerprint}")
    return "\n".join(map(str, parts))


def _read_pool(path: pathlib.Path, key: str) -> SyntheticPool | None:
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["key"]) == key:
                return SyntheticPool(arrays["features"], arrays["shape"], arrays["texture"])
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        _LOG.warning("%s: is no pool of synthetic faces (%s); it is made anew", path, error)
        return None
    _LOG.info("%s: was made of other parts or settings; it is made anew", path)
    return None


def _write_pool(path: pathlib.Path, key: str, pool: SyntheticPool) -> None:
    with atomic_file(path) as file:
        np.savez(file, key=np.array(key), **vars(pool))
