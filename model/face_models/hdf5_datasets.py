"""Datasets of an open face model file in the layout of BFM 2017, checked as they are read."""

import pathlib

import h5py
import numpy as np

from model.face_models import checks, file_kind
from storage.hdf5_file import read_dataset


class CheckedDatasets:
    """Arrays and texts of an open HDF5 file; errors name the file and the dataset.

    Attributes:
      path: of the file.
      file: the open file.
    """

    def __init__(self, path: pathlib.Path, file: h5py.File):
        self.path = path
        self.file = file

    def array(self, name: str, dtype: type = np.float32, columns: int | None = None) -> np.ndarray:
        """Reads a dataset of numbers, or only its first columns."""
        values = read_dataset(self.path, self.dataset(name), columns)
        return checks.checked_array(self.path, name, values, dtype)

    def dataset(self, name: str) -> h5py.Dataset:
        """Finds a dataset that has to be there."""
        if not isinstance(self.file.get(name), h5py.Dataset):
            if isinstance(self.file.get("shapePC"), h5py.Group):
                raise ValueError(f"{self.path}: {file_kind.OCTAVE}")
            if "shapePC" in self.file:
                raise ValueError(
                    f"{self.path}: holds the arrays of BFM 2009 (shapePC), not those of BFM 2017; "
                    "give it the name it came with, 01_MorphableModel.mat"
                )
            raise ValueError(f"{self.path}: has no dataset {name!r}, which BFM 2017 files have")
        return self.file[name]

    def indices(self, name: str, count: int) -> np.ndarray | None:
        """Reads a dataset int32 [count]; None if the file has none of this name."""
        if name not in self.file:
            return None
        entries = self.dataset(name).size
        if entries != count:
            raise ValueError(f"{self.path}: {name} has {entries} entries, not {count}")
        return self.array(name, np.int32).reshape(-1)

    def text(self, name: str) -> str | None:
        """Reads a dataset that holds one text, as a string of any kind or as bytes.

        Returns None if the file has none of this name.
        """
        if name not in self.file:
            return None
        value = read_dataset(self.path, self.dataset(name))
        array = np.asarray(value)
        if array.size == 1 and array.dtype.kind in "OSU":
            value = array.item()
        elif array.dtype.kind in "VSui":
            value = array.tobytes()
        if not isinstance(value, (bytes, str)):
            raise ValueError(f"{self.path}: {name!r} has type {array.dtype}, not one text")
        return value.decode(errors="replace") if isinstance(value, bytes) else value
