"""OpenFace's nn4.small2 has its known size, computes what Keras does, and reads its files."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from model import identity
from model.identity.network import IdentityNetwork
from model.identity.networks.nn4_small2 import NN4_SMALL2, Nn4Small2Settings

_WIDTH = 0.125
_SETTINGS = Nn4Small2Settings(_WIDTH)
layers = tf_keras.layers


class _PublicModel:
    """Builds the network layer by layer as its Keras port does, with a factor on its width."""

    def __init__(self):
        self.x = self.image = layers.Input((96, 96, 3))

    def convolve(self, x, name, filters, size, stride=1):
        x = layers.ZeroPadding2D(size // 2)(x)
        x = layers.Conv2D(round(filters * _WIDTH), size, stride, name=name)(x)
        norm = layers.BatchNormalization(epsilon=1e-5, name=name.replace("conv", "bn"))
        return layers.ReLU()(norm(x))

    def inception(self, x, row, three, five, pool, one, stride=1):
        p = f"inception_{row}"
        y = self.convolve(x, f"{p}_3x3_conv1", three[0], 1)
        branches = [self.convolve(y, f"{p}_3x3_conv2", three[1], 3, stride)]
        if five:
            y = self.convolve(x, f"{p}_5x5_conv1", five[0], 1)
            branches.append(self.convolve(y, f"{p}_5x5_conv2", five[1], 5, stride))
        kind, projection, sides = pool
        if kind == "max":
            y = layers.MaxPooling2D(3, 2)(x)
        else:
            y = layers.AveragePooling2D(3, 3)(tf.square(x))
            y = tf.sqrt(9 * y)
        if projection:
            y = self.convolve(y, f"{p}_pool_conv", projection, 1)
        branches.append(layers.ZeroPadding2D((sides, sides))(y))
        if one:
            branches.append(self.convolve(x, f"{p}_1x1_conv", one, 1))
        return layers.concatenate(branches)

    def build(self):
        def norm(x):
            return tf.nn.lrn(x, depth_radius=2, bias=1, alpha=2e-5, beta=0.75)

        x = self.convolve(self.image, "conv1", 64, 7, 2)
        x = norm(layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x)))
        x = norm(self.convolve(self.convolve(x, "conv2", 64, 1), "conv3", 192, 3))
        x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
        x = self.inception(x, "3a", (96, 128), (16, 32), ("max", 32, (3, 4)), 64)
        x = self.inception(x, "3b", (96, 128), (32, 64), ("l2", 64, (4, 4)), 64)
        x = self.inception(x, "3c", (128, 256), (32, 64), ("max", 0, (0, 1)), 0, 2)
        x = self.inception(x, "4a", (96, 192), (32, 64), ("l2", 128, (2, 2)), 256)
        x = self.inception(x, "4e", (160, 256), (64, 128), ("max", 0, (0, 1)), 0, 2)
        x = self.inception(x, "5a", (96, 384), (), ("l2", 96, (1, 1)), 256)
        x = self.inception(x, "5b", (96, 384), (), ("max", 96, (1, 1)), 256)
        pooled = layers.Flatten()(layers.AveragePooling2D(3)(x))
        embedding = layers.Dense(128, name="dense_layer")(pooled)
        return tf_keras.Model(self.image, [pooled, embedding])


def _randomize(model):
    generator = np.random.default_rng(0)
    for variable in model.weights:
        name, shape = variable.name, variable.shape
        if "kernel" in name:
            value = generator.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1]))
        else:
            value = generator.uniform(0.5, 1.5, shape) if "bias" not in name else 0.1
        variable.assign(np.broadcast_to(value, shape))


@pytest.fixture(name="model", scope="module")
def _model():
    model = _PublicModel().build()
    _randomize(model)
    return model


def _compare(network, model):
    images = np.random.default_rng(1).random((2, 96, 96, 3), np.float32)
    pooled, embedding = model(images)
    result = network(images)
    scale = np.abs(pooled).max()
    np.testing.assert_allclose(result.features / scale, pooled / scale, atol=1e-5)
    expected = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
    np.testing.assert_allclose(result.embedding, expected, atol=1e-5)


def test_parameters():
    """3,733,968 trained weights are published; moments of normalizations are further ones."""
    shapes = NN4_SMALL2.weight_shapes(Nn4Small2Settings())
    counts = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    assert sum(counts.values()) == 3_743_280
    moments = sum(n for name, n in counts.items() if name.endswith(("/mean", "/variance")))
    assert sum(counts.values()) - moments == 3_733_968


def test_keras_file(model, tmp_path):
    path = tmp_path / "openface_weights.h5"
    model.save_weights(path)
    _compare(identity.load("nn4_small2", path, width=_WIDTH), model)


def _write_csv(model, folder):
    """Writes the CSV files of the port, which hold flat arrays in Torch's order."""
    for layer in model.layers:
        arrays = layer.get_weights()
        if isinstance(layer, layers.Conv2D):
            arrays = {"w": arrays[0].transpose(3, 2, 0, 1), "b": arrays[1]}
        elif isinstance(layer, layers.Dense):
            arrays = {"w": arrays[0].T, "b": arrays[1]}
        else:
            arrays = dict(zip("wbmv", arrays, strict=False))
        stem = "dense" if layer.name == "dense_layer" else layer.name
        for end, array in arrays.items():
            np.savetxt(folder / f"{stem}_{end}.csv", array.reshape(1, -1), "%.9g", delimiter=",")


@pytest.fixture(name="csv_folder")
def _csv_folder(model, tmp_path):
    _write_csv(model, tmp_path)
    return tmp_path


def test_csv_files(model, csv_folder):
    _compare(identity.load("nn4_small2", csv_folder, width=_WIDTH), model)


def test_missing_and_surplus_csv_files(csv_folder):
    (csv_folder / "bn2_m.csv").rename(csv_folder / "bn4_m.csv")
    with pytest.raises(ValueError, match=r"bn2/mean: not in the file\n.*bn4/mean: not in the net"):
        identity.load("nn4_small2", csv_folder, width=_WIDTH)


def test_misshapen_csv_file(csv_folder):
    (csv_folder / "conv2_w.csv").write_text("1,2,3\n")
    message = r"conv2_w\.csv: 3 numbers in the file, .* shape \(1, 1, 8, 8\)"
    with pytest.raises(ValueError, match=message):
        identity.load("nn4_small2", csv_folder, width=_WIDTH)


@pytest.mark.parametrize("name", ["own.npz", "own.h5"])
def test_own_files(tmp_path, name):
    weights = NN4_SMALL2.random_weights(_SETTINGS, seed=2)
    path = tmp_path / name
    NN4_SMALL2.save(path, weights, _SETTINGS)
    images = np.random.default_rng(1).random((1, 96, 96, 3), np.float32)
    expected = IdentityNetwork("", NN4_SMALL2.build(weights, _SETTINGS), "penultimate")
    got = identity.load("nn4_small2", path)
    np.testing.assert_array_equal(got(images).embedding, expected(images).embedding)
    assert got.fingerprint == expected.fingerprint
