"""The one dataset that feeds training: batches {photos, synthetic} (figure 2).

Sample k of a run is a function of (seed, k). So a resumed run, which starts its index at the step
it stopped at, and runs on any number of replicas see exactly the same samples.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from data_pipeline.random_streams import Stream, permuted, sample_seed
from data_pipeline.synthetic import SyntheticPool, synthetic_faces
from model.face_renderer import FaceRenderer
from model.scene import draw_noise
from model.scene_ranges import SceneRanges


@dataclasses.dataclass(frozen=True)
class PhotoFeatures:
    """What the frozen network made of the photographs, or the photographs themselves.

    Attributes:
      features: float32 [P, variants, D]; embedding: float32 [P, variants, E], unit vectors.
      images: uint8 [P, variants, S, S, 3] instead of both, to encode photographs in every step.
    """

    features: np.ndarray | None = None
    embedding: np.ndarray | None = None
    images: np.ndarray | None = None

    def __post_init__(self):
        if (self.images is None) == (self.features is None or self.embedding is None):
            raise ValueError("PhotoFeatures: give either features and embedding, or images")
        if len(self) == 0:
            raise ValueError("PhotoFeatures: there is no photograph; was every one rejected?")

    def __len__(self) -> int:
        return len(self.features if self.images is None else self.images)

    @property
    def variants(self) -> int:
        return (self.features if self.images is None else self.images).shape[1]


def photo_samples(
    photos: PhotoFeatures,
    batch_size: int,
    views: int,
    moment_batch: int = 0,
    seed: int = 0,
    first_step: int = 0,
) -> tf.data.Dataset:
    """Endless batches of photographs, in a new seeded permutation each epoch.

    Args:
      photos: the photographs.
      batch_size: photographs a batch.
      views: scenes drawn for each, for the identity loss.
      moment_batch: further photographs whose features are only decoded, for the batch
        distribution loss (cached features only); 0 for none.
      seed: of the run.
      first_step: the first batch's index.

    Returns:
      Batches {features, embedding} or {images}, with {scene_noise [B, V, NOISE_SIZE]} and, if
      asked for, {moment_features [M, D]}.
    """
    # Moved to TensorFlow once, not copied into every call.
    tables = {name: tf.constant(array) for name, array in vars(photos).items() if array is not None}

    def sample(index):
        photo = permuted(index, len(photos), seed, Stream.PHOTO)
        variant = _variant(photos, index, seed, Stream.PHOTO_VARIANT)
        picked = {name: table[photo, variant] for name, table in tables.items()}
        if "images" in picked:
            picked["images"] = tf.cast(picked["images"], tf.float32) / 255.0
        seed_of_views = sample_seed(seed, index, Stream.VIEW)
        return picked | {"scene_noise": draw_noise(seed_of_views, views)}

    def moment_sample(index):
        photo = permuted(index, len(photos), seed, Stream.MOMENT)
        return tables["features"][photo, _variant(photos, index, seed, Stream.MOMENT_VARIANT)]

    batches = _indices(first_step * batch_size).map(sample).batch(batch_size, drop_remainder=True)
    if not moment_batch:
        return batches
    if photos.features is None:
        raise ValueError("moment_batch needs cached features of the photographs")
    moments = _indices(first_step * moment_batch).batch(moment_batch, drop_remainder=True)
    moments = moments.map(
        lambda indices: tf.map_fn(moment_sample, indices, fn_output_signature=tf.float32)
    )
    pairs = tf.data.Dataset.zip((batches, moments))
    return pairs.map(lambda batch, moment: batch | {"moment_features": moment})


def pool_samples(
    pool: SyntheticPool, batch_size: int, seed: int = 0, first_step: int = 0
) -> tf.data.Dataset:
    """Endless batches {features, shape, texture} of a cached pool, permuted each epoch."""
    tables = {name: tf.constant(array) for name, array in vars(pool).items()}

    def gather(indices):
        rows = tf.map_fn(lambda k: permuted(k, len(pool), seed, Stream.POOL), indices)
        return {name: tf.gather(table, rows) for name, table in tables.items()}

    return _indices(first_step * batch_size).batch(batch_size, drop_remainder=True).map(gather)


def training_batches(
    *,
    renderer: FaceRenderer,
    synthetic_batch: int,
    pool: SyntheticPool | None = None,
    photos: PhotoFeatures | None = None,
    photo_batch: int = 0,
    views: int = 3,
    moment_batch: int = 0,
    scene_ranges: SceneRanges = SceneRanges(),
    seed: int = 0,
    first_step: int = 0,
) -> tf.data.Dataset:
    """The dataset of a stage: synthetic faces alone (stage 1), or with photographs (stage 2).

    Args:
      renderer: draws the synthetic faces.
      synthetic_batch: synthetic faces a batch.
      pool: a cached pool to take them from, instead of rendering on the fly.
      photos, photo_batch, views, moment_batch: as for `photo_samples`.
      scene_ranges: what scenes of synthetic faces are drawn from.
      seed: of the run.
      first_step: the step to start at.

    Returns:
      Endless batches {"synthetic": ..., "photos": ...}, as `model.regressor.Regressor` takes them.
    """
    if pool is None:
        first_index = first_step * synthetic_batch
        synthetic = synthetic_faces(renderer, synthetic_batch, seed, first_index, scene_ranges)
    else:
        synthetic = pool_samples(pool, synthetic_batch, seed, first_step)
    parts = {"synthetic": synthetic}
    if photos is not None:
        parts["photos"] = photo_samples(photos, photo_batch, views, moment_batch, seed, first_step)
    return tf.data.Dataset.zip(parts).prefetch(tf.data.AUTOTUNE)


def _indices(first: int) -> tf.data.Dataset:
    return tf.data.Dataset.range(first, np.iinfo(np.int64).max)


def _variant(photos: PhotoFeatures, index: tf.Tensor, seed: int, stream: Stream) -> tf.Tensor:
    """Which variant (plain, mirrored, ...) of its photograph sample `index` shows."""
    return tf.random.stateless_uniform(
        [], sample_seed(seed, index, stream), 0, photos.variants, tf.int64
    )
