"""Reads the arrays of weight files in public formats, by the names that they have in the file.

Nothing but arrays is read: no configuration, no bytecode, no pickle. What a network makes of them
is in a module of the network's own.
"""

import glob
import itertools
import math
import pathlib
import re

import numpy as np
import tensorflow as tf

from model.identity.networks import weight_file
from storage.hdf5_file import read_dataset
from storage.lfs_pointer import refuse_lfs_pointer
from storage.matlab_file import read_matlab

# What Keras calls the weights of its layers, or called them once, and what they are called here.
_KERAS_ROLES = {
    "kernel": "kernel",
    "W": "kernel",
    "bias": "bias",
    "b": "bias",
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "mean",
    "running_mean": "mean",
    "moving_variance": "variance",
    "running_std": "variance",
}


def read_keras_h5(path: pathlib.Path) -> dict[str, dict[str, np.ndarray]]:
    """Reads the weights of a Keras model, saved alone or with the model.

    Returns:
      For each layer with weights, in the model's order, its arrays by role: kernel, bias, gamma,
      beta, mean, variance.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is no file of Keras weights, or declares more than it holds.
    """
    try:
        with weight_file.open_h5(path) as file:
            root = file.get("model_weights", file)
            names = [_text(name) for name in root.attrs["layer_names"]]
            layers = {name: _keras_layer(root[name], name, path) for name in names}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path}: not an HDF5 file of Keras weights ({error}); files of Keras 3 "
            "(.weights.h5, .keras) are not supported"
        ) from error
    return {name: arrays for name, arrays in layers.items() if arrays}


def _keras_layer(group, layer, path):
    arrays = {}
    for name in map(_text, group.attrs.get("weight_names", ())):
        # A name is "conv1/kernel:0", or "conv1_W_1:0" where Keras 1 wrote it.
        leaf = re.sub(r"(_\d+)?(:\d+)?$", "", name.rsplit("/", 1)[-1])
        roles = [role for end, role in _KERAS_ROLES.items() if f"_{leaf}".endswith(f"_{end}")]
        if not roles:
            raise ValueError(f"{path}: layer {layer!r} has the unknown weight {name!r}")
        arrays[roles[-1]] = read_dataset(path, group[name])
    return arrays


def _text(name):
    return name.decode() if isinstance(name, bytes) else str(name)


def read_checkpoint(path: pathlib.Path, scope: str) -> dict[str, np.ndarray]:
    """Reads the variables of a TensorFlow checkpoint under a scope.

    Args:
      path: the folder of the checkpoint, its prefix, or one of its files.
      scope: the beginning of the variables' names, which is cut off. What an optimizer or a moving
        average of weights keeps is left out.

    Raises:
      FileNotFoundError: there is no checkpoint.
      ValueError: it is damaged, or declares more than it holds.
    """
    prefix = _checkpoint_prefix(path)
    _check_checkpoint_files(prefix)
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        names = [
            name
            for name in reader.get_variable_to_shape_map()
            if name.startswith(f"{scope}/")
            and name.rsplit("/", 1)[-1] not in ("ExponentialMovingAverage", "Adam", "Adam_1")
        ]
        _check_checkpoint_sizes(prefix, reader)
        return {name.removeprefix(f"{scope}/"): reader.get_tensor(name) for name in names}
    except (tf.errors.OpError, RuntimeError, IndexError) as error:
        line = str(error).splitlines()[0]
        raise ValueError(f"{prefix}: not a readable TensorFlow checkpoint ({line})") from error


def _data_files(prefix):
    return sorted(prefix.parent.glob(f"{glob.escape(prefix.name)}.data-*"))


def _check_checkpoint_files(prefix):
    for file in [prefix.with_name(f"{prefix.name}.index"), *_data_files(prefix)]:
        refuse_lfs_pointer(file)


def _check_checkpoint_sizes(prefix, reader):
    """Compares what the index declares with the sizes of the files that hold the values."""
    dtypes = reader.get_variable_to_dtype_map()
    declared = sum(
        math.prod(shape) * dtypes[name].size
        for name, shape in reader.get_variable_to_shape_map().items()
    )
    held = sum(file.stat().st_size for file in _data_files(prefix))
    if declared > held:
        raise ValueError(
            f"{prefix}: not a readable TensorFlow checkpoint: it declares {declared:,} bytes of "
            f"variables, but holds {held:,}; copy it again, with all of its files"
        )


def _checkpoint_prefix(path):
    if path.is_dir():
        found = sorted(path.glob("*.index"))
        if len(found) != 1:
            raise FileNotFoundError(
                f"{path}: holds {len(found)} checkpoints (files *.index); name one of them"
            )
        return found[0].with_suffix("")
    for end in (".index", ".data-00000-of-00001", ".meta"):
        if path.name.endswith(end):
            path = path.with_name(path.name.removesuffix(end))
    index = path.with_name(path.name + ".index")
    if not index.is_file():
        raise FileNotFoundError(f"{index}: no such file of weights")
    return path


def read_csv_folder(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads a folder of files of comma-separated numbers.

    Returns:
      Flat float32 arrays, by the names of the files.

    Raises:
      ValueError: a file holds something other than numbers, or there is no file.
    """
    arrays = {}
    for file in sorted(path.glob("*.csv")):
        refuse_lfs_pointer(file)
        try:
            arrays[file.stem] = np.loadtxt(file, np.float32, delimiter=",", ndmin=1).reshape(-1)
        except ValueError as error:
            raise ValueError(f"{file}: not an array of numbers ({error})") from error
    if not arrays:
        raise ValueError(f"{path}: no .csv file in this folder")
    return arrays


def read_matconvnet(path: pathlib.Path) -> dict[str, dict[str, np.ndarray]]:
    """Reads the layers of a MatConvNet network, whose `layers` are at the top or inside `net`.

    Returns:
      The kernel [H, W, in, out] and the bias [out] of each layer that has weights, by its name.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is damaged, or holds no such network.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of weights")
    refuse_lfs_pointer(path)
    arrays = read_matlab(path, ("layers", "net"))
    prefix = "layers" if any(name.startswith("layers/") for name in arrays) else "net/layers"
    found = {}
    for index in itertools.count():
        cell = f"{prefix}/{index}"
        if f"{cell}/name" not in arrays:
            break
        kernel, bias = arrays.get(f"{cell}/weights/0"), arrays.get(f"{cell}/weights/1")
        if kernel is not None and bias is not None:
            name = str(arrays[f"{cell}/name"].reshape(-1)[0])
            found[name] = {"kernel": _four_axes(kernel), "bias": bias.reshape(-1)}
    if not found:
        raise ValueError(f"{path}: not a MatConvNet network: it has no layers with weights")
    return found


def _four_axes(kernel):
    """Puts back the axes of length 1 at the end, which MATLAB drops."""
    return kernel.reshape(kernel.shape + (1,) * (4 - kernel.ndim))
