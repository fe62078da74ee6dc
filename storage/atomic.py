"""Files that appear complete or not at all: they are written under a temporary name and renamed."""

import contextlib
import os
import pathlib
from collections.abc import Iterator
from typing import BinaryIO


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Gives a temporary path beside `path`; the file there takes its place when the block ends.

    The folder is made if need be. If the block raises, `path` stays as it was. The temporary name
    carries the process's number, so that two processes never write to one file.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Opens a binary file for writing that takes the place of `path` when the block ends."""
    with atomic_path(path) as partial, partial.open("wb") as file:
        yield file


def write_bytes(path: str | os.PathLike, data: bytes) -> None:
    """Writes a file of bytes."""
    with atomic_file(path) as file:
        file.write(data)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes a file of text in UTF-8."""
    write_bytes(path, text.encode())


def write_together(folder: str | os.PathLike, files: dict[str, bytes]) -> None:
    """Writes files by name into a folder; none appears before all of them could be written."""
    with contextlib.ExitStack() as stack:
        for name, data in files.items():
            stack.enter_context(atomic_file(pathlib.Path(folder, name))).write(data)
