"""NN2 in training: it is the frozen network's equal, learns, and resumes."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from model import identity
from model.identity.networks.nn2 import NN2, Nn2Settings
from model.training.cadence import Cadence
from model.training.trainer import Stage, train_stage
from model.training.validation import Validation
from model.triplet_trainer import TrainableNn2, TripletTrainer, embed

_SETTINGS = Nn2Settings(image_size=32, width=0.05, batch_normalization=True)


def _batches(first_step=0, people=4, images=3):
    """People are colors, their images are noise around them."""

    def batch(step):
        seed = tf.stack([step, tf.constant(7, tf.int64)])
        colors = tf.random.stateless_uniform([people, 1, 1, 1, 3], seed, 0.2, 0.8)
        noise = tf.random.stateless_normal([people, images, 32, 32, 3], seed, 0.0, 0.1)
        return {
            "images": tf.reshape(colors + noise, [-1, 32, 32, 3]),
            "identity": tf.repeat(tf.range(people), images),
        }

    return tf.data.Dataset.range(first_step, 10**9).map(batch)


def _train(folder, network, measure=None):
    train_stage(
        Stage("recognizer", 8, 1e-3, _batches),
        lambda: TripletTrainer(network),
        folder,
        tf.distribute.get_strategy(),
        Cadence(log=2, checkpoint=2, validation=2),
        Validation(measure),
    )


@pytest.mark.parametrize("batch_normalization", [True, False])
def test_frozen_network_is_the_trained_one(tmp_path, batch_normalization):
    network = TrainableNn2(Nn2Settings(32, 0.1, batch_normalization), seed=1)
    for name, layer in network._normalizations.items():
        seed = sum(name.encode())
        layer.set_weights(
            [np.random.default_rng(seed).uniform(0.5, 1.5, w.shape) for w in layer.get_weights()]
        )
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    expected = embed(network, images, batch_size=2)
    path = tmp_path / "nn2.npz"
    NN2.save(path, network.weights_by_name(), network.settings)
    frozen = identity.load("nn2", path)(images / np.float32(255)).embedding
    np.testing.assert_allclose(frozen, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(expected, axis=1), 1, atol=1e-5)


def test_training_lowers_the_loss():
    trainer = TripletTrainer(TrainableNn2(_SETTINGS))
    trainer.compile(optimizer=tf_keras.optimizers.Adam(3e-3))
    history = trainer.fit(_batches(), steps_per_epoch=15, epochs=4, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert 0 <= history["active"][-1] <= 1


class _Killed(Exception):
    pass


def test_resumed_run_equals_the_uninterrupted_one(tmp_path):
    whole = TrainableNn2(_SETTINGS)
    _train(tmp_path / "whole", whole)
    calls = iter(range(9))

    def killed_at_the_third():
        if next(calls) == 2:
            raise _Killed
        return {}

    with pytest.raises(_Killed):
        _train(tmp_path / "part", TrainableNn2(_SETTINGS), killed_at_the_third)
    resumed = TrainableNn2(_SETTINGS, seed=5)
    _train(tmp_path / "part", resumed)
    for name, value in whole.weights_by_name().items():
        np.testing.assert_allclose(resumed.weights_by_name()[name], value, atol=1e-6, err_msg=name)
