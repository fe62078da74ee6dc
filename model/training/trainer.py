"""One stage of training: its steps, and what happens between them."""

import dataclasses
import functools
import logging
import pathlib
from collections.abc import Callable, Iterator

import tensorflow as tf
import tf_keras

from model.training.cadence import Cadence, is_due
from model.training.checkpoints import Checkpoints
from model.training.gradient_norms import make_gradient_norms
from model.training.non_finite import NonFiniteError, check_finite
from model.training.stage_log import StageLog
from model.training.validation import Validation

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Stage:
    """A part of a run with a length, a learning rate and batches of its own (section 3.3).

    Attributes:
      name: names the stage in messages and its folders in the run.
      steps: the number of its steps.
      learning_rate: that of Adam at the first step; it falls to a hundredth along a cosine.
      batches: makes the endless dataset of the stage from the step to begin at.
      learning_rate_flag: the flag that sets the learning rate, for a message.
    """

    name: str
    steps: int
    learning_rate: float
    batches: Callable[[int], tf.data.Dataset]
    learning_rate_flag: str = "learning_rate"


def train_stage(
    stage: Stage,
    make_model: Callable[[], tf_keras.Model],
    run_folder: pathlib.Path,
    strategy: tf.distribute.Strategy,
    cadence: Cadence = Cadence(),
    validation: Validation = Validation(),
) -> None:
    """Trains until the last step of a stage, from its newest checkpoint if there is one.

    Args:
      stage: what to do.
      make_model: called in the strategy's scope; makes a model with a `train_step`, whose `trained`
        part is what checkpoints hold.
      run_folder: gets checkpoints/<stage>, tensorboard/<stage> and samples.
      strategy: its replicas share each batch.
      cadence: how often to log, to save and to validate.
      validation: what to measure and to draw, and when to stop early.

    Raises:
      NonFiniteError: a loss or a weight is NaN or infinite; the last good checkpoint stays.
      OSError: a file cannot be written.
      ValueError: there are checkpoints, but none of them can be restored.
    """
    with strategy.scope():
        model = make_model()
        rate = tf_keras.optimizers.schedules.CosineDecay(
            stage.learning_rate, stage.steps, alpha=0.01
        )
        model.compile(optimizer=tf_keras.optimizers.Adam(rate))
        folder = run_folder / "checkpoints" / stage.name
        checkpoints = Checkpoints(folder, model.trained, model.optimizer)
        step = checkpoints.restore()
        if step >= stage.steps or validation.stopped:
            _LOG.info("%s: complete at step %d", stage.name, step)
            return
        if step:
            _LOG.info("%s: going on at step %d", stage.name, step)
        with StageLog(run_folder, stage.name, stage.steps) as log:
            _Training(stage, model, checkpoints, cadence, validation, log).run(step)


@dataclasses.dataclass(frozen=True)
class _Training:
    """The steps of a stage, and what happens between them."""

    stage: Stage
    model: tf_keras.Model
    checkpoints: Checkpoints
    cadence: Cadence
    validation: Validation
    log: StageLog

    def run(self, step: int) -> None:
        """Trains from a step to the last one, or until the early stop."""
        if step == 0 and self.cadence.gradient_norms is not None:
            self._measure_gradients(step)
        batches = self._batches(step)
        train_step = self.model.make_train_function()
        self.model.reset_metrics()
        while step < self.stage.steps and not self.validation.stopped:
            event = self.cadence.next_event(step, self.stage.steps)
            for _ in range(event - step):
                terms = train_step(batches)
            step = event
            self._between_steps(step, {name: float(value) for name, value in terms.items()})

    def _batches(self, step: int) -> Iterator:
        return iter(_distributed(self.stage.batches(step), self.model.distribute_strategy))

    def _between_steps(self, step: int, terms: dict[str, float]) -> None:
        """Does what is due after a step, in an order that matters."""
        # Nothing is kept of a network that is spoilt.
        self._check_finite(step, terms)
        if self._is_due(self.cadence.log, step):
            self.log.progress(step, terms)
            self.log.scalars(step, self._scalars(terms))
            # The next terms are means of the steps that follow.
            self.model.reset_metrics()
        if self._is_due(self.cadence.gradient_norms, step):
            self._measure_gradients(step)
        # A run that is killed before the checkpoint validates this step again. After the
        # checkpoint, the early stop would never hear of it.
        if self._is_due(self.cadence.validation, step):
            self.validation.run(step, self.log)
        if self._is_due(self.cadence.checkpoint, step) or self.validation.stopped:
            self.checkpoints.save(step)

    def _measure_gradients(self, step: int) -> None:
        # The batch comes from an iterator of its own, since that of the training must not miss it.
        norms = self._gradient_norms(self._batches(step))
        self.log.gradient_norms(step, {name: float(norm) for name, norm in norms.items()})

    @functools.cached_property
    def _gradient_norms(self) -> Callable[[Iterator], dict[str, tf.Tensor]]:
        return make_gradient_norms(self.model)

    def _is_due(self, every: int | None, step: int) -> bool:
        return is_due(every, step, self.stage.steps)

    def _check_finite(self, step: int, terms: dict[str, float]) -> None:
        # A term and the same term as it is weighted are one thing to a reader.
        terms = {name: value for name, value in terms.items() if "/" not in name}
        try:
            check_finite(terms, self.checkpoints.variables)
        except NonFiniteError as error:
            raise NonFiniteError(
                f"{error} at or before step {step} of {self.stage.name}; begin a new run, with a "
                f"lower --{self.stage.learning_rate_flag} and another --output_dir"
            ) from None

    def _scalars(self, terms: dict[str, float]) -> dict[str, float]:
        rate = float(tf.convert_to_tensor(self.model.optimizer.learning_rate))
        return {f"loss/{name}": value for name, value in terms.items()} | {"learning_rate": rate}


def _distributed(
    batches: tf.data.Dataset, strategy: tf.distribute.Strategy
) -> tf.data.Dataset | tf.distribute.DistributedDataset:
    """Lets all replicas split the one stream of batches; sharding would skip some of it."""
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return strategy.experimental_distribute_dataset(batches.with_options(options))
