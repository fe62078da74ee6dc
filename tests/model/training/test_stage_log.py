"""What a stage leaves to look at: progress lines, TensorBoard's events, contact sheets."""

import glob

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from model.decoder import Coefficients
from model.training import stage_log
from model.training.stage_log import StageLog
from model.training.validation import Validation


def _events(folder):
    """All values that were written, as {tag: {step: tensor}}."""
    values = {}
    for path in glob.glob(f"{folder}/tensorboard/stage1/events*"):
        for record in tf.data.TFRecordDataset(path):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                values.setdefault(value.tag, {})[event.step] = tf.make_ndarray(value.tensor)
    return values


@pytest.fixture(name="clock")
def _clock(monkeypatch):
    clock = iter([100.0, 110.0, 130.0])
    monkeypatch.setattr(stage_log.time, "monotonic", lambda: next(clock))


def test_progress_lines(tmp_path, clock, caplog):
    caplog.set_level("INFO")
    with StageLog(tmp_path, "stage1", 350) as log:
        log.progress(50, {"loss": 1.23456, "identity": 0.5})
        log.progress(150, {"loss": 1.0})
        log.progress(350, {"loss": 0.5})
    # The time of the first line holds the tracing of the graph. Then 100 steps take 10 seconds.
    assert caplog.messages == [
        "stage1 50/350  loss 1.235  identity 0.5",
        "stage1 150/350  loss 1  100 ms/step  0:20 left",
        "stage1 350/350  loss 0.5  100 ms/step  0:00 left",
    ]


def test_scalars_are_found_by_name_and_step(tmp_path):
    with StageLog(tmp_path, "stage1", 4) as log:
        log.scalars(2, {"loss/identity": 0.25, "learning_rate": 1e-3})
        log.scalars(4, {"loss/identity": 0.5})
    events = _events(tmp_path)
    assert events["loss/identity"] == {2: 0.25, 4: 0.5}
    assert events["learning_rate"][2] == pytest.approx(1e-3)


def test_a_validation_measures_and_draws(tmp_path):
    sheet = np.full([16, 24, 3], 128, np.uint8)
    coefficients = Coefficients(np.zeros([5, 3], np.float32), np.ones([5, 2], np.float32))
    validation = Validation(lambda: {"r_squared": 0.75}, draw=lambda: (sheet, coefficients))
    with StageLog(tmp_path, "stage1", 4) as log:
        validation.run(4, log)
    events = _events(tmp_path)
    assert events["r_squared"] == {4: 0.75}
    assert events["faces"].keys() == {4}
    assert events["coefficients/shape"].keys() == events["coefficients/texture"].keys() == {4}
    with Image.open(tmp_path / "samples" / "stage1_000004.jpg") as image:
        assert image.size == (24, 16)


def test_a_resumed_stage_adds_to_the_events(tmp_path):
    for step in (1, 2):
        with StageLog(tmp_path, "stage1", 4) as log:
            log.scalars(step, {"x": float(step)})
    assert _events(tmp_path)["x"] == {1: 1.0, 2: 2.0}
