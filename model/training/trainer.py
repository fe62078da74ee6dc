"""One stage of training: its steps, and what happens between them."""

import contextlib
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
from model.training.optimizer_options import OptimizerOptions
from model.training.optimizers import make_optimizer
from model.training.preemption import Preempted, Preemption
from model.training.stage_log import StageLog
from model.training.step_profile import StepProfile
from model.training.strategies import distributed
from model.training.validation import Validation
from model.training.weight_average import WeightAverage
from model.training.workers import Workers

_LOG = logging.getLogger(__name__)
_SHARED = "give all workers an --output_dir in a folder that they share"


@dataclasses.dataclass(frozen=True)
class Stage:
    """A part of a run with a length, a learning rate and batches of its own (section 3.3).

    Attributes:
      name: names the stage in messages and its folders in the run.
      steps: the number of its steps.
      learning_rate: the largest one of the optimizer's schedule.
      batches: makes the endless dataset of the stage from the step to begin at.
      learning_rate_flag: the flag that sets the learning rate, for a message.
      optimizer: how the weights are changed.
      images: how many images a step renders and encodes, for the log.
      profiled_steps: the first and the last step, counted from 1, that are profiled; or None.
    """

    name: str
    steps: int
    learning_rate: float
    batches: Callable[[int], tf.data.Dataset]
    learning_rate_flag: str = "learning_rate"
    optimizer: OptimizerOptions = OptimizerOptions()
    images: int = 0
    profiled_steps: tuple[int, int] | None = None


def train_stage(
    stage: Stage,
    make_model: Callable[[], tf_keras.Model],
    run_folder: pathlib.Path,
    strategy: tf.distribute.Strategy,
    cadence: Cadence = Cadence(),
    validation: Validation = Validation(),
) -> None:
    """Trains until the last step of a stage, from its newest checkpoint if there is one.

    Where several processes train together, the chief alone writes files and validates.

    Where weights are averaged, the average is what is validated, and what the network is left with;
    checkpoints hold both.

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
      Preempted: the process was asked to stop by SIGTERM; a checkpoint is saved.
      ValueError: there are checkpoints, but none of them can be restored.
    """
    workers, preemption = Workers(strategy), Preemption()
    with strategy.scope(), preemption.watched():
        model = make_model()
        model.compile(make_optimizer(stage.optimizer, stage.learning_rate, stage.steps))
        # All replicas give the same: metrics of the whole batch. Keras would add those of several
        # processes up.
        model.distribute_reduction_method = "first"
        average = _make_average(stage.optimizer, model)
        folder = run_folder / "checkpoints" / stage.name
        checkpoints = Checkpoints(folder, model.trained, model.optimizer, average)
        step = checkpoints.restore()
        workers.check_alike(step, f"{folder} is not what the chief has; {_SHARED}")
        if step >= stage.steps or workers.chiefs(validation.stopped):
            _LOG.info("%s: complete at step %d", stage.name, step)
        else:
            if step:
                _LOG.info("%s: going on at step %d", stage.name, step)
            with _open_log(run_folder, stage, workers) as log:
                parts = (model, average, checkpoints, cadence, validation, log)
                profile = _make_profile(run_folder, stage, workers)
                _Training(stage, *parts, workers, preemption, profile).run(step)
        if average:
            average.assign()


def _open_log(run_folder: pathlib.Path, stage: Stage, workers: Workers):
    """The chief's log; the others write none."""
    if workers.is_chief:
        return StageLog(run_folder, stage.name, stage.steps, stage.images)
    return contextlib.nullcontext()


def _make_profile(run_folder: pathlib.Path, stage: Stage, workers: Workers) -> StepProfile:
    """A profile of the chief's steps, as far as the stage has them."""
    steps = stage.profiled_steps if workers.is_chief else None
    if steps is not None:
        steps = (steps[0], min(steps[1], stage.steps))
    return StepProfile(run_folder / "tensorboard" / stage.name, stage.name, steps)


def _make_average(options: OptimizerOptions, model: tf_keras.Model) -> WeightAverage | None:
    if options.weight_average is None:
        return None
    return WeightAverage(model.trained.trainable_variables, options.weight_average)


@dataclasses.dataclass(frozen=True)
class _Training:
    """The steps of a stage, and what happens between them."""

    stage: Stage
    model: tf_keras.Model
    average: WeightAverage | None
    checkpoints: Checkpoints
    cadence: Cadence
    validation: Validation
    log: StageLog | None
    workers: Workers
    preemption: Preemption
    profile: StepProfile

    def run(self, step: int) -> None:
        """Trains from a step to the last one, or until the early stop."""
        if step == 0 and self.cadence.gradient_norms is not None:
            self._measure_gradients(step)
        batches = self._batches(step)
        train_step = self.model.make_train_function()
        self.model.reset_metrics()
        stopped = False
        while step < self.stage.steps and not stopped:
            event = self.cadence.next_event(step, self.stage.steps)
            while step < event:
                with self.profile.around(step + 1):
                    terms = train_step(batches)
                step += 1
                if self.average:
                    self.average.update()
                self._stop_if_asked_to(step)
            values = {name: float(value) for name, value in terms.items()}
            stopped = self._between_steps(step, values)

    def _batches(self, step: int) -> Iterator:
        return distributed(self.stage.batches(step), self.model.distribute_strategy)

    def _between_steps(self, step: int, terms: dict[str, float]) -> bool:
        """Does what is due after a step, in an order that matters; says whether the stage ends."""
        # Nothing is kept of a network that is spoilt.
        self._check_finite(step, terms)
        if self._is_due(self.cadence.log, step):
            if self.log:
                self.log.progress(step, terms)
                self.log.scalars(step, self._scalars(terms))
            # The next terms are means of the steps that follow.
            self.model.reset_metrics()
        if self._is_due(self.cadence.gradient_norms, step):
            self._measure_gradients(step)
        # A run that is killed before the checkpoint validates this step again. After the
        # checkpoint, the early stop would never hear of it.
        stopped = self._is_due(self.cadence.validation, step) and self._validate(step)
        if self._is_due(self.cadence.checkpoint, step) or stopped:
            self._save(step)
        return stopped

    def _validate(self, step: int) -> bool:
        """Validates in the chief, and tells all whether that ends the stage."""
        if self.log:
            with self.average.applied() if self.average else contextlib.nullcontext():
                self.validation.run(step, self.log)
        return bool(self.workers.chiefs(self.validation.stopped))

    def _save(self, step: int) -> None:
        if self.workers.is_chief:
            self.checkpoints.save(step)

    def _stop_if_asked_to(self, step: int) -> None:
        """Saves a checkpoint and stops in all processes, if one of them has been asked to."""
        if not self.workers.sum(self.preemption.requested):
            return
        self._check_finite(step, {})
        self._save(step)
        self.workers.wait()
        raise Preempted(
            f"{self.stage.name} was asked to stop (SIGTERM) and did so after step {step}, whose "
            "checkpoint is saved; start it again to go on"
        )

    def _measure_gradients(self, step: int) -> None:
        # The batch comes from an iterator of its own, since that of the training must not miss it.
        norms = self._gradient_norms(self._batches(step))
        if self.log:
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
