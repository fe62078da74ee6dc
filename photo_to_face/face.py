"""A face that was read from a photograph."""

import dataclasses
import os
import pathlib
from collections.abc import Callable

import numpy as np

from storage.atomic import write_together

# What a file is, by its ending: one of `programs.face_formats.FORMATS`.
KINDS = {".glb": "glb", ".ply": "ply", ".obj": "obj", ".npz": "coefficients", ".png": "render"}


@dataclasses.dataclass(frozen=True, eq=False)
class Face:
    """A face as a mesh and as coefficients of the morphable model.

    Attributes:
      vertices: float32 [N, 3] in mm: +x to the subject's left, +y up, +z out of the face. The face
        is neutral, whatever the photograph shows.
      colors: float32 [N, 3], sRGB in 0..1.
      triangles: int32 [T, 3], counter-clockwise seen from outside.
      shape: float32 [Ks]; texture: float32 [Kt]. Coefficients, standard normal for random faces.
      embedding: float32 [E], a unit vector by the recognition network; the dot product of two says
        how much two photographs look like one person.
      points: float32 [5, 2], eyes, nose and corners of the mouth in the photograph, in pixels; the
        subject's right comes first.
      box: left, top, right and bottom of the face in the photograph, in pixels.
      pose: angles in degrees and the camera, as `results.json` of reconstruct.py has them
        (docs/faces_from_photographs.md).
      notes: what is to be said about the face, such as that it is turned far to a side.
    """

    vertices: np.ndarray
    colors: np.ndarray
    triangles: np.ndarray
    shape: np.ndarray
    texture: np.ndarray
    embedding: np.ndarray
    points: np.ndarray
    box: tuple[float, float, float, float]
    pose: dict
    notes: tuple[str, ...]
    # Makes the files of one kind under a name; and draws the panels.
    _files: Callable[[str, str], dict[str, bytes]] = dataclasses.field(repr=False)
    _picture: Callable[[], np.ndarray] = dataclasses.field(repr=False)

    @property
    def coefficients(self) -> np.ndarray:
        """Shape, then texture: float32 [Ks + Kt]."""
        return np.concatenate([self.shape, self.texture])

    def picture(self) -> np.ndarray:
        """Draws photograph, mesh over it, front, and both sides: uint8 RGB [S, 5 S, 3]."""
        return self._picture()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the face into a file, whose folder is made if need be.

        Args:
          path: its ending says what is written. ".glb": meters, vertex colors, and with the
            embedded face model expressions as morph targets. ".obj" (with a ".mtl" and a texture
            ".png" of the same name) and ".ply": millimeters. ".npz": coefficients. ".png": what
            `picture` draws.

        Raises:
          ValueError: the ending is none of these.
          OSError: the file cannot be written.
        """
        path = pathlib.Path(path)
        kind = KINDS.get(path.suffix.lower())
        if kind is None:
            raise ValueError(f"{path}: must end in one of {', '.join(KINDS)}")
        files = self._files(kind, path.stem)
        if len(files) == 1:
            files = dict(zip([path.name], files.values(), strict=True))
        write_together(path.parent, files)
