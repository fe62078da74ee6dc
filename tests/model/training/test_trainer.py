"""A stage ends at its last step, however it gets there, and keeps nothing that is spoilt."""

import functools
import os
import re
import signal

import numpy as np
import pytest
import tensorflow as tf

from model.training.cadence import Cadence
from model.training.checkpoints import Checkpoints
from model.training.early_stop import EarlyStop
from model.training.non_finite import NonFiniteError
from model.training.preemption import Preempted
from model.training.trainer import train_stage
from model.training.validation import Validation
from tests.model.training.line_fit import LineFit, get_slope, make_network, make_stage


class _Killed(Exception):
    pass


def _train(folder, stage, cadence=Cadence(), validation=Validation()):
    """Trains a new network; returns its slope, and the steps whose batches it saw."""
    models = []

    def make_model():
        models.append(LineFit(make_network()))
        return models[0]

    train_stage(stage, make_model, folder, tf.distribute.get_strategy(), cadence, validation)
    return get_slope(models[0].trained), models[0].seen


def _kill_at(step, monkeypatch):
    """Kills the training after the checkpoint of a step."""
    save = Checkpoints.save

    def save_and_die(self, saved_step):
        save(self, saved_step)
        if saved_step == step:
            raise _Killed

    monkeypatch.setattr(Checkpoints, "save", save_and_die)


def _saved(folder):
    return sorted(int(path.stem[5:]) for path in folder.glob("checkpoints/line/ckpt-*.index"))


@pytest.fixture(name="whole", scope="module")
def _whole(tmp_path_factory):
    """What an uninterrupted stage of 23 steps ends with."""
    slope, seen = _train(tmp_path_factory.mktemp("whole"), make_stage(23))
    assert seen == list(range(23)) and slope > 0.5
    return slope


@pytest.mark.parametrize(
    "cadence",
    [Cadence(1, 1, 1), Cadence(3, 5, 7), Cadence(10, 4, 6), Cadence(50, 1000, 23), Cadence(22, 2)],
)
def test_cadence_changes_nothing(tmp_path, whole, cadence):
    slope, seen = _train(tmp_path, make_stage(23), cadence)
    assert seen == list(range(23))
    assert slope == pytest.approx(whole, rel=1e-6)
    assert _saved(tmp_path)[-1] == 23


@pytest.mark.parametrize("killed_at", [2, 6, 22])
@pytest.mark.parametrize("later", [Cadence(1, 1, 1), Cadence(400, 400, 400), Cadence(7, 5, 3)])
def test_resumed_with_another_cadence_it_makes_the_same_steps(
    tmp_path, whole, killed_at, later, monkeypatch
):
    with monkeypatch.context() as patch, pytest.raises(_Killed):
        _kill_at(killed_at, patch)
        _train(tmp_path, make_stage(23), Cadence(log=3, checkpoint=2))
    slope, seen = _train(tmp_path, make_stage(23), later)
    assert seen == list(range(killed_at, 23))
    assert slope == pytest.approx(whole, rel=1e-6)


def test_a_stage_stopped_at_750_of_800_makes_the_last_50(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO")
    with monkeypatch.context() as patch, pytest.raises(_Killed):
        _kill_at(750, patch)
        _train(tmp_path, make_stage(800), Cadence(log=50, checkpoint=250))
    _, seen = _train(tmp_path, make_stage(800), Cadence(log=400, checkpoint=250))
    assert seen == list(range(750, 800))
    assert "line: going on at step 750" in caplog.text and "line 800/800" in caplog.text


def test_a_complete_stage_is_not_trained_again(tmp_path, caplog):
    caplog.set_level("INFO")
    slope, _ = _train(tmp_path, make_stage(5))
    again, seen = _train(tmp_path, make_stage(5))
    assert seen == [] and again == slope
    assert "line: complete at step 5" in caplog.text


def test_a_damaged_checkpoint_costs_the_steps_since_the_one_before(tmp_path, whole):
    _train(tmp_path, make_stage(23), Cadence(checkpoint=10))
    data = tmp_path / "checkpoints" / "line" / "ckpt-23.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-9])
    slope, seen = _train(tmp_path, make_stage(23), Cadence(checkpoint=10))
    assert seen == [20, 21, 22]
    assert slope == pytest.approx(whole, rel=1e-6)


def test_nothing_is_kept_of_a_network_that_is_spoilt(tmp_path):
    """The best network, the sheet and the checkpoint of the step would all be written here."""
    kept = []
    stop = EarlyStop(tmp_path / "best.json", "slope", lambda: kept.append(1), 100)

    def measure():
        kept.append(2)
        return {"slope": 1.0}

    with pytest.raises(NonFiniteError) as error:
        stage = make_stage(20, bad_step=9)
        _train(tmp_path, stage, Cadence(5, 5, 10), Validation(measure, stop))
    assert str(error.value) == (
        "the loss term loss is not finite at or before step 10 of line; begin a new run, with a "
        "lower --learning_rate and another --output_dir"
    )
    assert kept == [] and _saved(tmp_path) == [5]
    kernel = "decoder/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    assert np.isfinite(tf.train.load_variable(str(tmp_path / "checkpoints" / "line"), kernel)).all()


def test_a_gradient_that_spoils_the_weights_is_found_before_they_are_saved(tmp_path):
    """The loss of the step itself is finite."""

    class Spoiler(LineFit):
        def train_step(self, batch):
            results = super().train_step(batch)
            spoilt = tf.where(self.optimizer.iterations == 4, float("nan"), 0.0)
            self.trained.trainable_variables[0].assign_add([[spoilt]])
            return results

    def make_model():
        return Spoiler(make_network())

    with pytest.raises(NonFiniteError, match="the loss is finite, but the variable .*kernel"):
        strategy = tf.distribute.get_strategy()
        train_stage(make_stage(8), make_model, tmp_path, strategy, Cadence(4, 2, 8))
    assert _saved(tmp_path) == [2]


def test_the_early_stop_gets_the_metrics_and_ends_the_stage_with_a_checkpoint(tmp_path):
    values = iter([0.6, 0.9, 0.8, 0.7])
    kept = []
    stop = EarlyStop(tmp_path / "best.json", "score", lambda: kept.append(1), patience=4)
    validation = Validation(lambda: {"score": next(values)}, stop)
    _, seen = _train(tmp_path, make_stage(40), Cadence(50, 50, 2), validation)
    assert seen == list(range(8)) and len(kept) == 2
    assert _saved(tmp_path) == [8]
    # A run that is resumed after its early stop does not train.
    again = EarlyStop(tmp_path / "best.json", "score", lambda: None, patience=4)
    _, seen = _train(tmp_path, make_stage(40), Cadence(), Validation(dict, again))
    assert seen == []


def test_a_validation_that_was_killed_before_its_checkpoint_is_done_again(tmp_path):
    """The early stop hears of each validation once more rather than never."""
    validated = []

    def stage_with(kill):
        def measure():
            validated.append(len(validated))
            if kill and len(validated) == 3:
                raise _Killed
            return {"score": 0.0}

        stop = EarlyStop(tmp_path / "best.json", "score", lambda: None, patience=100)
        return _train(tmp_path, make_stage(8), Cadence(8, 2, 2), Validation(measure, stop))

    with pytest.raises(_Killed):
        stage_with(kill=True)
    _, seen = stage_with(kill=False)
    assert seen == [4, 5, 6, 7] and len(validated) == 3 + 2


def test_an_early_stop_needs_metrics(tmp_path):
    stop = EarlyStop(tmp_path / "best.json", "score", lambda: None, patience=4)
    with pytest.raises(ValueError, match="an early stop needs `measure`"):
        Validation(early_stop=stop)


def test_terms_are_means_since_they_were_logged_last(tmp_path, caplog):
    """A checkpoint between two lines of progress does not cut the mean short."""
    caplog.set_level("INFO")

    def losses(folder, cadence):
        caplog.clear()
        _train(folder, make_stage(12), cadence)
        return [float(x) for x in re.findall(r"line \d+/12  loss (\S+)", caplog.text)]

    single = losses(tmp_path / "a", Cadence(1, 12, 12))
    fours = losses(tmp_path / "b", Cadence(4, 3, 12))
    np.testing.assert_allclose(fours, np.reshape(single, [3, 4]).mean(axis=1), rtol=2e-3)


def test_a_stage_that_is_asked_to_stop_saves_after_the_step_and_goes_on_exactly(tmp_path, whole):
    before = signal.getsignal(signal.SIGTERM)

    class Asked(LineFit):
        def train_step(self, batch):
            def ask(step):
                if step == 7:
                    os.kill(os.getpid(), signal.SIGTERM)

            tf.py_function(ask, [batch["step"][0]], [])
            return super().train_step(batch)

    make_model = functools.partial(Asked, make_network())
    with pytest.raises(Preempted, match="line was asked to stop .* after step 8, whose checkpoint"):
        train_stage(make_stage(23), make_model, tmp_path, tf.distribute.get_strategy())
    assert _saved(tmp_path) == [8] and signal.getsignal(signal.SIGTERM) == before
    slope, seen = _train(tmp_path, make_stage(23))
    assert seen == list(range(8, 23))
    assert slope == pytest.approx(whole, rel=1e-6)


def test_a_stage_traces_its_step_once(tmp_path):
    traced = []

    class Counted(LineFit):
        def train_step(self, batch):
            traced.append(1)
            return super().train_step(batch)

    strategy = tf.distribute.get_strategy()
    make_model = functools.partial(Counted, make_network())
    train_stage(make_stage(23), make_model, tmp_path, strategy, Cadence(2, 3, 5))
    assert len(traced) == 1


def test_replicas_share_the_batches_of_one_stream(tmp_path, whole):
    # TensorFlow remembers the shapes of collective operations by their numbers for the life of a
    # process, and each strategy begins to count anew: strategies of other tests would be disturbed.
    one_device = tf.distribute.ReductionToOneDevice()
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], one_device)

    class HalfLoss(LineFit):
        """Each replica's share of the loss; this model knows nothing of replicas else."""

        def train_step(self, batch):
            half = tf.cast(tf.shape(batch["x"])[0], tf.float32) / 4.0
            with tf.GradientTape() as tape:
                errors = tf.square(self.trained(batch["x"]) - batch["y"])
                loss = tf.reduce_mean(errors) * half
            variables = self.trained.trainable_variables
            gradients = tape.gradient(loss, variables)
            self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
            self._loss.update_state(errors)
            return {"loss": self._loss.result()}

    models = []

    def make_model():
        models.append(HalfLoss(make_network()))
        return models[0]

    train_stage(make_stage(23), make_model, tmp_path, strategy, Cadence(5, 4, 6))
    assert get_slope(models[0].trained) == pytest.approx(whole, rel=1e-5)
    assert _saved(tmp_path)[-1] == 23
