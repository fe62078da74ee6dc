"""The texture layout of ICT-FaceKit, in one square: a face and the inside of its mouth.

The kit has a square for each material: skin of the face, back of the head, each eyeball, gums and
tongue, teeth, the mouth's inside. It puts some of them over each other. Here each has a place of
its own in a grid of four by four cells, of which the face takes nine.
"""

import os

import numpy as np

from model.layout_pixels import pixels_of_layout
from model.morphable_model import MorphableModel
from model.texture_atlas import TextureAtlas
from storage.arrays import open_npz
from storage.printable import printable

_CELLS = 4
# By material the lower left corner of its square, and how many cells the square is wide.
_FACE_PLACES = {
    "M_Face": (0, 1, 3),
    "M_BackHead": (3, 3, 1),
    "M_ScleraLeft": (3, 2, 1),
    "M_ScleraRight": (3, 1, 1),
}
_MOUTH_PLACES = {"M_Teeth": (0, 0, 1), "M_GumsTongue": (1, 0, 1), "M_BackHead": (2, 0, 1)}
# What is left free inside of a square on each side, in parts of a cell: mipmaps mix neighbors.
_MARGIN = 0.03


def kit_atlas(
    expressions: str | os.PathLike,
    mouth: str | os.PathLike,
    face_model: MorphableModel,
    size: int = 1024,
) -> TextureAtlas:
    """Lays out a face model with the topology of ICT-FaceKit, and behind it its mouth's inside.

    Args:
      expressions, mouth: files with `uv`, `uv_triangles` and `material`; see
        `model.named_expressions`, which says for which face models they are made.
      face_model: one of these; its triangles are in the order of the file's.
      size: width and height of the texture in pixels.

    Raises:
      FileNotFoundError, ValueError: a file is missing, damaged, or of other triangles; or the size
        is not positive.
    """
    if size < 1:
        raise ValueError(f"texture size is {size}; it must be positive")
    face_uv, face_triangles = _placed(_read(expressions), _FACE_PLACES)
    if face_triangles.shape != face_model.triangles.shape:
        raise ValueError(f"{printable(expressions)}: its layout is of other triangles")
    parts = _read(mouth, "triangles")
    mouth_uv, mouth_triangles = _placed(parts, _MOUTH_PLACES)
    uv = np.concatenate([face_uv, mouth_uv])
    triangles = np.concatenate([face_triangles, mouth_triangles + len(face_uv)])
    mesh_triangles = np.concatenate(
        [face_model.triangles, parts["triangles"] + face_model.n_vertices]
    )
    return TextureAtlas(uv, triangles, mesh_triangles, *pixels_of_layout(uv, triangles, size))


def _read(path, *further):
    with open_npz(path) as arrays:
        return {name: arrays.array(name) for name in ("uv", "uv_triangles", "material", *further)}


def _placed(layout, places):
    """Moves each material to its place: float64 [M, 2], and int32 [T, 3], rows of it.

    A coordinate that two materials share is there once for each of them.
    """
    uv, triangles = [], np.empty_like(layout["uv_triangles"])
    count = 0
    for material, (left, bottom, width) in places.items():
        own = layout["material"] == material
        rows, triangles_of_rows = np.unique(layout["uv_triangles"][own], return_inverse=True)
        triangles[own] = triangles_of_rows.reshape(-1, 3) + count
        count += len(rows)
        uv.append(_squeezed(layout["uv"][rows].astype(np.float64), left, bottom, width))
    return np.concatenate(uv), triangles


def _squeezed(uv, left, bottom, width):
    """Stretches coordinates to the width of their square, in which they are centered."""
    low, high = uv.min(axis=0), uv.max(axis=0)
    scale = (width - 2 * _MARGIN) / (high - low).max()
    centered = (uv - (low + high) / 2) * scale + width / 2
    return (centered + np.array([left, bottom])) / _CELLS
