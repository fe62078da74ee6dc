"""File names as text that every terminal, log and file can take."""

import os
import unicodedata

# Python keeps bytes of a file name that are no UTF-8 as these characters, which no UTF-8 can hold.
_ESCAPED_BYTES = range(0xDC80, 0xDD00)


def printable(path: str | os.PathLike) -> str:
    r"""Returns a path with everything escaped that cannot be printed or written as text.

    These are bytes that are no UTF-8 (`\xff`), and characters that begin a new line, move the
    cursor or turn the direction of writing (`\n`, `\x1b`, `\u202e`).
    """
    return "".join(map(_escaped, os.fspath(path)))


def _escaped(character):
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    if ord(character) in _ESCAPED_BYTES:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
