"""Batches of photographs: cached features, or images that are encoded in each step."""

import dataclasses

import numpy as np
import tensorflow as tf

from data_pipeline.augmenter import Augmenter
from data_pipeline.random_streams import Stream, permuted, sample_seed
from data_pipeline.sample_indices import Worker, sample_indices
from data_pipeline.variant_rows import CropRows, VariantRows
from model.scene import draw_noise


@dataclasses.dataclass(frozen=True)
class PhotoFeatures:
    """Tells where the photographs of batches are read: features, or images to encode in each step.

    An array is in memory, or it is on disk and answers `array[photographs, variants]` and `shape`
    like one in memory (`data_pipeline.variant_rows`): then nothing but batches is ever read.

    Attributes:
      features: float32 [P, variants, D]; embedding: float32 [P, variants, E], unit vectors.
      images: uint8 [P, variants, S, S, 3] instead of both, to encode photographs in every step.
    """

    features: np.ndarray | VariantRows | None = None
    embedding: np.ndarray | VariantRows | None = None
    images: np.ndarray | CropRows | None = None

    def __post_init__(self):
        if (self.images is None) == (self.features is None or self.embedding is None):
            raise ValueError("PhotoFeatures: give either features and embedding, or images")
        if len(self) == 0:
            raise ValueError("PhotoFeatures: there is no photograph; was every one rejected?")

    def __len__(self) -> int:
        return len(self.features if self.images is None else self.images)

    @property
    def variants(self) -> int:
        """How many variants of each photograph there are."""
        return (self.features if self.images is None else self.images).shape[1]

    @property
    def names(self) -> list[str]:
        """The names of the arrays that there are."""
        return [name for name, array in vars(self).items() if array is not None]

    def read(self, names: list[str], photos: tf.Tensor, variants: tf.Tensor) -> dict:
        """Reads rows of some of the arrays: tensors [B, ...] by name, for int64 [B] pairs."""

        def read_rows(photos, variants):
            return [getattr(self, name)[photos, variants] for name in names]

        arrays = [getattr(self, name) for name in names]
        types = [tf.as_dtype(array.dtype) for array in arrays]
        rows = tf.numpy_function(read_rows, [photos, variants], types)
        return {
            name: tf.ensure_shape(row, [*photos.shape, *array.shape[2:]])
            for name, row, array in zip(names, rows, arrays, strict=True)
        }


def photo_samples(
    photos: PhotoFeatures,
    batch_size: int,
    views: int,
    moment_batch: int = 0,
    seed: int = 0,
    first_step: int = 0,
    augment: Augmenter | None = None,
    worker: Worker = Worker(),
) -> tf.data.Dataset:
    """Endless batches of photographs, in a new seeded permutation each epoch.

    Args:
      photos: the photographs.
      batch_size: photographs a batch.
      views: how many scenes are drawn for each photograph, for the identity loss.
      moment_batch: how many further photographs are only decoded, for the batch distribution loss;
        they need cached features. 0 stands for none.
      seed: the run's seed.
      first_step: the index of the first batch.
      augment: changes images; features are of the images as they are.
      worker: whose part of the global batches; with W workers these are of W times `batch_size`,
        and each photograph is seen by one of them once an epoch.

    Returns:
      Batches {features, embedding} or {images}, with {scene_noise [B, V, NOISE_SIZE]} and, if
      asked for, {moment_features [M, D]}.

    Raises:
      ValueError: cached features are needed for the moments, or images for an augmentation.
    """
    if moment_batch and photos.features is None:
        raise ValueError("moment_batch needs cached features of the photographs")
    if augment and photos.images is None:
        raise ValueError("augmentation needs images of the photographs, not cached features")

    def choose(index):
        seed_of_views = sample_seed(seed, index, Stream.VIEW)
        return {
            "index": index,
            "photo": permuted(index, len(photos), seed, Stream.PHOTO),
            "variant": _variant(photos, index, seed, Stream.PHOTO_VARIANT),
            "scene_noise": draw_noise(seed_of_views, views),
        }

    def read(chosen):
        rows = photos.read(photos.names, chosen["photo"], chosen["variant"])
        if "images" in rows:
            images = tf.cast(rows["images"], tf.float32) / 255.0
            rows["images"] = augment(images, seed, chosen["index"]) if augment else images
        return rows | {"scene_noise": chosen["scene_noise"]}

    def choose_moment(index):
        photo = permuted(index, len(photos), seed, Stream.MOMENT)
        return photo, _variant(photos, index, seed, Stream.MOMENT_VARIANT)

    def read_moments(indices):
        chosen = tf.map_fn(choose_moment, indices, fn_output_signature=(tf.int64, tf.int64))
        return photos.read(["features"], *chosen)["features"]

    chosen = sample_indices(first_step, batch_size, worker).map(choose)
    batches = chosen.batch(batch_size, drop_remainder=True).map(read, tf.data.AUTOTUNE)
    if not moment_batch:
        return batches
    indices = sample_indices(first_step, moment_batch, worker)
    moments = indices.batch(moment_batch, drop_remainder=True).map(read_moments, tf.data.AUTOTUNE)
    pairs = tf.data.Dataset.zip((batches, moments))
    return pairs.map(lambda batch, moment: batch | {"moment_features": moment})


def _variant(photos: PhotoFeatures, index: tf.Tensor, seed: int, stream: Stream) -> tf.Tensor:
    """Draws which variant (plain, mirrored, ...) of its photograph sample `index` shows."""
    return tf.random.stateless_uniform(
        [], sample_seed(seed, index, stream), 0, photos.variants, tf.int64
    )
