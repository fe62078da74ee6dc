"""Reads MATLAB files of version 7 and older in a process of their own.

The library that reads them crashes on some damaged files, and takes whatever memory their headers
ask for. Here the process that reads may crash, hang or run out of memory, and the caller gets one
line. Files of version 7.3 are HDF5 and are no business of this module.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence

import numpy as np

from storage import matlab_child

# What reading may take beside the libraries: arrays in files are compressed to about a half at
# best, and are held twice while they are converted. Repetitive ones, which compress further, are
# small: a gigabyte holds them.
_MEMORY_FLOOR, _MEMORY_SHARE = 1 << 30, 8
# In seconds: for the start, and for each byte of a file on a slow network.
_TIME_FLOOR, _TIME_SHARE = 60.0, 1 / 2e6
_AGAIN = "download or copy it again"


def read_matlab(
    path: str | os.PathLike, names: Sequence[str] = (), time_limit: float | None = None
) -> dict[str, np.ndarray]:
    """Reads variables of a MATLAB file.

    Args:
      path: a file of MATLAB 4 to 7 (not 7.3).
      names: the variables to read; those that the file lacks are left out. All by default.
      time_limit: in seconds; by default a minute and what a slow disk needs for so large a file.

    Returns:
      Arrays in the shapes of MATLAB (at least two axes) and texts as arrays of str, by name. The
      fields of a struct are `variable/field`. The contents of a cell array are `variable/0`,
      `variable/1` and so on, by columns, and so are the elements of an array of more than one
      struct. Whatever else there is (functions, objects) is left out.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is damaged or is no such MATLAB file, or reading it took too much memory
        or time; the message names the file.
      RuntimeError: the process that reads could not work at all.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    size = path.stat().st_size
    memory = _MEMORY_FLOOR + _MEMORY_SHARE * size
    time_limit = time_limit or _TIME_FLOOR + _TIME_SHARE * size
    # By its path, so that no module of this project or of the working folder is imported there.
    command = [sys.executable, matlab_child.__file__, str(path.absolute()), str(memory), *names]
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                timeout=time_limit,
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONSAFEPATH": "1"},
            )
        except subprocess.TimeoutExpired:
            raise ValueError(
                f"{path}: could not be read within {time_limit:.0f} s; is it damaged?"
            ) from None
        _check(path, done)
        return _arrays(path, output)


def _check(path, done):
    """Turns the end of the process that reads into an error, unless it went well."""
    if not done.returncode:
        return
    text = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1]
    if done.returncode < 0:
        text = f"reading it ended in {signal.Signals(-done.returncode).name}"
    elif done.returncode != matlab_child.DAMAGED:
        raise RuntimeError(f"{path}: the process that reads MATLAB files failed ({text})")
    raise ValueError(f"{path}: is truncated or damaged ({text}); {_AGAIN}")


def _arrays(path, output):
    """The arrays that the process wrote."""
    output.seek(0)
    try:
        with np.load(output, allow_pickle=False) as archive:
            return dict(archive)
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: is truncated or damaged ({error}); {_AGAIN}") from None
