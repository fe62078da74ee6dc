"""The gradient norms of the terms: known answers, replicas, and what a stage writes of them."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from model.training.cadence import Cadence
from model.training.gradient_norms import Pull, make_gradient_norms, pulls
from model.training.stage_log import StageLog
from model.training.trainer import train_stage
from tests.model.training.line_fit import LineFit, make_network, make_stage


class TwoTerms(LineFit):
    """The slope times the mean of x, and the squared slope: gradients that are known."""

    traced = 0

    def loss_terms(self, batch):
        self.traced += 1
        slope = self.trained.trainable_variables[0][0, 0]
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        return {
            "linear": slope * tf.reduce_sum(batch["x"]) / 4.0,
            "square": tf.square(slope) / replicas,
        }


def _norms(strategy):
    with strategy.scope():
        model = TwoTerms(make_network(slope=3.0))
    x = tf.constant([[1.0], [2.0], [3.0], [6.0]])
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    dataset = tf.data.Dataset.from_tensors({"x": x}).repeat().with_options(options)
    batches = iter(strategy.experimental_distribute_dataset(dataset))
    return {name: float(norm) for name, norm in make_gradient_norms(model)(batches).items()}


def test_norms_are_those_of_the_whole_batch_on_any_number_of_replicas():
    known = {"linear": 3.0, "square": 6.0}
    assert _norms(tf.distribute.get_strategy()) == pytest.approx(known)
    one_device = tf.distribute.ReductionToOneDevice()
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], one_device)
    assert _norms(two) == pytest.approx(known)


def test_shares_add_up_and_the_largest_is_first():
    assert pulls({"a": 1.0, "b": 3.0}) == {"b": Pull(3.0, 0.75), "a": Pull(1.0, 0.25)}
    assert list(pulls({"a": 1.0, "b": 3.0})) == ["b", "a"]
    assert pulls({"a": 0.0}) == {"a": Pull(0.0, 0.0)}


def _train(folder, cadence):
    models = []

    def make_model():
        models.append(TwoTerms(make_network()))
        return models[0]

    train_stage(make_stage(5), make_model, folder, tf.distribute.get_strategy(), cadence)
    return models[0]


def _rows(folder):
    lines = (folder / "gradient_norms" / "line.csv").read_text().splitlines()
    assert lines[0] == "step,term,norm,share"
    return [line.split(",") for line in lines[1:]]


def test_a_stage_measures_at_its_start_its_cadence_and_its_end(tmp_path, caplog):
    caplog.set_level("INFO")
    model = _train(tmp_path, Cadence(gradient_norms=2))
    rows = _rows(tmp_path)
    assert [row[0] for row in rows] == [step for step in "0245" for _ in range(2)]
    shares = np.reshape([float(row[3]) for row in rows], [4, 2])
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-3)
    assert "line 4/5  gradient norms: linear" in caplog.text
    # It takes no batch from the training, whose steps are those of one that is not measured.
    assert model.seen == list(range(5))
    assert float(rows[0][2]) == pytest.approx(1.0, abs=0.5)
    assert model.traced == 1


def test_without_a_cadence_nothing_is_measured(tmp_path):
    _train(tmp_path, Cadence())
    assert not (tmp_path / "gradient_norms").exists()


def test_what_a_resumed_run_measures_again_takes_the_place_of_what_stood_there(tmp_path):
    for steps in ([2, 4, 6], [4, 6]):
        with StageLog(tmp_path, "line", 6) as log:
            for step in steps:
                log.gradient_norms(step, {"a": 10.0 * step + len(steps)})
    assert [(row[0], float(row[2])) for row in _rows(tmp_path)] == [
        ("2", 23.0),
        ("4", 42.0),
        ("6", 62.0),
    ]


def test_measuring_disturbs_no_metric():
    """A term's mean is over the steps that were trained."""
    model = TwoTerms(make_network())
    model.compile(tf_keras.optimizers.SGD(0.0))
    before = float(model.metrics[0].result())
    make_gradient_norms(model)(iter(tf.data.Dataset.from_tensors({"x": tf.ones([4, 1])})))
    assert float(model.metrics[0].result()) == before
