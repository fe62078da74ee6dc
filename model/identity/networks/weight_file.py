"""The project's own weight files: float32 arrays by name and one JSON text of settings.

Either an `.npz`, or an `.h5` with the same names. Nothing in them is ever unpickled.
"""

import json
import pathlib
import zipfile

import h5py
import numpy as np

from storage.atomic import atomic_file, atomic_path

_SETTINGS = "settings"
H5_SUFFIXES = (".h5", ".hdf5")


def save_weights(path: str | pathlib.Path, weights: dict[str, np.ndarray], settings: dict) -> None:
    """Writes weights ("layer/kernel", "layer/bias", …) and the network's settings.

    Args:
      path: of the file, `.npz` or `.h5`.
      weights: arrays by name.
      settings: what JSON can hold.
    """
    path = pathlib.Path(path)
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    arrays[_SETTINGS] = np.array(json.dumps(settings))
    if path.suffix in H5_SUFFIXES:
        with atomic_path(path) as partial, h5py.File(partial, "w") as file:
            file.attrs[_SETTINGS] = str(arrays.pop(_SETTINGS))
            for name, array in arrays.items():
                file[name] = array
    else:
        with atomic_file(path) as file:
            np.savez(file, **arrays)


def is_own_file(path: str | pathlib.Path) -> bool:
    """Whether a file is one of `save_weights`, as far as its kind tells."""
    path = pathlib.Path(path)
    if path.suffix in H5_SUFFIXES:
        try:
            with h5py.File(path, "r") as file:
                return _SETTINGS in file.attrs
        except OSError:
            return False
    return path.suffix == ".npz"


def read_weights(path: str | pathlib.Path) -> tuple[dict[str, np.ndarray], dict]:
    """Reads what `save_weights` wrote; returns weights and settings.

    Raises:
      FileNotFoundError: no such file.
      ValueError: no such archive, or one with pickled objects, which are never opened.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of weights")
    try:
        arrays, text = _read_h5(path) if path.suffix in H5_SUFFIXES else _read_npz(path)
        return arrays, json.loads(text)
    except KeyError as error:
        raise ValueError(f"{path}: lacks the entry {error}; not written by this project") from error
    except (ValueError, OSError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not a file of weights ({error})") from error


def _read_npz(path):
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    return arrays, str(arrays.pop(_SETTINGS))


def _read_h5(path):
    arrays = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset):
            arrays[name] = item[...]

    with h5py.File(path, "r") as file:
        file.visititems(take)
        return arrays, file.attrs[_SETTINGS]


def check_weights(
    path: str | pathlib.Path, weights: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """Compares weights with what a network needs.

    Args:
      path: where they come from, for the error.
      weights: arrays by name.
      shapes: what the network needs.

    Returns:
      float32 arrays in the order of `shapes`.

    Raises:
      ValueError: names each array that is missing, surplus, of another shape, or not finite.
    """
    problems = [f"{name}: not in the file" for name in shapes if name not in weights]
    problems += [f"{name}: not in the network" for name in weights if name not in shapes]
    for name in shapes.keys() & weights.keys():
        if weights[name].shape != tuple(shapes[name]):
            problems.append(
                f"{name}: shape {weights[name].shape} in the file, {tuple(shapes[name])} in the "
                "network"
            )
        elif weights[name].dtype.kind != "f" or not np.all(np.isfinite(weights[name])):
            problems.append(f"{name}: not finite real numbers")
    if problems:
        raise ValueError(f"{path} does not fit the network:\n  " + "\n  ".join(sorted(problems)))
    return {name: weights[name].astype(np.float32) for name in shapes}
