"""Recognizes files that are no face model by their first bytes, and says what to do with them.

The content counts, not the name: a download may be a web page, an archive, or a pointer of Git LFS
in place of the file.
"""

import os
import pathlib
import zlib

from storage.lfs_pointer import refuse_lfs_pointer

HDF5 = b"\x89HDF\r\n\x1a\n"
# Files of MATLAB 5 to 7 begin with this text; so do those of 7.3, which are HDF5 behind it.
MATLAB = b"MATLAB "

_HEAD = 512
_SAVE = (
    "save it again in a format that can be read: "
    "`save -v7 01_MorphableModel.mat shapeMU shapePC shapeEV texMU texPC texEV tl`"
)
OCTAVE = f"is a file in a format of Octave's own; {_SAVE}, in Octave"
_ARCHIVE = "is a compressed archive ({}); unpack it, and give the .h5 or .mat file inside"
_WEB_PAGE = "is a web page, as a failed download leaves it; log in at its source and download again"
_PICKLE = (
    "is a pickle, which can run any code and is never opened; a face model comes as .h5 or .mat"
)
# How a file begins, and what that means.
_OTHERS = (
    (b"# Created by Octave", OCTAVE),
    (b"# name:", OCTAVE),
    (b"Octave-1-", OCTAVE),
    (b"\x80", _PICKLE),
    (b"PK\x03\x04", _ARCHIVE.format("ZIP or NumPy .npz")),
    (b"BZh", _ARCHIVE.format("bzip2")),
    (b"\xfd7zXZ", _ARCHIVE.format("xz")),
    (b"(\xb5/\xfd", _ARCHIVE.format("Zstandard")),
    (b"7z\xbc\xaf", _ARCHIVE.format("7-Zip")),
    (b"Rar!", _ARCHIVE.format("RAR")),
    (b"<!doctype", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
    (b"<?xml", _WEB_PAGE),
)
_GZIP = b"\x1f\x8b"


def first_bytes(path: str | os.PathLike) -> bytes:
    """Reads the first bytes of a face model file, at most 512.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is empty or of a kind that is no face model (a Git LFS pointer, a pickle,
        Octave's text, an archive, a web page); the message says what to do.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such face model file; give a Basel Face Model (.h5 or .mat) or one in its "
            "layout"
        )
    refuse_lfs_pointer(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise ValueError(f"{path}: is empty; download or copy it again")
    problem = _problem(head, path.suffix.lower())
    if problem:
        raise ValueError(f"{path}: {problem}")
    return head


def _problem(head, suffix):
    if suffix in (".pkl", ".pickle"):
        return _PICKLE
    if head.startswith(_GZIP):
        inside = _problem(_unpacked(head), suffix)
        return inside if inside == OCTAVE else _ARCHIVE.format("gzip; `gunzip` opens it")
    start = head.lstrip().lower()[:64]
    for beginning, problem in _OTHERS:
        if head.startswith(beginning) or (problem == _WEB_PAGE and start.startswith(beginning)):
            return problem
    if suffix == ".mat" and _is_table(head):
        return f"is a table of numbers as text (`save -ascii`), which names no arrays; {_SAVE}"
    return ""


def _unpacked(head):
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, 64)
    except zlib.error:
        return b""


def _is_table(head):
    """Says whether a file begins with numbers as text."""
    try:
        return all(float(word) is not None for word in head.decode("ascii").split()[:4])
    except ValueError:
        return False
