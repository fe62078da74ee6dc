"""Names that file systems allow and terminals do not."""

import os
import pathlib

import pytest

from storage.printable import printable


@pytest.mark.parametrize(
    "path, expected",
    [
        ("photos/me.jpg", "photos/me.jpg"),
        ("Zoë 1 – 顔.jpg", "Zoë 1 – 顔.jpg"),
        ("at 9.41\u202fAM.png", "at 9.41\u202fAM.png"),
        (os.fsdecode(b"b\xff\x80.jpg"), r"b\xff\x80.jpg"),
        (os.fsdecode("Zoë".encode("latin-1")), r"Zo\xeb"),
        ("two\nlines\r\t.jpg", r"two\nlines\r\t.jpg"),
        ("\x1b[2Jgone.jpg", r"\x1b[2Jgone.jpg"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\ud800.jpg", r"\ud800.jpg"),
    ],
)
def test_only_what_cannot_be_printed_is_escaped(path, expected):
    assert printable(path) == expected
    assert printable(pathlib.PurePath(path)) == expected
    printable(path).encode()
