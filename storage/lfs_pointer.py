"""Pointers of Git LFS: small texts that stand in for large files which were not fetched yet."""

import os

_BEGINNING = b"version https://git-lfs"


def refuse_lfs_pointer(path: str | os.PathLike) -> None:
    """Checks that a file of a user's is not a mere pointer of Git LFS.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is a pointer; the message says how to fetch the data.
    """
    with open(path, "rb") as file:
        if is_lfs_pointer(file.read(len(_BEGINNING))):
            raise ValueError(f"{path}: is a Git LFS pointer, not the data; run `git lfs pull`")


def is_lfs_pointer(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a pointer of Git LFS."""
    return head.startswith(_BEGINNING)
