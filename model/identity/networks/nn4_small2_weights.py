"""Reads public files of OpenFace's nn4.small2: the CSV files of its Keras port, and its `.h5`."""

import pathlib

import numpy as np

from model.identity.networks import public_files, weight_file

# How the names of CSV files end, and what the ends stand for.
_NORMALIZATION = {"w": "gamma", "b": "beta", "m": "mean", "v": "variance"}
_LAYER = {"w": "kernel", "b": "bias"}


def normalization_of(name: str) -> str:
    """Returns the name of a convolution's normalization, for example bn1 for conv1."""
    return name.replace("conv", "bn")


def read_nn4_small2(
    path: pathlib.Path, shapes: dict[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """Reads either kind of file.

    Args:
      path: the folder of the CSV files, or the `.h5`.
      shapes: the shapes of the network's weights, which CSV files do not tell.

    Returns:
      Weights by the names of the port's layers.

    Raises:
      FileNotFoundError, ValueError: see `public_files`.
    """
    if path.is_dir():
        return _from_csv(path, shapes)
    if path.suffix.lower() not in weight_file.H5_SUFFIXES:
        raise ValueError(
            f"{path}: weights of nn4_small2 are a folder of .csv files, an .h5 or an .npz file"
        )
    layers = public_files.read_keras_h5(path)
    return {
        f"{name}/{role}": array for name, arrays in layers.items() for role, array in arrays.items()
    }


def _from_csv(folder, shapes):
    weights = {}
    for stem, flat in public_files.read_csv_folder(folder).items():
        name = _our_name(stem)
        # A surplus file stays as it is; whoever compares names will find it.
        weights[name] = _unflatten(folder, stem, flat, shapes[name]) if name in shapes else flat
    return weights


def _our_name(stem):
    """Turns conv1_w into conv1/kernel, bn1_m into bn1/mean, dense_w into dense_layer/kernel."""
    layer, _, end = stem.rpartition("_")
    if layer == "dense":
        layer = "dense_layer"
    roles = _NORMALIZATION if "bn" in layer else _LAYER
    return f"{layer}/{roles.get(end, end)}"


def _unflatten(folder, stem, flat, shape):
    """Turns Torch's flat [out, in, H, W] or [out, in] into [H, W, in, out] or [in, out]."""
    if flat.size != np.prod(shape):
        raise ValueError(
            f"{folder / stem}.csv: {flat.size} numbers in the file, but the network's layer has "
            f"shape {shape}"
        )
    if len(shape) == 4:
        height, width, inputs, outputs = shape
        return flat.reshape(outputs, inputs, height, width).transpose(2, 3, 1, 0)
    return flat.reshape(shape[::-1]).T
