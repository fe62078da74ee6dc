"""Arrays that take long to compute, kept in a folder, so that a stopped evaluation goes on.

An array is found by everything that it depends on, and is computed anew where its file is damaged.
"""

import hashlib
import pathlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import tqdm

from storage.atomic import atomic_file

# So many faces or photographs are lost when an evaluation is stopped.
BLOCK = 128


class KeptArrays:
    """Computes arrays once."""

    def __init__(self, folder: pathlib.Path | None = None):
        """Binds the folder that keeps the arrays; without one each is computed when asked for."""
        self._folder = folder

    def __call__(
        self, kind: str, depends_on: Iterable[str | np.ndarray], make: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """Returns the array that `make` computes, or has computed.

        Args:
          kind: what it is, the name of a folder.
          depends_on: everything that makes it another array: texts and arrays.
          make: computes it.
        """
        if self._folder is None:
            return make()
        path = self._folder / kind / f"{_digest(depends_on)}.npy"
        if path.is_file():
            try:
                return np.load(path, allow_pickle=False)
            except (OSError, ValueError, EOFError):
                pass
        array = make()
        with atomic_file(path) as file:
            np.save(file, array, allow_pickle=False)
        return array


def blocks(count: int, what: str, size: int = BLOCK) -> Iterator[slice]:
    """Divides so many things into blocks, and shows how far they are done where there are many."""
    starts = range(0, count, size)
    shown = tqdm.tqdm(starts, desc=what, unit=f"×{size}", mininterval=5, disable=len(starts) < 3)
    for start in shown:
        yield slice(start, start + size)


def _digest(parts: Iterable[str | np.ndarray]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            content = part.encode(errors="surrogateescape")
        else:
            digest.update(f"{part.dtype} {part.shape}".encode())
            content = np.ascontiguousarray(part).tobytes()
        digest.update(f"{len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()
