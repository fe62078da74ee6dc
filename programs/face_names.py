"""What the files of faces are called: by their photographs, unique and harmless."""

import collections
import pathlib
import re
from collections.abc import Collection

from data_pipeline.photographs import Photograph
from programs.face_formats import SUFFIXES

_NAME_BYTES = 180


def output_names(paths: list[pathlib.Path]) -> list[str]:
    """Names the files of each photograph: by its own name, made unique and harmless.

    Equal names in different folders are preceded by the folder's; the rest is numbered. Names that
    differ only in case are equal, since some file systems say so.
    """
    stems = [_harmless(path.stem) for path in paths]
    counts = collections.Counter(stem.casefold() for stem in stems)
    taken, names = set(), []
    for path, stem in zip(paths, stems, strict=True):
        if counts[stem.casefold()] > 1 and path.parent.name:
            stem = _harmless(f"{path.parent.name}_{stem}")
        name, number = stem, 1
        # A face's render must not be another face's texture.
        while taken & {name.casefold(), f"{name}_render".casefold()}:
            number += 1
            name = f"{stem}_{number}"
        taken |= {name.casefold(), f"{name}_render".casefold()}
        names.append(name)
    return names


class FurtherNames:
    """Names the second and later faces of photographs: each name once, and no photograph's."""

    def __init__(
        self, names: Collection[str], photos: Collection[Photograph], folder: pathlib.Path
    ):
        """Takes the names that are given already, and the photographs, which stay whole."""
        self._taken = {name.casefold() for name in names}
        self._photos = {photo.path.resolve() for photo in photos}
        self._folder = folder

    def __call__(self, name: str, number: int) -> str:
        """Names a face of the photograph whose largest face has a name; numbers begin at 2."""
        found = f"{name}_face{number}"
        while self._is_taken(found):
            found += "_"
        self._taken.add(found.casefold())
        return found

    def _is_taken(self, name):
        # A face's render must not be another face's texture.
        if {name.casefold(), f"{name}_render".casefold()} & self._taken:
            return True
        files = ((self._folder / f"{name}{suffix}").resolve() for suffix in SUFFIXES)
        return any(file in self._photos for file in files)


def _harmless(stem: str) -> str:
    """Takes out white space and signs, which readers of OBJ files stumble over."""
    # Bytes that are no text in the file system's encoding have no place in a mesh file.
    stem = stem.encode(errors="surrogateescape").decode(errors="replace")
    name = re.sub(r"[^\w.-]+", "_", stem).strip("._-")
    return name.encode()[:_NAME_BYTES].decode(errors="ignore") or "face"
