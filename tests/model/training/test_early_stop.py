"""The early stop: what counts as better, when it stops, and what it remembers."""

import json
import math

import pytest

from model.training.early_stop import Best, EarlyStop


@pytest.fixture(name="path")
def _path(tmp_path):
    return tmp_path / "best.json"


def _watch(path, values, patience=4, first_step=2):
    """Feeds a value each two steps; returns the stop and the steps at which it saved."""
    saved, now = [], {}
    stop = EarlyStop(path, "auc", lambda: saved.append(now["step"]), patience)
    for step, value in enumerate(values):
        now["step"] = first_step + 2 * step
        stop.update(now["step"], {"auc": value, "accuracy": 0.0})
    return stop, saved


def test_only_what_is_better_is_saved(path):
    stop, saved = _watch(path, [0.6, 0.6, 0.7, 0.65, 0.8])
    assert saved == [2, 6, 10]
    assert stop.best == Best(10, 0.8) and not stop.stopped


def test_it_stops_after_so_many_steps_without_better(path):
    stop, _ = _watch(path, [0.6, 0.9, 0.8])
    assert not stop.stopped
    stop.update(8, {"auc": 0.89})
    assert stop.stopped and stop.best.step == 4


def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(path):
    _watch(path, [0.6, 0.9, 0.8])
    stop, saved = _watch(path, [0.89], first_step=8)
    assert saved == [] and stop.stopped
    assert EarlyStop(path, "auc", lambda: None, 4).best == Best(4, 0.9, True)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_metric_that_is_not_finite_is_no_best(path, bad):
    stop, saved = _watch(path, [bad, 0.5, bad])
    assert saved == [4] and stop.best == Best(4, 0.5)


def test_a_metric_that_is_not_measured_is_named(path):
    with pytest.raises(ValueError, match=r"no 'auc' among the metrics \['loss'\]"):
        EarlyStop(path, "auc", lambda: None, 4).update(2, {"loss": 1.0})


def test_files_of_earlier_versions_are_read(path):
    path.write_text('{"step": 4, "figure": 0.9, "stopped": false}\n')
    assert EarlyStop(path, "auc", lambda: None, 4).best == Best(4, 0.9)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"step": 4}', '{"step": "x", "metric": 1, "stopped": false}']
)
def test_a_damaged_file_is_named_with_a_remedy_that_works(path, text):
    path.write_text(text)
    with pytest.raises(ValueError, match=r"best\.json: is damaged .*remove it to go on"):
        EarlyStop(path, "auc", lambda: None, 4)
    path.unlink()
    _, saved = _watch(path, [0.1])
    assert saved == [2] and json.loads(path.read_text())["metric"] == 0.1
