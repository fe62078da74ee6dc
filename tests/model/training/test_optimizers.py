"""Optimizers and their schedules: known learning rates, and known steps."""

import numpy as np
import pytest
import tensorflow as tf

from model.training.optimizer_options import OptimizerOptions
from model.training.optimizers import make_optimizer, make_schedule


def _rates(steps, **options):
    schedule = make_schedule(OptimizerOptions(**options), 0.5, 100)
    return [float(schedule(step)) for step in steps]


def test_a_cosine_falls_to_a_hundredth():
    middle = 0.5 * (0.01 + 0.99 * 0.5)
    assert _rates([0, 50, 100]) == pytest.approx([0.5, middle, 0.005])


def test_a_constant_rate_stays():
    assert _rates([0, 50, 100, 200], schedule="constant") == pytest.approx([0.5] * 4)


@pytest.mark.parametrize("schedule, last", [("cosine", 0.005), ("constant", 0.5)])
def test_a_warmup_rises_from_zero_and_the_schedule_follows(schedule, last):
    rates = _rates([0, 5, 20, 100], schedule=schedule, warmup_steps=20)
    assert rates == pytest.approx([0.0, 0.125, 0.5, last])


def test_a_warmup_may_be_longer_than_the_stage():
    assert _rates([50, 100], warmup_steps=200) == pytest.approx([0.125, 0.25])


def _step(gradients, start, **options):
    """Makes one step from weights of these values; returns them."""
    weights = [tf.Variable(np.float32(value), name=name) for name, value in start.items()]
    optimizer = make_optimizer(OptimizerOptions(schedule="constant", **options), 0.5, 100)
    optimizer.build(weights)
    optimizer.apply_gradients(zip(map(tf.constant, gradients), weights, strict=True))
    return [float(weight.numpy()) for weight in weights]


def test_gradients_are_shortened_together():
    steps = _step([6.0, 8.0], {"a": 0.0, "b": 0.0}, name="sgd", momentum=0.0, clip_norm=5.0)
    assert steps == pytest.approx([-1.5, -2.0])
    steps = _step([6.0, 8.0], {"a": 0.0, "b": 0.0}, name="sgd", momentum=0.0)
    assert steps == pytest.approx([-3.0, -4.0])


def test_adamw_takes_a_part_of_matrices_off_and_nothing_of_biases():
    start = {"kernel": 1.0, "bias": 1.0}
    assert _step([0.0, 0.0], start, name="adamw", decay=0.1) == pytest.approx([0.95, 1.0])
    assert _step([0.0, 0.0], start, name="adam") == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", "lion"),
        ("schedule", "linear"),
        ("momentum", 1.0),
        ("weight_average", 1.0),
        ("warmup_steps", -1),
        ("clip_norm", 0.0),
    ],
)
def test_a_wrong_option_is_named(field, value):
    with pytest.raises(ValueError, match=field):
        OptimizerOptions(**{field: value})
