"""One stage of training: steps, checkpoints, logs, resume."""

import dataclasses
import logging
import math
import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tf_keras

from model.decoder import Coefficients
from model.training import callbacks
from model.training.early_stop import EarlyStop

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Cadence:
    """How often things happen, in steps; all but the first are rounded to multiples of it."""

    log: int = 50
    checkpoint: int = 200
    samples: int = 500


@dataclasses.dataclass(frozen=True)
class Stage:
    """What differs between the two stages of section 3.3.

    Attributes:
      name: of its folders in the run.
      steps: how many in all.
      learning_rate: Adam's at the start; it falls to a hundredth along a cosine.
      batches: makes the stage's dataset from the step to start at.
    """

    name: str
    steps: int
    learning_rate: float
    batches: Callable[[int], tf.data.Dataset]


def train_stage(
    stage: Stage,
    make_model: Callable[[], tf_keras.Model],
    run_folder: pathlib.Path,
    strategy: tf.distribute.Strategy,
    cadence: Cadence = Cadence(),
    figures: Callable[[], dict[str, float]] | None = None,
    draw: Callable[[], tuple[np.ndarray, Coefficients]] | None = None,
    early_stop: Callable[[int], EarlyStop] | None = None,
) -> None:
    """Trains until the stage's last step, from its newest checkpoint if there is one.

    Args:
      stage: what to do.
      make_model: called in the strategy's scope; makes a model with a `train_step` whose `trained`
        part is what checkpoints hold.
      run_folder: gets checkpoints/<stage>, tensorboard/<stage> and samples.
      strategy: replicas share each batch.
      cadence: how often to log, save and draw.
      figures: further scalars for TensorBoard, computed as often as samples are drawn.
      draw: makes a contact sheet and coefficients to draw histograms of.
      early_stop: of the steps between two calls; makes what watches the figures.

    Raises:
      callbacks.NonFiniteLossError: a loss is NaN or infinite.
    """
    round_steps = math.gcd(cadence.log, stage.steps)
    rounds = stage.steps // round_steps

    def every(steps: int) -> int:
        return max(1, steps // round_steps)

    with strategy.scope():
        model = make_model()
        schedule = tf_keras.optimizers.schedules.CosineDecay(
            stage.learning_rate, stage.steps, alpha=0.01
        )
        model.compile(optimizer=tf_keras.optimizers.Adam(schedule))
        checkpoints = callbacks.Checkpoints(
            run_folder / "checkpoints" / stage.name,
            model.trained,
            round_steps,
            every(cadence.checkpoint),
        )
        first_step = checkpoints.restore(model.optimizer)
    if first_step >= stage.steps:
        _LOG.info("%s: complete at step %d", stage.name, first_step)
        return
    if first_step:
        _LOG.info("%s: going on at step %d", stage.name, first_step)

    writer = tf.summary.create_file_writer(str(run_folder / "tensorboard" / stage.name))
    listeners = [
        callbacks.StopOnNonFiniteLoss(round_steps),
        callbacks.ProgressLine(stage.name, stage.steps, round_steps),
        callbacks.Scalars(writer, round_steps, figures, every(cadence.samples)),
        checkpoints,
    ]
    if draw is not None:
        listeners.append(
            callbacks.Samples(
                writer,
                run_folder / "samples",
                stage.name,
                round_steps,
                every(cadence.samples),
                draw,
            )
        )
    if early_stop is not None:
        listeners.append(early_stop(round_steps))
    model.fit(
        _unsharded(stage.batches(first_step)),
        steps_per_epoch=round_steps,
        epochs=rounds,
        initial_epoch=first_step // round_steps,
        callbacks=listeners,
        verbose=0,
    )


def _unsharded(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """All replicas split the one stream of batches, so none must be skipped by sharding."""
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(options)
