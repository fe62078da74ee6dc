"""Locks, so that two processes do not write the same files at the same time."""

import contextlib
import errno
import logging
import os
import pathlib
from collections.abc import Iterator

try:
    import fcntl
except ImportError:
    # Windows has no such locks.
    fcntl = None

_LOG = logging.getLogger(__name__)
# What file systems without locks answer.
_UNSUPPORTED = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK, errno.EINVAL)


@contextlib.contextmanager
def folder_lock(folder: str | os.PathLike) -> Iterator[None]:
    """Keeps a folder for this process as long as the block lasts; the folder is made if need be.

    The kernel gives the lock back when the process ends, however it ends. The file `.lock` in the
    folder means nothing by itself; a process that is killed leaves it there. Where locks are not
    supported, the block runs without one, and a warning says so.

    Raises:
      BlockingIOError: another process has the folder.
    """
    folder = pathlib.Path(folder)
    with _locked(folder / ".lock", folder):
        yield


@contextlib.contextmanager
def file_lock(path: str | os.PathLike) -> Iterator[None]:
    """Keeps a file that is to be written for this process, as `folder_lock` keeps a folder.

    The file itself need not exist. The lock file `<path>.lock` lies beside it as long.

    Raises:
      BlockingIOError: another process has the file.
    """
    path = pathlib.Path(path)
    with _locked(path.with_name(path.name + ".lock"), path):
        yield


@contextlib.contextmanager
def _locked(lock_file: pathlib.Path, kept: pathlib.Path) -> Iterator[None]:
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a+") as file:
        _lock(file, kept)
        if not _is_there(file, lock_file):
            # Its owner removed it after it was opened here: somebody else may lock a new one.
            raise BlockingIOError(f"{kept}: another process was at work on it; try again")
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        try:
            yield
        finally:
            lock_file.unlink(missing_ok=True)


def _is_there(file, path: pathlib.Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _lock(file, kept: pathlib.Path) -> None:
    if fcntl is None:
        _LOG.warning("%s: cannot be locked on this system; use it by one process at a time", kept)
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read().strip()
        process = f"process {owner}" if owner else "another process"
        raise BlockingIOError(
            f"{kept}: {process} is at work on it; wait until that process ends, or give another "
            "place for the output"
        ) from None
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        _LOG.warning("%s: cannot be locked (%s); use it by one process at a time", kept, error)
