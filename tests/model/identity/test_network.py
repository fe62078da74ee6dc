"""Every frozen recognition network keeps the promises of its interface."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from model import identity
from model.crop import Crop
from model.identity.network import IdentityNetwork
from model.identity.networks import nn2
from model.identity.networks.nn2 import NN2

_SMALL = {
    "nn2": {"width": 0.125, "image_size": 64},
    "nn2 with batch normalization": {"width": 0.125, "image_size": 64, "batch_normalization": True},
    "nn4_small2": {"width": 0.125},
    "inception_resnet_v1": {"width": 1 / 16, "image_size": 96},
    "inception_resnet_v1 of 2017": {"width": 1 / 16, "image_size": 96, "pixels": "prewhiten"},
    "vgg_face": {"width": 1 / 32},
}


@pytest.fixture(name="network", scope="module", params=["openvino_ir", *_SMALL])
def _network(request):
    if request.param == "openvino_ir":
        return identity.load("openvino_ir")
    return identity.load(request.param.split()[0], "random", **_SMALL[request.param])


def test_shapes_and_unit_norm(network):
    size = network.image_size
    result = network(tf.random.stateless_uniform([3, size, size, 3], [5, 6]))
    assert result.features.shape == (3, network.feature_size)
    assert result.embedding.shape == (3, network.embedding_size)
    np.testing.assert_allclose(np.linalg.norm(result.embedding, axis=1), 1, atol=1e-5)


def test_gradient_is_finite_on_flat_images(network):
    """On such images pools see only zeros, and a deviation or a norm may be 0."""
    size = network.image_size
    images = tf.reshape([0.0, 0.5, 1.0], [3, 1, 1, 1]) * tf.ones([1, size, size, 3])

    @tf.function
    def gradient(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            features, embedding = network(images)
            value = tf.reduce_sum(features[:, :8]) + tf.reduce_sum(embedding[:, :8])
        return tape.gradient(value, images)

    assert np.all(np.isfinite(gradient(images)))


def test_gradient_is_finite_where_the_embedding_is_zero():
    settings = nn2.Nn2Settings(image_size=64, width=0.05)
    weights = NN2.random_weights(settings)
    weights["embedding/kernel"] *= 0
    network = IdentityNetwork("nn2", NN2.build(weights, settings), "penultimate")
    images = tf.random.stateless_uniform([2, 64, 64, 3], [5, 6])
    with tf.GradientTape() as tape:
        tape.watch(images)
        embedding = network(images).embedding
    assert np.all(embedding == 0)
    assert np.all(np.isfinite(tape.gradient(embedding, images)))


def test_gradient_numeric(network):
    """Central differences along the gradient agree with it, but for bends of rectifiers."""
    size = network.image_size
    generator = np.random.default_rng(0)
    image = generator.uniform(0.2, 0.8, (1, size, size, 3)).astype(np.float32)
    target = generator.standard_normal(network.embedding_size).astype(np.float32)

    @tf.function
    def value(image):
        return tf.reduce_sum(network(image).embedding * target)

    image = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(image)
        result = value(image)
    gradient = tape.gradient(result, image)
    step = 1e-3 * gradient / tf.norm(gradient)
    slope = (value(image + step) - value(image - step)) / (2 * tf.norm(step))
    np.testing.assert_allclose(slope, tf.norm(gradient), rtol=0.05)


def test_features_of_named_layers(network):
    """Every network hands out pooled earlier layers, joined with the last."""
    early = "conv1" if "nn" in network.name else "conv1_1"
    early = {"inception_resnet_v1": "Conv2d_1a_3x3", "openvino_ir": "557"}.get(network.name, early)
    options = _SMALL.get(network.name, {})
    weights = None if network.name == "openvino_ir" else "random"
    features = f"pooled:{early},penultimate"
    joined = identity.load(network.name, weights, features=features, **options)
    assert joined.feature_size > network.feature_size
    assert joined.fingerprint != network.fingerprint


def test_unknown_tensor(network):
    weights = None if network.name == "openvino_ir" else "random"
    with pytest.raises(ValueError, match="no tensor 'conv99'"):
        options = _SMALL.get(network.name, {})
        identity.load(network.name, weights, features="pooled:conv99", **options)


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
    crop = Crop(100, (0, 1), ((30.0, 40.0), (70.0, 40.0)))
    with pytest.raises(ValueError, match="100 pixels wide, but the network takes 128"):
        identity.load("openvino_ir", crop=crop)


def test_unknown_name():
    with pytest.raises(ValueError, match="'nn3' is not among nn2, .*, openvino_ir"):
        identity.load("nn3")


@pytest.mark.parametrize("name", ["nn4_small2", "inception_resnet_v1", "vgg_face"])
def test_without_weights_it_says_how_to_get_them(name, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ValueError, match=f"{name} needs .* model.identity.fetch {name}"):
        identity.load(name)
