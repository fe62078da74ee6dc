"""Inception-ResNet-v1 has its known size, computes what Keras does, and reads its files."""

import re

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from model import identity
from model.identity.networks.inception_resnet_v1 import (
    INCEPTION_RESNET_V1,
    InceptionResnetV1Settings,
)

_WIDTH, _SIZE = 1 / 16, 96
layers = tf_keras.layers


class _PublicModel:
    """Builds the network layer by layer as its Keras ports do, with a factor on its width."""

    def convolve(self, x, name, filters, size, stride=1, padding="same", plain=False):
        filters = filters if plain else round(filters * _WIDTH)
        x = layers.Conv2D(filters, size, stride, padding, use_bias=plain, name=name)(x)
        if plain:
            return x
        norm = layers.BatchNormalization(epsilon=1e-3, scale=False, name=f"{name}_BatchNorm")
        return layers.ReLU()(norm(x))

    def branch(self, x, prefix, *convolutions):
        for name, filters, size, *options in convolutions:
            x = self.convolve(x, f"{prefix}_{name}", filters, size, *options)
        return x

    def residual(self, x, block, branches, scale, rectified=True):
        outputs = [self.branch(x, f"{block}_Branch_{i}", *b) for i, b in enumerate(branches)]
        mixed = layers.concatenate(outputs)
        x = x + scale * self.convolve(mixed, f"{block}_Conv2d_1x1", x.shape[-1], 1, plain=True)
        return tf.nn.relu(x) if rectified else x

    def reduction(self, x, block, branches):
        outputs = [self.branch(x, f"{block}_Branch_{i}", *b) for i, b in enumerate(branches)]
        return layers.concatenate([*outputs, layers.MaxPooling2D(3, 2)(x)])

    def build(self, embedding_size):
        image = layers.Input((_SIZE, _SIZE, 3))
        x = self.convolve(image, "Conv2d_1a_3x3", 32, 3, 2, "valid")
        x = self.convolve(x, "Conv2d_2a_3x3", 32, 3, 1, "valid")
        x = self.convolve(x, "Conv2d_2b_3x3", 64, 3)
        x = layers.MaxPooling2D(3, 2)(x)
        x = self.convolve(x, "Conv2d_3b_1x1", 80, 1, 1, "valid")
        x = self.convolve(x, "Conv2d_4a_3x3", 192, 3, 1, "valid")
        x = self.convolve(x, "Conv2d_4b_3x3", 256, 3, 2, "valid")
        first = [("Conv2d_0a_1x1", 32, 1), ("Conv2d_0b_3x3", 32, 3)]
        third = ("Conv2d_0c_3x3", 32, 3)
        for i in range(5):
            branches = ([("Conv2d_1x1", 32, 1)], first, [*first, third])
            x = self.residual(x, f"Block35_{i + 1}", branches, 0.17)
        reduce = ("Conv2d_0a_1x1", 192, 1), ("Conv2d_0b_3x3", 192, 3)
        strided = (3, 2, "valid")
        branches = [("Conv2d_1a_3x3", 384, *strided)], [*reduce, ("Conv2d_1a_3x3", 256, *strided)]
        x = self.reduction(x, "Mixed_6a", branches)
        for i in range(10):
            chain = [("Conv2d_0a_1x1", 128, 1), ("Conv2d_0b_1x7", 128, (1, 7))]
            chain += [("Conv2d_0c_7x1", 128, (7, 1))]
            x = self.residual(x, f"Block17_{i + 1}", ([("Conv2d_1x1", 128, 1)], chain), 0.1)
        reduce, last = ("Conv2d_0a_1x1", 256, 1), ("Conv2d_1a_3x3", 256, *strided)
        branches = (
            [reduce, ("Conv2d_1a_3x3", 384, *strided)],
            [reduce, last],
            [reduce, ("Conv2d_0b_3x3", 256, 3), last],
        )
        x = self.reduction(x, "Mixed_7a", branches)
        chain = [("Conv2d_0a_1x1", 192, 1), ("Conv2d_0b_1x3", 192, (1, 3))]
        branches = ([("Conv2d_1x1", 192, 1)], [*chain, ("Conv2d_0c_3x1", 192, (3, 1))])
        for i in range(5):
            x = self.residual(x, f"Block8_{i + 1}", branches, 0.2)
        x = self.residual(x, "Block8_6", branches, 1.0, rectified=False)
        pooled = layers.GlobalAveragePooling2D()(x)
        x = layers.Dense(embedding_size, use_bias=False, name="Bottleneck")(pooled)
        norm = layers.BatchNormalization(epsilon=1e-3, scale=False, name="Bottleneck_BatchNorm")
        return tf_keras.Model(image, [pooled, norm(x)])


def _public_model(embedding_size):
    model = _PublicModel().build(embedding_size)
    generator = np.random.default_rng(0)
    for variable in model.weights:
        shape = variable.shape
        if "kernel" in variable.name:
            scale = np.sqrt(2 / np.prod(shape[:-1]))
            variable.assign(scale * generator.normal(size=shape))
        elif "variance" in variable.name:
            variable.assign(generator.uniform(0.5, 1.5, shape))
        else:
            variable.assign(0.2 * generator.normal(size=shape))
    return model


@pytest.fixture(name="model_512", scope="module")
def _model_512():
    return _public_model(512)


@pytest.fixture(name="model_128", scope="module")
def _model_128():
    return _public_model(128)


def _load(path, **options):
    return identity.load("inception_resnet_v1", path, width=_WIDTH, image_size=_SIZE, **options)


def _images():
    return np.random.default_rng(1).random((2, _SIZE, _SIZE, 3), np.float32)


def _fixed(images):
    return (images * 255.0 - 127.5) / 128.0


def _prewhitened(images):
    pixels = images * 255.0
    mean = pixels.mean((1, 2, 3), keepdims=True)
    deviation = pixels.std((1, 2, 3), keepdims=True)
    return (pixels - mean) / np.maximum(deviation, 1 / np.sqrt(pixels[0].size))


def _compare(network, model, inputs):
    pooled, embedding = model(inputs)
    result = network(_images())
    scale = np.abs(pooled).max()
    np.testing.assert_allclose(result.features / scale, pooled / scale, atol=2e-5)
    expected = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
    np.testing.assert_allclose(result.embedding, expected, atol=2e-5)


@pytest.mark.parametrize(
    "embedding_size, trained, moments", [(128, 22_779_312, 28_832), (512, 23_467_824, 29_600)]
)
def test_parameters(embedding_size, trained, moments):
    """Keras counts these numbers in the ports."""
    shapes = INCEPTION_RESNET_V1.weight_shapes(
        InceptionResnetV1Settings(embedding_size=embedding_size)
    )
    counts = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    of_moments = sum(n for name, n in counts.items() if name.endswith(("/mean", "/variance")))
    assert (sum(counts.values()) - of_moments, of_moments) == (trained, moments)


def test_keras_weights(model_512, tmp_path):
    path = tmp_path / "facenet512_weights.h5"
    model_512.save_weights(path)
    _compare(_load(path), model_512, _fixed(_images()))


def test_keras_model_of_2017(model_128, tmp_path):
    """In a file of a whole model the weights lie deeper; its configuration is not read."""
    path = tmp_path / "facenet_keras.h5"
    model_128.save(path)
    _compare(_load(path), model_128, _prewhitened(_images()))


def _checkpoint_name(layer):
    """Returns the variable scope of one of the port's layers."""
    for pattern, scope in (
        (r"^Block35_(\d+)_", r"Repeat/block35_\1/"),
        (r"^Block17_(\d+)_", r"Repeat_1/block17_\1/"),
        (r"^Block8_6_", "Block8/"),
        (r"^Block8_(\d+)_", r"Repeat_2/block8_\1/"),
        (r"^(Mixed_..)_", r"\1/"),
        (r"Branch_(\d)_", r"Branch_\1/"),
        ("_BatchNorm$", "/BatchNorm"),
    ):
        layer = re.sub(pattern, scope, layer)
    return f"InceptionResnetV1/{layer}"


def _write_checkpoint(model, folder, extra=()):
    roles = {"kernel": "weights", "bias": "biases"}
    arrays = dict(extra)
    for layer in model.layers:
        for variable in layer.weights:
            leaf = variable.name.split("/")[-1].split(":")[0]
            name = f"{_checkpoint_name(layer.name)}/{roles.get(leaf, leaf)}"
            arrays[name] = variable.numpy()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        values = {
            name: tf.compat.v1.get_variable(name, initializer=array)
            for name, array in arrays.items()
        }
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver(values)
        return saver.save(session, str(folder / "model-20180402-114759.ckpt-275"))


@pytest.fixture(name="checkpoint")
def _checkpoint(model_512, tmp_path):
    extra = {
        "global_step": np.int32(275),
        "Logits/weights": np.zeros((4, 3), np.float32),
        "InceptionResnetV1/Conv2d_1a_3x3/weights/Adam": np.zeros(2, np.float32),
    }
    return _write_checkpoint(model_512, tmp_path, extra.items())


def test_checkpoint_names(checkpoint):
    """The checkpoint of these tests has the names that facenet's own code gives."""
    names = {name for name, _ in tf.train.list_variables(checkpoint)}
    scope = "InceptionResnetV1"
    assert names > {
        f"{scope}/Conv2d_1a_3x3/BatchNorm/beta",
        f"{scope}/Repeat/block35_5/Branch_2/Conv2d_0c_3x3/weights",
        f"{scope}/Repeat/block35_1/Conv2d_1x1/biases",
        f"{scope}/Mixed_6a/Branch_1/Conv2d_1a_3x3/BatchNorm/moving_variance",
        f"{scope}/Repeat_1/block17_10/Branch_1/Conv2d_0c_7x1/weights",
        f"{scope}/Repeat_2/block8_5/Branch_0/Conv2d_1x1/BatchNorm/moving_mean",
        f"{scope}/Block8/Branch_1/Conv2d_0b_1x3/weights",
        f"{scope}/Block8/Conv2d_1x1/weights",
        f"{scope}/Bottleneck/BatchNorm/moving_mean",
    }


@pytest.mark.parametrize("which", ["prefix", "folder", "index"])
def test_checkpoint(checkpoint, model_512, tmp_path, which):
    path = {"prefix": checkpoint, "folder": tmp_path, "index": f"{checkpoint}.index"}[which]
    _compare(_load(path), model_512, _fixed(_images()))


def test_checkpoint_that_is_cut_short(checkpoint):
    data = f"{checkpoint}.data-00000-of-00001"
    with open(data, "r+b") as file:
        file.truncate(100)
    with pytest.raises(ValueError, match=r"ckpt-275: not a readable TensorFlow checkpoint"):
        _load(checkpoint)


def test_missing_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds 0 checkpoints"):
        _load(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"model\.ckpt\.index: no such file"):
        _load(tmp_path / "model.ckpt")


def test_another_width_is_misshapen(model_512, tmp_path):
    path = tmp_path / "weights.h5"
    model_512.save_weights(path)
    shapes = r"shape \(3, 3, 3, 2\) in the file, \(3, 3, 3, 32\)"
    message = rf"weights\.h5(?s:.*)Conv2d_1a_3x3/kernel: {shapes}"
    with pytest.raises(ValueError, match=message):
        identity.load("inception_resnet_v1", path)


def test_unknown_option():
    with pytest.raises(ValueError, match="no option 'depth'; it has image_size, width"):
        identity.load("inception_resnet_v1", "random", depth=3)
