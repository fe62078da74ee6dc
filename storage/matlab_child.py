"""The process in which a MATLAB file is read: a program that imports nothing of this project.

    python matlab_child.py PATH MEMORY_BYTES [VARIABLE ...]

scipy's reader crashes on some damaged files, and this process may crash without harm. It is started
by `storage.matlab_file`, and writes an .npz without pickled objects to its output. If the file is
damaged, the last line of its error stream says how, and the exit status is `DAMAGED`.
"""

import pathlib
import sys
import zipfile

import numpy as np

DAMAGED = 3
_MEGABYTE = 1 << 20


def main(path: str, memory: int, names: list[str]) -> None:
    """Reads variables and writes them to the standard output; all of them if none are named."""
    # Who starts this process imports the module too, and has no need of scipy.
    import scipy.io

    _limit_memory(memory)
    try:
        variables = scipy.io.loadmat(path, appendmat=False, variable_names=names or None)
        arrays = {
            key: array
            for name, value in variables.items()
            if not name.startswith("__")
            for key, array in _flattened(name, value)
        }
    except MemoryError:
        _end(f"it asks for more than {memory // _MEGABYTE} MB of memory")
    except Exception as error:  # On a damaged file scipy raises whatever it stumbles on.
        _end(" ".join(str(error).split()) or type(error).__name__)
    with zipfile.ZipFile(sys.stdout.buffer, "w") as archive:
        for key, array in arrays.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _end(text):
    sys.stderr.write(f"\n{text}")
    sys.exit(DAMAGED)


def _flattened(name, value):
    """Yields plain arrays by path: of a struct `name/field`, of cell k `name/k`.

    Cells and the elements of an array of structs are counted from 0, by columns, as MATLAB does.
    What is no array (functions, objects) is passed over.
    """
    if hasattr(value, "toarray"):
        yield name, value.toarray()
    elif not isinstance(value, np.ndarray):
        return
    elif value.dtype.names:
        for k, element in enumerate(value.flatten(order="F")):
            prefix = name if value.size == 1 else f"{name}/{k}"
            for field in value.dtype.names:
                yield from _flattened(f"{prefix}/{field}", element[field])
    elif value.dtype == object:
        for k, element in enumerate(value.flatten(order="F")):
            yield from _flattened(f"{name}/{k}", element)
    elif value.dtype.kind in "biufcUS":
        yield name, np.ascontiguousarray(value)


def _limit_memory(more):
    """Lets this process take so many bytes more than it has now, and leave no core file.

    On systems without /proc the limit of time alone remains.
    """
    statistics = pathlib.Path("/proc/self/statm")
    if not statistics.exists():
        return
    import resource

    limit = int(statistics.read_text().split()[0]) * resource.getpagesize() + more
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
