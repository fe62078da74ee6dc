"""What happens beside training: progress, TensorBoard, samples, checkpoints, the stop on NaN."""

import logging
import math
import pathlib
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tf_keras

from model.decoder import Coefficients
from storage.atomic import write_bytes
from storage.images import jpeg

_LOG = logging.getLogger(__name__)


class NonFiniteLossError(RuntimeError):
    """A loss term is NaN or infinite."""


class StopOnNonFiniteLoss(tf_keras.callbacks.Callback):
    """Stops the run with the step and the name of the term; the last good checkpoint stays.

    It must come before the callback that writes checkpoints.
    """

    def __init__(self, steps_per_epoch: int):
        super().__init__()
        self._steps_per_epoch = steps_per_epoch

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        bad = [name for name, value in (logs or {}).items() if not math.isfinite(value)]
        if bad:
            step = (epoch + 1) * self._steps_per_epoch
            terms = [name for name in bad if name != "loss"] or bad
            raise NonFiniteLossError(
                f"loss term {', '.join(terms)} is not finite at or before step {step}; lower "
                "--learning_rate or the weight of that term and resume from the last checkpoint"
            )


class ProgressLine(tf_keras.callbacks.Callback):
    """One log line a round of steps: stage, step, terms, speed, and the time left."""

    def __init__(self, stage: str, total_steps: int, steps_per_epoch: int):
        super().__init__()
        self._stage = stage
        self._total_steps = total_steps
        self._steps_per_epoch = steps_per_epoch

    def on_train_begin(self, logs: dict | None = None):
        self._last = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        now, step = time.monotonic(), (epoch + 1) * self._steps_per_epoch
        # The first round traces the graph, so it says nothing about the speed of the others.
        eta = ""
        if self._last is not None:
            seconds = (now - self._last) / self._steps_per_epoch
            left = int(seconds * max(self._total_steps - step, 0))
            eta = f"  {seconds * 1000:.0f} ms/step  {left // 60}:{left % 60:02d} left"
        self._last = now
        terms = "  ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        _LOG.info("%s %d/%d  %s%s", self._stage, step, self._total_steps, terms, eta)


class Scalars(tf_keras.callbacks.Callback):
    """Writes the loss terms, the learning rate and further figures to TensorBoard.

    The figures join `logs`, for the callbacks that follow.
    """

    def __init__(
        self,
        writer: tf.summary.SummaryWriter,
        steps_per_epoch: int,
        figures: Callable[[], dict[str, float]] | None = None,
        figures_every: int = 1,
    ):
        super().__init__()
        self._writer = writer
        self._steps_per_epoch = steps_per_epoch
        self._figures = figures
        self._figures_every = figures_every

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        logs = {} if logs is None else logs
        values = {f"loss/{name}": value for name, value in logs.items()}
        rate = self.model.optimizer.learning_rate
        values["learning_rate"] = float(tf.convert_to_tensor(rate))
        if self._figures is not None and (epoch + 1) % self._figures_every == 0:
            figures = self._figures()
            values.update(figures)
            logs.update(figures)
        with self._writer.as_default(step=(epoch + 1) * self._steps_per_epoch):
            for name, value in values.items():
                tf.summary.scalar(name, value)


class Samples(tf_keras.callbacks.Callback):
    """Writes contact sheets to TensorBoard and to the run folder, and coefficient histograms."""

    def __init__(
        self,
        writer: tf.summary.SummaryWriter,
        folder: pathlib.Path,
        stage: str,
        steps_per_epoch: int,
        every: int,
        draw: Callable[[], tuple[np.ndarray, Coefficients]],
    ):
        """Args:
        writer, folder, stage: where samples go.
        steps_per_epoch, every: a sample each `every` rounds of `steps_per_epoch` steps.
        draw: makes a contact sheet uint8 [H, W, 3] and the coefficients of many photographs.
        """
        super().__init__()
        self._writer = writer
        self._folder = folder
        self._stage = stage
        self._steps_per_epoch = steps_per_epoch
        self._every = every
        self._draw = draw

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        if (epoch + 1) % self._every and epoch + 1 != self.params["epochs"]:
            return
        step = (epoch + 1) * self._steps_per_epoch
        sheet, coefficients = self._draw()
        write_bytes(self._folder / f"{self._stage}_{step:06d}.jpg", jpeg(sheet))
        with self._writer.as_default(step=step):
            tf.summary.image("faces", sheet[None])
            for name, values in coefficients._asdict().items():
                tf.summary.histogram(f"coefficients/{name}", values)


class Checkpoints(tf_keras.callbacks.Callback):
    """Saves network, optimizer and step every so many rounds and at the end of the stage."""

    def __init__(
        self, folder: pathlib.Path, network: tf_keras.Model, steps_per_epoch: int, every: int
    ):
        super().__init__()
        self._folder = folder
        self._network = network
        self._steps_per_epoch = steps_per_epoch
        self._every = every
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False, name="step")

    def restore(self, optimizer: tf_keras.optimizers.Optimizer) -> int:
        """Restores the newest checkpoint, and returns its step; 0 if there is none.

        Raises:
          ValueError: the checkpoint is damaged or of another network.
        """
        # "decoder" is what it is called in the checkpoints of all runs so far.
        checkpoint = tf.train.Checkpoint(
            decoder=self._network, optimizer=optimizer, step=self._step
        )
        self._manager = tf.train.CheckpointManager(checkpoint, str(self._folder), max_to_keep=2)
        latest = self._manager.latest_checkpoint
        if latest is None:
            return 0
        try:
            # The optimizer's slots exist only after its first step, or once built.
            optimizer.build(self._network.trainable_variables)
            checkpoint.restore(latest).assert_existing_objects_matched()
        except (tf.errors.OpError, AssertionError, ValueError) as error:
            line = str(error).splitlines()[0]
            raise ValueError(
                f"{latest}: cannot be restored ({line}); remove it to resume from an earlier "
                "checkpoint, or start anew with --resume=never"
            ) from error
        return int(self._step)

    def on_epoch_end(self, epoch: int, logs: dict | None = None):
        if (epoch + 1) % self._every and epoch + 1 != self.params["epochs"]:
            return
        self._step.assign((epoch + 1) * self._steps_per_epoch)
        self._manager.save(checkpoint_number=int(self._step))
