"""What a step of a decoder's training is made of: its batch, and the graph of figure 2."""

import tensorflow as tf

from data_pipeline.augmentation import Augmentation
from data_pipeline.augmenter import Augmenter
from data_pipeline.batches import training_batches
from data_pipeline.feature_cache import ENCODED
from data_pipeline.photo_batches import PhotoFeatures
from model.decoder import Decoder
from model.regressor import Regressor
from programs.training_options import Options
from programs.training_parts import LoadedParts


def make_regressor(options: Options, parts: LoadedParts, decoder: Decoder) -> Regressor:
    """Makes the Keras model that trains a decoder; call it in the strategy's scope."""
    return Regressor(
        decoder,
        parts.encoder,
        parts.renderer,
        options.weights,
        options.view_scenes,
        options.loss_reduction,
        options.gray_views,
    )


def make_batches(
    options: Options, parts: LoadedParts, first_step: int, with_photos: bool
) -> tf.data.Dataset:
    """Makes the endless dataset of a stage from a step on; stage 2 has photographs."""
    batch = options.batch
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
    )


def _photo_features(options: Options, parts: LoadedParts) -> PhotoFeatures:
    if not options.batch.cache_features:
        return PhotoFeatures(images=parts.photos.images)
    kinds = (parts.photos.encoded(kind, options.batch.variants) for kind in ENCODED)
    return PhotoFeatures(*kinds)


def _augmenter(options: Options, parts: LoadedParts) -> Augmenter | None:
    augmentation = options.batch.augmentation
    if augmentation == Augmentation():
        return None
    return Augmenter(augmentation, parts.encoder.crop)
