"""What every frozen recognition network promises to those who hold one."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from model import identity


@pytest.fixture(name="network", scope="module", params=["openvino_ir", "nn2"])
def _network(request):
    if request.param == "openvino_ir":
        return identity.load("openvino_ir")
    return identity.load("nn2", "random", width=0.125, image_size=64)


def test_shapes_and_unit_norm(network):
    size = network.image_size
    result = network(tf.random.stateless_uniform([3, size, size, 3], [5, 6]))
    assert result.features.shape == (3, network.feature_size)
    assert result.embedding.shape == (3, network.embedding_size)
    np.testing.assert_allclose(np.linalg.norm(result.embedding, axis=1), 1, atol=1e-5)


def test_a_model_that_holds_it_neither_trains_nor_saves_it(network, tmp_path):
    class Holder(tf_keras.Model):
        def __init__(self):
            super().__init__()
            self.network = network
            self.dense = tf_keras.layers.Dense(2)

        def call(self, images):
            return self.dense(self.network(images).features)

    size = network.image_size
    holder = Holder()
    holder(tf.zeros([1, size, size, 3]))
    assert len(holder.weights) == 2
    checkpoint = tf.train.Checkpoint(holder).save(str(tmp_path / "model"))
    names = [name for name, _ in tf.train.list_variables(checkpoint)]
    assert not [name for name in names if "network" in name]


def test_an_image_does_not_depend_on_its_batch(network):
    size = network.image_size
    images = tf.random.stateless_uniform([4, size, size, 3], [7, 8])
    together = network(images).embedding
    for index in range(4):
        alone = network(images[index : index + 1]).embedding
        np.testing.assert_allclose(alone[0], together[index], atol=1e-5)


def test_wrong_size_is_refused(network):
    with pytest.raises((ValueError, TypeError)):
        network(tf.zeros([1, 20, 20, 3]))


def test_crop_of_another_size_is_refused():
    crop = identity.Crop(100, (0, 1), ((30.0, 40.0), (70.0, 40.0)))
    with pytest.raises(ValueError, match="100 pixels wide, but the network takes 128"):
        identity.load("openvino_ir", crop=crop)


def test_unknown_name():
    with pytest.raises(ValueError, match="'nn3' is not among nn2, openvino_ir"):
        identity.load("nn3")
