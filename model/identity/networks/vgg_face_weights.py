"""Reads public files of VGG-Face: MatConvNet's `.mat`, and Keras ports of rcmalli and deepface."""

import pathlib

import numpy as np

from model.identity.networks import public_files, weight_file

_LAYERS = (
    "conv1_1 conv1_2 conv2_1 conv2_2 conv3_1 conv3_2 conv3_3 conv4_1 conv4_2 conv4_3 "
    "conv5_1 conv5_2 conv5_3 fc6 fc7 fc8"
).split()
_CLASSIFIER = "fc8"


def read_vgg_face(path: pathlib.Path, settings: object) -> tuple[dict[str, np.ndarray], object]:
    """Reads any of the public files, without the classifier.

    Args:
      path: a `.mat` (of robots.ox.ac.uk or vlfeat) or an `.h5` (rcmalli's or deepface's).
      settings: a `VggFaceSettings`.

    Returns:
      Weights by our names, for images in RGB; and the settings.

    Raises:
      FileNotFoundError, ValueError: see `public_files`; or the file has another number of layers.
    """
    layers = (
        public_files.read_matconvnet(path) if path.suffix.lower() == ".mat" else _keras_layers(path)
    )
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
    if path.suffix.lower() not in weight_file.H5_SUFFIXES:
        raise ValueError(f"{path}: weights of VGG-Face are a .mat, .h5 or .npz file")
    layers = public_files.read_keras_h5(path)
    if _LAYERS[0] in layers:
        # The port of rcmalli was made from Caffe's files, whose images are BGR.
        first = layers[_LAYERS[0]]
        if "kernel" in first:
            first["kernel"] = first["kernel"][:, :, ::-1]
        return layers
    # The layers of deepface's port have no names of their own, so their order counts.
    if len(layers) != len(_LAYERS):
        raise ValueError(
            f"{path}: {len(layers)} layers with weights, but VGG-Face has {len(_LAYERS)} "
            f"({', '.join(_LAYERS)})"
        )
    return dict(zip(_LAYERS, layers.values(), strict=True))


def _unfold_fc6(weights, size):
    """Turns the kernel of a layer that takes a flat image [H W C] into that of a convolution."""
    kernel = weights.get("fc6/kernel")
    if kernel is not None and kernel.ndim == 2 and kernel.shape[0] % size**2 == 0:
        weights["fc6/kernel"] = kernel.reshape(size, size, -1, kernel.shape[1])
