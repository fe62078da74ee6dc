"""Public files of VGG-Face: MatConvNet's `.mat`, and the Keras ports of rcmalli and of deepface."""

import pathlib

import numpy as np

from model.identity.networks import public_files, weight_file

_LAYERS = (
    "conv1_1 conv1_2 conv2_1 conv2_2 conv3_1 conv3_2 conv3_3 conv4_1 conv4_2 conv4_3 "
    "conv5_1 conv5_2 conv5_3 fc6 fc7 fc8"
).split()
_CLASSIFIER = "fc8"


def read_vgg_face(path: pathlib.Path, settings) -> tuple[dict[str, np.ndarray], object]:
    """Reads any of the public files; the classifier is dropped.

    Args:
      path: `.mat` (robots.ox.ac.uk or vlfeat), or `.h5` (rcmalli's, deepface's).
      settings: of `model.identity.networks.vgg_face`.

    Returns:
      Weights by our names, the first kernel taking RGB, and the settings.
    """
    layers = public_files.read_matconvnet(path) if path.suffix == ".mat" else _keras_layers(path)
    weights = {
        f"{name}/{role}": array
        for name, arrays in layers.items()
        if name != _CLASSIFIER
        for role, array in arrays.items()
    }
    _unfold_fc6(weights, settings.image_size // 32)
    fc7 = weights.get("fc7/kernel")
    if fc7 is not None and fc7.ndim == 4 and fc7.shape[:2] == (1, 1):
        weights["fc7/kernel"] = fc7[0, 0]
    return weights, settings


def _keras_layers(path):
    if path.suffix not in weight_file.H5_SUFFIXES:
        raise ValueError(f"{path}: weights of VGG-Face are a .mat, .h5 or .npz file")
    layers = public_files.read_keras_h5(path)
    if _LAYERS[0] in layers:
        # rcmalli's port came by way of Caffe, which has BGR.
        first = layers[_LAYERS[0]]
        if "kernel" in first:
            first["kernel"] = first["kernel"][:, :, ::-1]
        return layers
    # deepface's has layers without names of their own: the order counts.
    if len(layers) != len(_LAYERS):
        raise ValueError(
            f"{path}: {len(layers)} layers with weights, but VGG-Face has {len(_LAYERS)} "
            f"({', '.join(_LAYERS)})"
        )
    return dict(zip(_LAYERS, layers.values(), strict=True))


def _unfold_fc6(weights, size):
    """A fully connected layer over [H, W, C], flattened in this order, is a convolution."""
    kernel = weights.get("fc6/kernel")
    if kernel is not None and kernel.ndim == 2 and kernel.shape[0] % size**2 == 0:
        weights["fc6/kernel"] = kernel.reshape(size, size, -1, kernel.shape[1])
