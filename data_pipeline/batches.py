"""The one dataset that feeds training: batches {photos, synthetic} (figure 2).

Sample k of a run is a function of (seed, k). So a resumed run, which starts its index at the step
it stopped at, and runs on any number of replicas see exactly the same samples.
"""

import tensorflow as tf

from data_pipeline.augmenter import Augmenter
from data_pipeline.data_service import served
from data_pipeline.photo_batches import PhotoFeatures, photo_samples
from data_pipeline.sample_indices import Worker
from data_pipeline.synthetic import synthetic_faces
from data_pipeline.synthetic_pool import SyntheticPool, pool_samples
from model.face_renderer import FaceRenderer
from model.scene_ranges import SceneRanges


def training_batches(
    *,
    renderer: FaceRenderer,
    synthetic_batch: int,
    pool: SyntheticPool | None = None,
    photos: PhotoFeatures | None = None,
    photo_batch: int = 0,
    views: int = 3,
    moment_batch: int = 0,
    augment: Augmenter | None = None,
    scene_ranges: SceneRanges = SceneRanges(),
    seed: int = 0,
    first_step: int = 0,
    steps_before: int = 0,
    worker: Worker = Worker(),
    data_service: str | None = None,
    expressions: float = 0.0,
) -> tf.data.Dataset:
    """Makes the dataset of a stage: synthetic faces alone (stage 1), or with photographs (stage 2).

    Args:
      renderer: draws the synthetic faces.
      synthetic_batch: synthetic faces a batch.
      pool: a cached pool to take them from, instead of rendering on the fly.
      photos, photo_batch, views, moment_batch, augment: as for `photo_samples`.
      scene_ranges: what scenes of synthetic faces are drawn from.
      seed: the run's seed.
      first_step: the step of the stage to start at.
      steps_before: the steps of earlier stages, whose synthetic faces are not shown again.
      worker: which of several processes that train together this one is; see `Worker`.
      data_service: the address of a service that renders the synthetic faces; see
        `data_pipeline.data_service`.
      expressions: how much synthetic faces that are rendered here express; see `synthetic_faces`.

    Returns:
      Endless batches {"synthetic": ..., "photos": ...}, as `model.regressor.Regressor` takes them.
    """
    synthetic_step = steps_before + first_step
    if pool is None:
        synthetic = synthetic_faces(
            renderer,
            synthetic_batch,
            seed,
            synthetic_step,
            scene_ranges,
            worker,
            expressions,
        )
        synthetic = served(synthetic, data_service) if data_service else synthetic
    else:
        synthetic = pool_samples(pool, synthetic_batch, seed, synthetic_step, worker)
    parts = {"synthetic": synthetic}
    if photos is not None:
        parts["photos"] = photo_samples(
            photos, photo_batch, views, moment_batch, seed, first_step, augment, worker
        )
    return tf.data.Dataset.zip(parts).prefetch(tf.data.AUTOTUNE)
