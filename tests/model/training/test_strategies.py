"""Strategies and processes, as far as one process shows them; several are in test_train_script."""

import json

import numpy as np
import pytest
import tensorflow as tf

from model.training import strategies
from model.training.strategies import make_strategy
from model.training.workers import Workers, cluster_size


def _cluster(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)


def test_the_processes_of_a_cluster_are_counted(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert cluster_size() == 1
    for cluster, size in (
        ({}, 1),
        ({"worker": ["a:1"]}, 1),
        ({"worker": ["a:1", "b:1"]}, 2),
        ({"chief": ["a:1"], "worker": ["b:1", "c:1"], "evaluator": ["d:1"]}, 3),
    ):
        _cluster(monkeypatch, json.dumps({"cluster": cluster}))
        assert cluster_size() == size


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"cluster": {"worker": 3}}'])
def test_a_cluster_that_cannot_be_read_is_named(monkeypatch, text):
    _cluster(monkeypatch, text)
    with pytest.raises(ValueError, match="TF_CONFIG describes no cluster"):
        make_strategy("auto")
    # Who asks for one device is not bothered.
    assert make_strategy("one_device") is tf.distribute.get_strategy()


def test_several_processes_need_a_cluster(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="--strategy=multi_worker .* names no more than one"):
        make_strategy("multi_worker")


def test_one_process_is_its_own_chief():
    workers = Workers(tf.distribute.get_strategy())
    assert (workers.index, workers.count, workers.is_chief) == (0, 1, True)
    assert workers.sum(3) == workers.chiefs(3) == 3.0
    workers.check_alike(7.0, "no")
    with workers.chief_first():
        pass


def test_a_lost_partner_is_explained_and_other_errors_are_not():
    workers = Workers(tf.distribute.get_strategy())
    lost = tf.errors.UnavailableError(None, None, "gone")
    with pytest.raises(tf.errors.UnavailableError), workers.clear_errors():
        raise lost
    workers.count = 2
    message = "worker 0: another worker has stopped"
    with pytest.raises(ConnectionError, match=message), workers.clear_errors():
        raise lost
    with pytest.raises(KeyError), workers.clear_errors():
        raise KeyError


def test_a_batch_of_a_process_is_divided_among_its_devices_in_order():
    batches = tf.data.Dataset.from_tensors({"x": tf.range(5), "y": tf.range(4)}).repeat(2)
    parts = list(strategies._split(batches, 2))
    assert [part["x"].numpy().tolist() for part in parts] == [[0, 1], [2, 3, 4]] * 2
    assert [len(part["y"]) for part in parts] == [2, 2] * 2
    whole = next(iter(strategies._split(batches, 1)))
    np.testing.assert_array_equal(whole["x"], np.arange(5))
