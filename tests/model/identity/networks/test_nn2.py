"""FaceNet NN2 agrees with its table, and its layers with references."""

import numpy as np
import pytest
import tensorflow as tf

from model import identity
from model.identity.frozen import named_backbone
from model.identity.networks import nn2
from model.identity.networks.nn2 import NN2

# The numbers of weights and biases of each row of Schroff et al. 2015, table 2, recomputed.
_PARAMETERS = {
    "conv1": 9_472,
    "inception_2": 114_944,
    "inception_3a": 163_696,
    "inception_3b": 227_776,
    "inception_3c": 397_792,
    "inception_4a": 545_536,
    "inception_4b": 595_216,
    "inception_4c": 654_112,
    "inception_4d": 722_224,
    "inception_4e": 717_408,
    "inception_5a": 1_588_464,
    "inception_5b": 1_588_464,
    "embedding": 131_200,
}


def test_parameters_of_every_row():
    counts = dict.fromkeys(_PARAMETERS, 0)
    for name, shape in nn2.weight_shapes(nn2.Nn2Settings()).items():
        counts[name.split("/")[0]] += int(np.prod(shape))
    assert counts == _PARAMETERS
    assert sum(counts.values()) == 7_456_304


def test_output_sizes_of_every_row():
    settings = nn2.Nn2Settings()
    layers = nn2.build(NN2.random_weights(settings), settings)
    expected = {
        "conv1": (112, 112, 64),
        "inception_2": (56, 56, 192),
        "inception_3a": (28, 28, 256),
        "inception_3b": (28, 28, 320),
        "inception_3c": (14, 14, 640),
        "inception_4a": (14, 14, 640),
        "inception_4b": (14, 14, 640),
        "inception_4c": (14, 14, 640),
        "inception_4d": (14, 14, 640),
        "inception_4e": (7, 7, 1024),
        "inception_5a": (7, 7, 1024),
        "inception_5b": (7, 7, 1024),
        "avg_pool": (1024,),
    }
    forward = tf.function(layers.bind(frozenset(expected)))
    image = tf.TensorSpec([1, 224, 224, 3], tf.float32)
    tensors, embedding = forward.get_concrete_function(image).structured_outputs
    assert {name: tuple(tensors[name].shape[1:]) for name in expected} == expected
    assert embedding.shape == (1, 128)


def test_local_response_normalization_reference():
    x = 30 * tf.random.stateless_normal([2, 3, 3, 16], [1, 2])
    expected = tf.nn.lrn(x, depth_radius=2, bias=1, alpha=2e-5, beta=0.75)
    np.testing.assert_allclose(named_backbone.local_response_normalization(x), expected, rtol=1e-5)


def test_l2_pool_reference():
    x = np.random.default_rng(0).standard_normal((1, 5, 5, 2)).astype(np.float32)
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]) ** 2
    expected = np.sqrt(sum(padded[:, i : i + 5, j : j + 5] for i in range(3) for j in range(3)))
    np.testing.assert_allclose(named_backbone.l2_pool(tf.constant(x)), expected, rtol=1e-4)


@pytest.mark.parametrize(
    "layer", [named_backbone.l2_pool, named_backbone.local_response_normalization]
)
def test_gradient_at_zero_is_finite(layer):
    x = tf.zeros([1, 4, 4, 3])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    assert np.all(np.isfinite(tape.gradient(y, x)))


def test_gradient_to_flat_images_is_finite():
    network = identity.load("nn2", "random", width=0.125, image_size=64)
    images = tf.reshape([0.0, 0.5, 1.0], [3, 1, 1, 1]) * tf.ones([1, 64, 64, 3])
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = tf.reduce_sum(network(images).embedding[:, :4])
    assert np.all(np.isfinite(tape.gradient(value, images)))


def test_batch_normalization_is_folded():
    settings = nn2.Nn2Settings(64, 0.125, batch_normalization=True)
    weights = NN2.random_weights(settings)
    generator = np.random.default_rng(1)
    for name, value in weights.items():
        if name.endswith(("gamma", "beta", "mean", "variance")):
            weights[name] = generator.uniform(0.5, 1.5, value.shape).astype(np.float32)
    images = tf.random.stateless_uniform([2, 64, 64, 3], [3, 4])

    def unfolded(name, x, stride):
        x = tf.nn.conv2d(x, weights[f"{name}/kernel"], stride, "SAME")
        names = ("mean", "variance", "beta", "gamma")
        x = tf.nn.batch_normalization(x, *(weights[f"{name}/{part}"] for part in names), 1e-3)
        return tf.nn.relu(x)

    expected = nn2.forward(2 * images - 1, unfolded)["avg_pool"]
    folded = nn2.build(weights, settings).bind(frozenset(["avg_pool"]))(images)
    np.testing.assert_allclose(folded.tensors["avg_pool"], expected, rtol=1e-3, atol=1e-4)


def test_weights_survive_a_file(tmp_path):
    settings = nn2.Nn2Settings(64, 0.25)
    weights = NN2.random_weights(settings, seed=3)
    path = tmp_path / "nn2.npz"
    NN2.save(path, weights, settings)
    network = identity.load("nn2", path)
    assert (network.image_size, network.feature_size) == (64, 256)
    assert network.crop.image_size == 64
    images = tf.random.stateless_uniform([1, 64, 64, 3], [3, 4])
    expected = nn2.build(weights, settings).bind(frozenset(["avg_pool"]))(images)
    np.testing.assert_allclose(
        network(images).features, expected.tensors["avg_pool"], rtol=1e-4, atol=1e-4
    )


def test_no_weights_are_no_random_weights():
    with pytest.raises(ValueError, match="nn2 needs a file of weights"):
        identity.load("nn2")
