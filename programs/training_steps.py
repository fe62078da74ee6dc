"""What a step of a decoder's training is made of: its batch, and the graph of figure 2."""

import dataclasses

import tensorflow as tf

from data_pipeline.augmentation import Augmentation
from data_pipeline.augmenter import Augmenter
from data_pipeline.batches import training_batches
from data_pipeline.feature_cache import ENCODED
from data_pipeline.photo_batches import PhotoFeatures
from data_pipeline.sample_indices import Worker
from model.decoder import Decoder
from model.dropout import Dropout
from model.regressor import Regressor
from programs.held_out import ChosenRows
from programs.training_options import BatchOptions, Options
from programs.training_parts import LoadedParts


def make_regressor(options: Options, parts: LoadedParts, decoder: Decoder) -> Regressor:
    """Makes the Keras model that trains a decoder; call it in the strategy's scope."""
    encoder = parts.encoder
    if options.encoder_precision != "float32":
        encoder = encoder.computed_in(options.encoder_precision)
    return Regressor(
        decoder,
        encoder,
        parts.renderer,
        options.weights,
        options.view_scenes,
        options.loss_reduction,
        options.gray_views,
        Dropout(options.dropout, options.run.seed),
    )


def make_batches(
    options: Options,
    parts: LoadedParts,
    first_step: int,
    with_photos: bool,
    worker: Worker = Worker(),
) -> tf.data.Dataset:
    """Makes the endless dataset of a stage from a step on; stage 2 has photographs.

    Args:
      worker: gets its part of the batches; the options say how large the whole ones are.

    Raises:
      ValueError: a batch cannot be divided evenly among the workers.
    """
    batch = _of_worker(options.batch, worker)
    return training_batches(
        renderer=parts.renderer,
        synthetic_batch=batch.synthetic,
        pool=parts.pool,
        photos=_photo_features(options, parts) if with_photos else None,
        photo_batch=batch.photos,
        views=batch.views,
        moment_batch=batch.moments,
        augment=_augmenter(options, parts) if with_photos else None,
        scene_ranges=options.scenes,
        seed=options.run.seed,
        first_step=first_step,
        steps_before=options.stage_1.steps if with_photos else 0,
        data_service=batch.data_service,
        expressions=batch.expressions,
        worker=worker,
    )


def _of_worker(batch: BatchOptions, worker: Worker) -> BatchOptions:
    flags = {"photos": "photo_batch", "synthetic": "synthetic_batch", "moments": "moment_batch"}
    sizes = {field: getattr(batch, field) for field in flags}
    for field, size in sizes.items():
        if size % worker.count:
            raise ValueError(
                f"--{flags[field]}={size} cannot be divided among {worker.count} workers; give a "
                "multiple of their number"
            )
    return dataclasses.replace(
        batch, **{field: size // worker.count for field, size in sizes.items()}
    )


def _photo_features(options: Options, parts: LoadedParts) -> PhotoFeatures:
    photos, rows = parts.photos, parts.split.trained
    if not options.batch.cache_features:
        return PhotoFeatures(images=ChosenRows(photos.images, rows))
    kinds = (photos.encoded(kind, options.batch.variants) for kind in ENCODED)
    return PhotoFeatures(*(ChosenRows(kind, rows) for kind in kinds))


def _augmenter(options: Options, parts: LoadedParts) -> Augmenter | None:
    augmentation = options.batch.augmentation
    if augmentation == Augmentation():
        return None
    return Augmenter(augmentation, parts.encoder.crop)
