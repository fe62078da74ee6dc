"""Reads `.npz` files of a user's without trusting them.

Nothing is unpickled, and nothing is allocated before the sizes that the file declares have been
compared with the file's own size.
"""

import contextlib
import math
import os
import pathlib
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from storage.lfs_pointer import refuse_lfs_pointer

_SUFFIX = ".npy"
# Deflated data is never smaller than by this factor.
_LARGEST_COMPRESSION = 1032
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_AGAIN = "download or copy it again"
# What the libraries raise on damaged files.
_DAMAGE = (ValueError, OSError, EOFError, RuntimeError, SyntaxError, MemoryError)
_DAMAGE += (zipfile.BadZipFile, zlib.error, tokenize.TokenError)
# How NumPy's readers of headers are chosen; a third version is for types of records alone.
_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class Header(NamedTuple):
    """What a file says of an array."""

    shape: tuple[int, ...]
    dtype: np.dtype


class StoredArrays(Mapping[str, np.ndarray]):
    """The arrays of an open `.npz` by name; each is read when it is asked for."""

    def __init__(self, path: pathlib.Path, archive: zipfile.ZipFile):
        """Reads the headers of all arrays.

        Args:
          path: of the file, for messages.
          archive: the open file.

        Raises:
          ValueError: see `open_npz`.
        """
        self._path = path
        self._archive = archive
        self._headers = {}
        _check_sizes(path, archive)
        for member in archive.infolist():
            if member.filename.endswith(_SUFFIX):
                name = member.filename.removesuffix(_SUFFIX)
                self._headers[name] = _read_header(path, archive, member)

    def header(self, name: str) -> Header:
        """The shape and the dtype of an array, which is not read."""
        return self._headers[name]

    def array(self, name: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
        """Reads an array that must be there.

        Args:
          name: of the array.
          shape: that it must have; None for any.

        Raises:
          ValueError: the file lacks the array, or has it in another shape, or is damaged there.
        """
        if name not in self._headers:
            raise ValueError(
                f"{self._path}: has no array {name!r}; it has {', '.join(self) or 'none'}"
            )
        found = self._headers[name].shape
        if shape is not None and found != tuple(shape):
            raise ValueError(
                f"{self._path}: array {name!r} has shape {found}, but {tuple(shape)} is needed"
            )
        try:
            with self._archive.open(name + _SUFFIX) as file:
                return np.lib.format.read_array(file, allow_pickle=False)
        except _DAMAGE as error:
            raise ValueError(
                f"{self._path}: array {name!r} cannot be read ({error}); {_AGAIN}"
            ) from error

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._headers:
            raise KeyError(name)
        return self.array(name)

    def __contains__(self, name: object) -> bool:
        return name in self._headers

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


@contextlib.contextmanager
def open_npz(path: str | os.PathLike) -> Iterator[StoredArrays]:
    """Opens an `.npz` file, and checks the headers of its arrays.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is no `.npz`, a Git LFS pointer, or damaged; it holds pickled objects,
        which are never opened; or an array declares more than the file holds.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    refuse_lfs_pointer(path)
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise ValueError(f"{path}: {_what_else_it_is(path)} ({error})") from error
    with archive:
        yield StoredArrays(path, archive)


def _what_else_it_is(path):
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        return f"is empty; {_AGAIN}"
    if head.startswith(b"\x80"):
        return "is a pickle, which can run any code and is never opened"
    if head.startswith(b"\x93NUMPY"):
        return "is a single array (.npy), but an .npz is needed"
    return f"is no .npz file, or is cut short; {_AGAIN}"


def _check_sizes(path, archive):
    """Compares what the archive's directory declares with the size of the file."""
    size = path.stat().st_size
    for member in archive.infolist():
        packed, largest = member.compress_size, member.compress_size
        if member.compress_type not in _METHODS or member.flag_bits & 1:
            raise ValueError(f"{path}: {member.filename!r} is packed in a way that NumPy's are not")
        if member.compress_type == zipfile.ZIP_DEFLATED:
            largest = packed * _LARGEST_COMPRESSION
        if member.file_size > largest:
            raise ValueError(
                f"{path}: {member.filename!r} declares {member.file_size:,} bytes, but the file "
                f"holds {packed:,} of it"
            )
        size -= packed
    if size < 0:
        raise ValueError(f"{path}: declares more arrays than the file holds; {_AGAIN}")


def _read_header(path, archive, member):
    name = f"{path}: {member.filename!r}"
    try:
        with archive.open(member) as file:
            version = np.lib.format.read_magic(file)
            if version not in _HEADER_READERS:
                raise ValueError(f"it has version {version} of NumPy's format")
            shape, _, dtype = _HEADER_READERS[version](file)
            held = member.file_size - file.tell()
    except _DAMAGE as error:
        raise ValueError(f"{name} is no array that can be read ({error}); {_AGAIN}") from error
    if dtype.hasobject:
        raise ValueError(
            f"{name} holds pickled objects, which can run any code and are never opened"
        )
    if dtype.kind == "V":
        raise ValueError(f"{name} has the type {dtype}, but numbers or texts are needed")
    # Texts of length 0 take a place in memory, but none in the file.
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count * dtype.itemsize != held or count > max(1, held):
        raise ValueError(
            f"{name} declares an array of shape {shape} and type {dtype}, but holds {held:,} "
            f"bytes; {_AGAIN}"
        )
    return Header(shape, dtype)
