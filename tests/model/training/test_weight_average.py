"""The moving average of weights: a known average, and a stage that keeps it."""

import numpy as np
import pytest
import tensorflow as tf

from model.training import trainer
from model.training.cadence import Cadence
from model.training.checkpoints import Checkpoints
from model.training.optimizer_options import OptimizerOptions
from model.training.trainer import Stage, train_stage
from model.training.validation import Validation
from model.training.weight_average import WeightAverage
from tests.model.training.line_fit import LineFit, get_slope, make_network, make_stage

DECAY = 0.8


def _naive(values):
    """Weights each value by how long ago it was."""
    factors = DECAY ** np.arange(len(values))[::-1]
    return float(np.sum(factors * values) / np.sum(factors))


def _average_of(values, strategy):
    with strategy.scope():
        weight = tf.Variable([100.0])
        average = WeightAverage([weight], DECAY)
        for value in values:
            weight.assign([value])
            average.update()
        return weight, average


def test_it_is_the_weighted_mean_of_the_steps_and_not_of_the_beginning():
    values = [3.0, -1.0, 2.0]
    one_device = tf.distribute.ReductionToOneDevice()
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], one_device)
    for strategy in (tf.distribute.get_strategy(), two):
        weight, average = _average_of(values, strategy)
        average.assign()
        assert weight.numpy()[0] == pytest.approx(_naive(values), rel=1e-5)


def test_weights_come_back_after_a_block_that_fails():
    weight, average = _average_of([3.0, -1.0], tf.distribute.get_strategy())
    with pytest.raises(KeyError), average.applied():
        assert weight.numpy()[0] == pytest.approx(_naive([3.0, -1.0]))
        raise KeyError
    assert weight.numpy()[0] == -1.0


def test_an_average_of_no_step_changes_nothing():
    weight, average = _average_of([], tf.distribute.get_strategy())
    average.assign()
    assert weight.numpy()[0] == 100.0


def _stage(steps):
    stage = make_stage(steps)
    options = OptimizerOptions(weight_average=DECAY)
    return Stage(stage.name, steps, stage.learning_rate, stage.batches, optimizer=options)


def _train(folder, steps, cadence=Cadence(), measure=None):
    models = []

    def make_model():
        models.append(LineFit(make_network()))
        return models[0]

    validation = Validation(measure and (lambda: measure(models[0])))
    strategy = tf.distribute.get_strategy()
    train_stage(_stage(steps), make_model, folder, strategy, cadence, validation)
    return get_slope(models[0].trained)


def test_the_average_is_validated_and_left_and_training_goes_on_with_the_weights(tmp_path):
    slopes, validated = [], []
    update = WeightAverage.update

    def see(self):
        update(self)
        slopes.append(float(self._weights[0].numpy().item()))

    def measure(model):
        validated.append(get_slope(model.trained))
        return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer.WeightAverage, "update", see)
        left = _train(tmp_path, 12, Cadence(validation=4), measure)
    assert left == pytest.approx(_naive(slopes), rel=1e-5)
    expected = [_naive(slopes[:count]) for count in (4, 8, 12)]
    assert validated == pytest.approx(expected, rel=1e-5)
    assert abs(left - slopes[-1]) > 0.01


def test_a_resumed_average_is_that_of_the_whole_run(tmp_path):
    whole = _train(tmp_path / "whole", 12)
    save = Checkpoints.save

    def save_and_die(self, step):
        save(self, step)
        if step == 8:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoints, "save", save_and_die)
        _train(tmp_path / "cut", 12, Cadence(checkpoint=4))
    assert _train(tmp_path / "cut", 12) == pytest.approx(whole, rel=1e-6)
    # A complete stage leaves the average too.
    assert _train(tmp_path / "cut", 12) == pytest.approx(whole, rel=1e-6)
