"""Opens files, and nothing that only looks like one."""

import os
import stat
from typing import BinaryIO

from storage.printable import printable


def open_regular(path: str | os.PathLike) -> BinaryIO:
    """Opens a regular file for reading.

    Whoever opens a named pipe waits for somebody to write into it, and a device may have no end.

    Raises:
      FileNotFoundError: there is no such file.
      OSError: the path is a folder, a pipe, a socket or a device, or it cannot be read.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(
            f"{printable(path)}: is no regular file but a folder, a pipe, a socket or a device"
        )
    return open(path, "rb")
