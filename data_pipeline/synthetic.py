"""Synthetic faces: sampled from the morphable model and rendered on the fly inside tf.data."""

import dataclasses
import logging
import os
import pathlib
import zipfile

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from data_pipeline.random_streams import Stream, sample_seed
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.scene import draw_noise, random_scene
from model.scene_ranges import SceneRanges
from storage.atomic import atomic_file

_LOG = logging.getLogger(__name__)


def draw_face(
    seed: int, index: tf.Tensor, shape_components: int, texture_components: int, views: int = 1
) -> dict[str, tf.Tensor]:
    """Draws sample `index` of a run: a face of the model, and the noise of its scenes.

    Returns:
      shape float32 [Ks] and texture float32 [Kt], standard normal, and scene_noise
      float32 [views, NOISE_SIZE].
    """
    coefficients = tf.random.stateless_normal(
        [shape_components + texture_components], sample_seed(seed, index, Stream.COEFFICIENTS)
    )
    return {
        "shape": coefficients[:shape_components],
        "texture": coefficients[shape_components:],
        "scene_noise": draw_noise(sample_seed(seed, index, Stream.SCENE), views),
    }


def synthetic_faces(
    renderer: FaceRenderer,
    batch_size: int,
    seed: int = 0,
    first_index: int = 0,
    scene_ranges: SceneRanges = SceneRanges(),
) -> tf.data.Dataset:
    """Endless batches of rendered faces; sample k is a function of (seed, k) alone.

    Args:
      renderer: draws the faces of its face model in its crop.
      batch_size: faces a batch.
      seed: the run's seed.
      first_index: the number k of the first sample; a resumed run starts where it stopped.
      scene_ranges: what scenes are drawn from.

    Returns:
      Batches {images float32 [B, S, S, 3], shape [B, Ks], texture [B, Kt]}.
    """
    model = renderer.face_model

    def draw(index):
        return draw_face(seed, index, model.shape_components, model.texture_components)

    def render(faces):
        scenes = random_scene(faces["scene_noise"], scene_ranges)
        images = renderer(faces["shape"], faces["texture"], scenes)
        return {"images": images[:, 0], "shape": faces["shape"], "texture": faces["texture"]}

    indices = tf.data.Dataset.range(first_index, np.iinfo(np.int64).max)
    drawn = indices.map(draw).batch(batch_size, drop_remainder=True)
    return drawn.map(render, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


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
) -> SyntheticPool:
    """Renders and encodes the first `size` synthetic faces of a seed.

    Args:
      renderer, encoder: the renderer draws the faces, and the encoder sees them.
      size: how many faces there are.
      seed, scene_ranges: as for `synthetic_faces`.
      batch_size: how many faces are rendered at a time.
      cache: a file; the pool is read from it if it was made of the same parts, and else written to
        it.

    Returns:
      The pool.
    """
    key = _pool_key(renderer, encoder, size, seed, scene_ranges)
    if cache is not None and (pool := _read_pool(pathlib.Path(cache), key)) is not None:
        return pool

    @tf.function
    def encode(images):
        return encoder(images).features

    parts = {"features": [], "shape": [], "texture": []}
    batch_size = min(batch_size, size)
    batches = synthetic_faces(renderer, batch_size, seed, scene_ranges=scene_ranges)
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


def _pool_key(renderer, encoder, size: int, seed: int, scene_ranges: SceneRanges) -> str:
    parts = (renderer.fingerprint, encoder.fingerprint, size, seed, scene_ranges)
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
