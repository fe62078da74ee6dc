"""VGG-Face has its known size, computes what Keras does, and reads its files."""

import h5py
import numpy as np
import pytest
import scipy.io
import tf_keras

from model import identity
from model.identity.networks.vgg_face import VGG_FACE, VggFaceSettings

_WIDTH = 1 / 32
_PEOPLE = 7
_MEAN = np.float32([129.1863, 104.7624, 93.5940])
_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
layers = tf_keras.layers


def _model(dense):
    """Builds rcmalli's port, with dense layers after a Flatten, or deepface's, without them."""
    model = tf_keras.Sequential([layers.Input((224, 224, 3))])
    for block, (filters, count) in enumerate(_BLOCKS):
        for i in range(count):
            name = f"conv{block + 1}_{i + 1}" if dense else None
            filters_here = round(filters * _WIDTH)
            model.add(layers.Conv2D(filters_here, 3, padding="same", activation="relu", name=name))
        model.add(layers.MaxPooling2D(2, 2))
    width = round(4096 * _WIDTH)
    if dense:
        model.add(layers.Flatten())
        model.add(layers.Dense(width, "relu", name="fc6"))
        model.add(layers.Dense(width, "relu", name="fc7"))
        model.add(layers.Dense(_PEOPLE, name="fc8"))
    else:
        model.add(layers.Conv2D(width, 7, activation="relu"))
        model.add(layers.Conv2D(width, 1, activation="relu"))
        model.add(layers.Conv2D(_PEOPLE, 1))
        model.add(layers.Flatten())
    generator = np.random.default_rng(0)
    for variable in model.weights:
        shape = variable.shape
        scale = np.sqrt(2 / np.prod(shape[:-1])) if "kernel" in variable.name else 0.1
        variable.assign(scale * generator.normal(size=shape))
    return model


@pytest.fixture(name="dense_model", scope="module")
def _dense_model():
    return _model(dense=True)


@pytest.fixture(name="convolutional_model", scope="module")
def _convolutional_model():
    return _model(dense=False)


def _images():
    return np.random.default_rng(1).random((2, 224, 224, 3), np.float32)


def _fc7(model, bgr):
    """Computes φ by Keras, on images in the channel order that the model was made for."""
    inputs = _images() * 255 - _MEAN
    weighted = [layer for layer in model.layers if layer.weights]
    inner = tf_keras.Model(model.inputs, weighted[-2].output)
    return np.reshape(inner(inputs[..., ::-1] if bgr else inputs), (len(inputs), -1))


def _compare(path, expected):
    result = identity.load("vgg_face", path, width=_WIDTH)(_images())
    scale = expected.max()
    np.testing.assert_allclose(result.features / scale, expected / scale, atol=1e-5)
    unit = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(result.embedding, unit, atol=1e-5)


def test_parameters():
    """With the classifier, which is not read, there are 145,002,878."""
    shapes = VGG_FACE.weight_shapes(VggFaceSettings())
    count = sum(int(np.prod(shape)) for shape in shapes.values())
    assert count + 4096 * 2622 + 2622 == 145_002_878


def test_rcmalli_file(dense_model, tmp_path):
    """It has dense layers over a flattened image, and takes BGR."""
    path = tmp_path / "rcmalli_vggface_tf_vgg16.h5"
    dense_model.save_weights(path)
    _compare(path, _fc7(dense_model, bgr=True))


def test_rcmalli_file_of_keras_1(dense_model, tmp_path):
    """The port's first files have the names that Keras 1 gave to arrays."""
    path = tmp_path / "keras1.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in dense_model.layers]
        for layer in dense_model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}_W_1:0", f"{layer.name}_b_1:0"][: len(layer.weights)]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, variable in zip(names, layer.weights, strict=True):
                group[name] = variable.numpy()
    _compare(path, _fc7(dense_model, bgr=True))


def test_deepface_file(convolutional_model, tmp_path):
    """Its layers have no names of their own, and 7×7 and 1×1 convolutions are at the end."""
    path = tmp_path / "vgg_face_weights.h5"
    convolutional_model.save_weights(path)
    _compare(path, _fc7(convolutional_model, bgr=False))


def _mat_layers(model):
    """Makes MatConvNet's cells of structs; some are those of layers without weights."""
    names = [f"conv{b + 1}_{i + 1}" for b, (_, n) in enumerate(_BLOCKS) for i in range(n)]
    names += ["fc6", "fc7", "fc8"]
    cells = []
    for name, layer in zip(names, [x for x in model.layers if x.weights], strict=True):
        kernel, bias = layer.get_weights()
        weights = np.empty((1, 2), object)
        weights[0, 0], weights[0, 1] = kernel, bias[:, None]
        cells.append({"type": "conv", "name": name, "weights": weights, "pad": 1.0})
        cells.append({"type": "relu", "name": f"relu_{name}"})
    result = np.empty((1, len(cells)), object)
    result[0] = cells
    return result


@pytest.mark.parametrize("layout", ["robots", "vlfeat"])
def test_matconvnet_file(convolutional_model, tmp_path, layout):
    path = tmp_path / "vgg_face.mat"
    cells = _mat_layers(convolutional_model)
    if layout == "robots":
        scipy.io.savemat(path, {"net": {"layers": cells, "classes": "none"}})
    else:
        scipy.io.savemat(path, {"layers": cells, "meta": {"normalization": 1.0}})
    _compare(path, _fc7(convolutional_model, bgr=False))


def test_file_that_lacks_a_layer(dense_model, tmp_path):
    path = tmp_path / "weights.h5"
    dense_model.save_weights(path)
    with h5py.File(path, "r+") as file:
        file.attrs["layer_names"] = [n for n in file.attrs["layer_names"] if n != "conv4_2"]
    with pytest.raises(ValueError, match=r"weights\.h5(?s:.*)conv4_2/kernel: not in the file"):
        identity.load("vgg_face", path, width=_WIDTH)


def test_file_of_another_network(tmp_path):
    path = tmp_path / "weights.h5"
    tf_keras.Sequential([layers.Input((4,)), layers.Dense(2)]).save_weights(path)
    with pytest.raises(ValueError, match="1 layers with weights, but VGG-Face has 16"):
        identity.load("vgg_face", path)


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.mat", b"no matrix", r"a\.mat: is truncated or damaged"),
        ("a.h5", b"no archive", r"a\.h5: not a readable HDF5 file"),
        ("a.pkl", b"", r"a\.pkl: weights of VGG-Face are a \.mat, \.h5 or \.npz file"),
    ],
)
def test_file_of_another_kind(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        identity.load("vgg_face", tmp_path / name)


def test_matlab_file_without_layers(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"layers": np.zeros(3)})
    with pytest.raises(ValueError, match=r"a\.mat: not a MatConvNet network"):
        identity.load("vgg_face", tmp_path / "a.mat")


def test_hdf5_that_is_not_of_keras(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["layers/conv2d/vars/0"] = np.zeros(3)
    with pytest.raises(ValueError, match="not an HDF5 file of Keras weights .* Keras 3"):
        identity.load("vgg_face", path)
