"""The project's own weight files may be damaged, foreign, or declare more than they hold."""

import json

import h5py
import numpy as np
import pytest

from model import identity
from model.identity.networks import nn2, nn4_small2
from model.identity.networks.nn2 import NN2
from model.identity.networks.nn4_small2 import NN4_SMALL2
from model.identity.networks.weight_file import is_own_file, read_weights

_SETTINGS = nn2.Nn2Settings(64, 0.25)
_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def _save(tmp_path, change=lambda arrays: None):
    """Writes a file of weights whose arrays are changed."""
    path = tmp_path / "nn2.npz"
    NN2.save(path, NN2.random_weights(_SETTINGS), _SETTINGS)
    with np.load(path) as archive:
        arrays = dict(archive)
    change(arrays)
    np.savez(path, **arrays)
    return path


def _set(**settings):
    def change(arrays):
        stored = json.loads(str(arrays["settings"])) | settings
        arrays["settings"] = np.array(json.dumps(stored))

    return change


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda w: w.pop("conv1/bias"), "conv1/bias: not in the file"),
        (lambda w: w.update({"conv9/bias": np.zeros(3)}), "conv9/bias: not in the network"),
        (
            lambda w: w.update({"conv1/bias": np.zeros(3)}),
            r"conv1/bias: shape \(3,\) in the file, \(16,\) in the network",
        ),
        (lambda w: w.update({"conv1/bias": np.full(16, np.nan)}), "conv1/bias: not finite"),
        (lambda w: w.update({"conv1/bias": np.arange(16)}), "conv1/bias: not finite real"),
        (lambda w: w.pop("settings"), "has no array 'settings'"),
        (lambda w: w.update({"settings": np.array("{")}), "its settings are no JSON text"),
        (lambda w: w.update({"settings": np.array("[]")}), "its settings are no JSON object"),
        (lambda w: w.update({"conv1/bias": np.array([None])}), "pickled objects"),
        (_set(depth=3), r"unknown settings \['depth'\]"),
        (_set(width="wide"), "its setting width is 'wide'"),
        (_set(width=float("inf")), "its setting width is inf"),
        (_set(width=float("nan")), "its setting width is nan"),
        (_set(image_size=10**9), "its setting image_size is 1000000000"),
        (_set(image_size=-64), "its setting image_size is -64"),
        (_set(width=4096), "conv1/kernel: shape"),
    ],
)
def test_damaged_weights(tmp_path, change, message):
    with pytest.raises(ValueError, match=rf"nn2\.npz(?s:.*){message}"):
        identity.load("nn2", _save(tmp_path, change))


def test_options_that_contradict_the_file(tmp_path):
    with pytest.raises(ValueError, match="width is 0.25, not 1.0"):
        identity.load("nn2", _save(tmp_path), width=1.0)


@pytest.mark.parametrize("name", ["nn2.txt", "nn2.npz", "nn2.h5"])
@pytest.mark.parametrize(
    "content, message", [("no weights", "no"), (_POINTER, "a Git LFS pointer")]
)
def test_file_of_another_kind(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=rf"{name}: (is|not) {message}|{name}: not a readable"):
        identity.load("nn2", tmp_path / name)


@pytest.mark.parametrize("name", ["nn2.npz", "nn2.h5"])
def test_missing_file(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=f"{name}: no such file"):
        identity.load("nn2", tmp_path / name)


def test_weights_of_another_network(tmp_path):
    settings = nn4_small2.Nn4Small2Settings(0.125)
    path = tmp_path / "nn4.npz"
    NN4_SMALL2.save(path, NN4_SMALL2.random_weights(settings), settings)
    with pytest.raises(ValueError, match=r"nn4\.npz: weights of nn4_small2, not of nn2"):
        identity.load("nn2", path)


def test_weights_that_overflow(tmp_path):
    """All weights are finite, but not what the network computes."""

    def enlarge(arrays):
        for name in arrays:
            if name.endswith("kernel"):
                arrays[name] *= np.float32(1e30)

    with pytest.raises(ValueError, match=r"nn2\.npz: gives features that are not finite"):
        identity.load("nn2", _save(tmp_path, enlarge))


@pytest.mark.parametrize("layout", ["contiguous", "chunked", "compressed"])
@pytest.mark.parametrize("shape", [(7, 7, 3, 16), (7, 7, 3, 10**7)])
def test_hdf5_that_declares_what_it_does_not_hold(tmp_path, layout, shape):
    """The files have a few kilobytes, and some of them declare gigabytes."""
    path = tmp_path / "nn2.h5"
    NN2.save(path, NN2.random_weights(_SETTINGS), _SETTINGS)
    options = {
        "contiguous": {},
        "chunked": {"chunks": (7, 7, 3, 16)},
        "compressed": {"chunks": (7, 7, 3, 16), "compression": "gzip"},
    }
    with h5py.File(path, "r+") as file:
        del file["conv1/kernel"]
        file.create_dataset("conv1/kernel", shape, np.float32, **options[layout])
    if shape[-1] == 16:
        # HDF5 need not store an array of zeros.
        identity.load("nn2", path)
        return
    with pytest.raises(
        ValueError, match=r"nn2\.h5 does not fit .*\n  conv1/kernel: shape .*10000000"
    ):
        identity.load("nn2", path)


@pytest.mark.parametrize("suffix", [".npz", ".NPZ", ".h5", ".H5", ".hdf5"])
def test_suffix_may_be_in_capitals(tmp_path, suffix):
    path = tmp_path / f"nn2{suffix}"
    weights = NN2.random_weights(_SETTINGS)
    NN2.save(path, weights, _SETTINGS)
    assert is_own_file(path)
    np.testing.assert_array_equal(
        read_weights(path, _shapes(weights))["conv1/bias"], weights["conv1/bias"]
    )


def _shapes(weights):
    return {name: array.shape for name, array in weights.items()}
