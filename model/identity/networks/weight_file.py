"""The project's own weight files: float32 arrays by name, and one JSON text of settings.

Such a file is an `.npz`, or an `.h5` with the same names. Nothing in it is ever unpickled, and
arrays are read only after their shapes have been compared with those that the network needs.
"""

import contextlib
import json
import pathlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import h5py
import numpy as np

from storage.arrays import Header, open_npz
from storage.atomic import atomic_file, atomic_path
from storage.hdf5_file import read_dataset
from storage.lfs_pointer import refuse_lfs_pointer

_SETTINGS = "settings"
H5_SUFFIXES = (".h5", ".hdf5")


def save_weights(path: str | pathlib.Path, weights: dict[str, np.ndarray], settings: dict) -> None:
    """Writes weights ("layer/kernel", "layer/bias", …) and the network's settings.

    Args:
      path: the file to write, an `.npz` or `.h5`.
      weights: arrays by name.
      settings: anything that JSON can hold.
    """
    path = pathlib.Path(path)
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    arrays[_SETTINGS] = np.array(json.dumps(settings))
    if path.suffix.lower() in H5_SUFFIXES:
        with atomic_path(path) as partial, h5py.File(partial, "w") as file:
            file.attrs[_SETTINGS] = str(arrays.pop(_SETTINGS))
            for name, array in arrays.items():
                file[name] = array
    else:
        with atomic_file(path) as file:
            np.savez(file, **arrays)


def is_own_file(path: str | pathlib.Path) -> bool:
    """Whether `save_weights` may have written a file, by its kind.

    Raises:
      FileNotFoundError, ValueError: see `open_h5`.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() not in H5_SUFFIXES:
        return path.suffix.lower() == ".npz"
    with open_h5(path) as file:
        return _SETTINGS in file.attrs


@contextlib.contextmanager
def open_h5(path: pathlib.Path) -> Iterator[h5py.File]:
    """Opens an HDF5 file of weights for reading.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is a Git LFS pointer, is no HDF5 file, or is damaged where it is read.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of weights")
    refuse_lfs_pointer(path)
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{path}: not a readable HDF5 file ({error})") from error


class _Contents(NamedTuple):
    """What a weight file holds: its settings as text, its arrays, and how to read one of them."""

    settings: str
    headers: dict[str, Header]
    read: Callable[[str], np.ndarray]


@contextlib.contextmanager
def _open(path: pathlib.Path) -> Iterator[_Contents]:
    if path.suffix.lower() in H5_SUFFIXES:
        with open_h5(path) as file:
            yield _contents_of_h5(path, file)
    else:
        with open_npz(path) as arrays:
            headers = {name: arrays.header(name) for name in arrays if name != _SETTINGS}
            yield _Contents(str(arrays.array(_SETTINGS)), headers, arrays.array)


def _contents_of_h5(path, file):
    datasets = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset):
            datasets[name] = item

    file.visititems(take)
    if _SETTINGS not in file.attrs:
        raise ValueError(f"{path}: has no attribute {_SETTINGS!r}; this project did not write it")
    headers = {name: Header(item.shape, item.dtype) for name, item in datasets.items()}
    return _Contents(
        str(file.attrs[_SETTINGS]), headers, lambda name: read_dataset(path, datasets[name])
    )


def read_settings(path: str | pathlib.Path) -> dict:
    """Reads the settings that `save_weights` wrote.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: this project did not write it, or it is damaged.
    """
    with _open(pathlib.Path(path)) as contents:
        try:
            settings = json.loads(contents.settings)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path}: its settings are no JSON text ({error})") from error
    if not isinstance(settings, dict):
        raise ValueError(f"{path}: its settings are no JSON object")
    return settings


def read_weights(
    path: str | pathlib.Path, shapes: dict[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """Reads the arrays that `save_weights` wrote, after comparing their shapes.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: see `check_weights`; or the file is damaged.
    """
    with _open(pathlib.Path(path)) as contents:
        _check_headers(path, contents.headers, shapes)
        weights = {name: contents.read(name) for name in shapes}
    return check_weights(path, weights, shapes)


def check_weights(
    path: str | pathlib.Path, weights: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """Compares weights with what a network needs.

    Args:
      path: where the weights come from, for messages.
      weights: arrays by name.
      shapes: the shapes that the network needs, by name.

    Returns:
      float32 arrays in the order of `shapes`.

    Raises:
      ValueError: an array is missing, surplus, of another shape, or not finite; the message names
        all such arrays.
    """
    headers = {name: Header(array.shape, array.dtype) for name, array in weights.items()}
    _check_headers(path, headers, shapes)
    infinite = [name for name, array in weights.items() if not np.all(np.isfinite(array))]
    _raise_if_any(path, [f"{name}: not finite real numbers" for name in infinite])
    return {name: weights[name].astype(np.float32) for name in shapes}


def _check_headers(path, headers, shapes):
    problems = [f"{name}: not in the file" for name in shapes if name not in headers]
    problems += [f"{name}: not in the network" for name in headers if name not in shapes]
    for name in shapes.keys() & headers.keys():
        found, wanted = headers[name].shape, tuple(shapes[name])
        if found != wanted:
            problems.append(f"{name}: shape {found} in the file, {wanted} in the network")
        elif headers[name].dtype.kind != "f":
            problems.append(f"{name}: not finite real numbers")
    _raise_if_any(path, problems)


def _raise_if_any(path, problems):
    if problems:
        raise ValueError(f"{path} does not fit the network:\n  " + "\n  ".join(sorted(problems)))
