"""Reads textured scans: where in a picture each vertex lies, and its color there."""

import dataclasses
import os
import pathlib

import cv2
import numpy as np
import trimesh

from storage.printable import printable


@dataclasses.dataclass(frozen=True, eq=False)
class TexturedMesh:
    """A mesh whose colors are in a picture. Vertices on the picture's seams stand there twice.

    Attributes:
      vertices: float64 [N, 3], in the file's unit.
      triangles: int64 [T, 3].
      uv: float64 [N, 2], where vertices lie in the picture, in 0..1; v upward.
      texture: float32 RGB [H, W, 3] in 0..1, row 0 at the bottom.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    texture: np.ndarray

    def colors_at(self, uv: np.ndarray) -> np.ndarray:
        """The colors at places [..., 2] of the picture, float32 [..., 3]; its border goes on."""
        height, width = self.texture.shape[:2]
        flat = np.float32(np.reshape(uv, [-1, 1, 2]) * (width, height) - 0.5)
        # The library's maps may not be longer than a short integer says.
        parts = np.array_split(flat, -(-len(flat) // 30000))
        colors = [
            cv2.remap(
                self.texture, part, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            ).reshape(-1, 3)
            for part in parts
        ]
        return np.concatenate(colors).reshape(*np.shape(uv)[:-1], 3)


def read_textured(path: str | os.PathLike) -> TexturedMesh:
    """Reads an OBJ file with its material and picture.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it cannot be read, or has no texture with coordinates.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{printable(path)}: no such file")
    # The readers of trimesh raise whatever they stumble on in a broken file.
    try:
        mesh = trimesh.load(path, process=False, force="mesh")
        image = getattr(getattr(mesh.visual, "material", None), "image", None)
        uv = getattr(mesh.visual, "uv", None)
        picture = None if image is None else np.asarray(image.convert("RGB"), np.float32) / 255.0
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{printable(path)}: not a readable mesh: {error}") from error
    if picture is None or uv is None:
        raise ValueError(f"{printable(path)}: has no texture with coordinates")
    vertices, triangles = np.array(mesh.vertices), np.array(mesh.faces)
    return TexturedMesh(vertices, triangles, np.array(uv), np.ascontiguousarray(picture[::-1]))
