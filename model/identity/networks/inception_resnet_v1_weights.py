"""Reads public files of facenet's Inception-ResNet-v1: TensorFlow checkpoints and Keras ports."""

import dataclasses
import pathlib
import re

import numpy as np

from model.identity.networks import public_files, weight_file

_BOTTLENECK = "Bottleneck/kernel"
# The networks of 2017 have a smaller embedding, and normalize pixels in another way.
_SIZE_OF_2017 = 128

# The scopes of a checkpoint, and what the names of the port's layers begin with instead.
_SCOPES = (
    (r"^Repeat/block35_", "Block35_"),
    (r"^Repeat_1/block17_", "Block17_"),
    (r"^Repeat_2/block8_", "Block8_"),
    (r"^Block8/", "Block8_6/"),
)
_ROLES = {
    "weights": "kernel",
    "biases": "bias",
    "beta": "beta",
    "moving_mean": "mean",
    "moving_variance": "variance",
}


def normalization_of(name: str) -> str:
    """Returns the name of a layer's normalization."""
    return f"{name}_BatchNorm"


def read_inception_resnet_v1(
    path: pathlib.Path, settings: object
) -> tuple[dict[str, np.ndarray], object]:
    """Reads a checkpoint or a Keras file.

    Args:
      path: an `.h5`; or the folder of a checkpoint, its prefix, or one of its files.
      settings: an `InceptionResnetV1Settings`.

    Returns:
      Weights by the names of the port's layers; and the settings, with the size of the embedding
      that the file has, and with pixels as networks of that size want them.

    Raises:
      FileNotFoundError, ValueError: see `public_files`.
    """
    if path.suffix.lower() in weight_file.H5_SUFFIXES:
        layers = public_files.read_keras_h5(path)
        weights = {
            f"{name}/{role}": array
            for name, arrays in layers.items()
            for role, array in arrays.items()
        }
    else:
        variables = public_files.read_checkpoint(path, "InceptionResnetV1")
        weights = {_our_name(name): array for name, array in variables.items()}
    kernel = weights.get(_BOTTLENECK)
    if kernel is not None and kernel.ndim == 2:
        pixels = "prewhiten" if kernel.shape[1] == _SIZE_OF_2017 else settings.pixels
        settings = dataclasses.replace(settings, embedding_size=kernel.shape[1], pixels=pixels)
    return weights, settings


def _our_name(variable):
    """Turns Repeat/block35_1/Conv2d_1x1/weights into Block35_1_Conv2d_1x1/kernel, for example."""
    for scope, name in _SCOPES:
        variable = re.sub(scope, name, variable)
    *scopes, leaf = variable.split("/")
    return f"{'_'.join(scopes)}/{_ROLES.get(leaf, leaf)}"
