"""The project's own weight files: an `.npz` of float32 arrays and one JSON text of settings."""

import json
import os
import pathlib

import numpy as np

_SETTINGS = "settings"


def save_weights_npz(
    path: str | pathlib.Path, weights: dict[str, np.ndarray], settings: dict
) -> None:
    """Writes weights ("layer/kernel", "layer/bias", …) and the network's settings."""
    path = pathlib.Path(path)
    partial = path.with_name(path.name + ".partial")
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    with open(partial, "wb") as file:
        np.savez(file, **{_SETTINGS: np.array(json.dumps(settings))}, **arrays)
    os.replace(partial, path)


def read_weights_npz(path: str | pathlib.Path) -> tuple[dict[str, np.ndarray], dict]:
    """Reads what `save_weights_npz` wrote; returns weights and settings.

    Raises:
      FileNotFoundError: no such file.
      ValueError: no such archive, or one with pickled objects, which are never opened.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of weights")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        settings = json.loads(str(arrays.pop(_SETTINGS)))
    except KeyError as error:
        raise ValueError(f"{path}: lacks the entry {error}; not written by this project") from error
    except (ValueError, OSError, AttributeError) as error:
        raise ValueError(f"{path}: not an .npz of weights ({error})") from error
    return arrays, settings


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
