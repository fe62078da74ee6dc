"""Expressions with names, and what is inside of a mouth: what makes a face of the ICT model live.

Both are files of ICT-FaceKit for the embedded face model and for all that share its shapes, such as
those with other colors or another mean face. An expression is a displacement of each vertex, in
millimeters, that is added to any face. Teeth, gums, tongue and the mouth's inside follow the
coefficients of the shape and the same expressions.
"""

import dataclasses
import os
import re

import numpy as np

from model.morphable_model import MorphableModel
from storage.arrays import open_npz
from storage.printable import printable

# Shapes that ARKit has whole, and ICT-FaceKit in halves.
_HALVES = ("browInnerUp", "cheekPuff")
# In a neutral face a tooth would shine through closed lips: the parts stand back by so much.
_SET_BACK_MM = 1.0
# sRGB colors of the materials of ICT-FaceKit.
_COLORS = {
    "M_Teeth": (0.88, 0.84, 0.76),
    "M_GumsTongue": (0.66, 0.36, 0.34),
    "M_BackHead": (0.42, 0.19, 0.18),
}
# Viewers cast no shadows: between these depths (z in mm) the mouth fades to its dark, a warm one,
# since the light that gets there comes from its own red walls.
_DARK_Z, _LIGHT_Z = 55.0, 100.0
_DARK = np.float32([0.20, 0.08, 0.07])
# Vertices of a face model move as the files expect them to this, in millimeters, and lie there to
# what half precision rounds a mean face by.
_SAME_MM, _ROUNDING_MM = 0.05, 0.15


@dataclasses.dataclass(frozen=True)
class NamedExpressions:
    """What a face model's faces can do, at the strength 1 of each expression.

    Attributes:
      names: of E expressions, as ARKit spells them: "eyeBlinkLeft". "browInnerUp" and "cheekPuff"
        are there whole and in halves.
      face: float32 [E, N, 3] mm, the displacements of the face model's vertices.
      mouth: float32 [E, M, 3] mm, those of the vertices inside of the mouth.
      mouth_triangles: int32 [S, 3].
      mouth_colors: float32 sRGB [M, 3] in 0..1.
      teeth, gums: bool [M], the vertices of teeth, and those of gums and tongue.
      mean_shape: float32 [K], where the mean face of the face model lies, from that of the kit, in
        standard deviations of the shape's components.
    """

    names: tuple[str, ...]
    face: np.ndarray
    mouth: np.ndarray
    mouth_triangles: np.ndarray
    mouth_colors: np.ndarray
    teeth: np.ndarray
    gums: np.ndarray
    mean_shape: np.ndarray
    _mouth_mean: np.ndarray
    _mouth_modes: np.ndarray

    def mouth_vertices(self, shape: np.ndarray) -> np.ndarray:
        """Computes the inside of the mouth of a face with coefficients float [Ks]: [M, 3] mm.

        It is as the kit has it; `model.mouth_fit` fits it into the face.
        """
        from_kit = self.mean_shape.copy()
        from_kit[: len(shape)] += np.asarray(shape, np.float32)
        return self._mouth_mean + self._mouth_modes @ from_kit


def load_named_expressions(
    expressions: str | os.PathLike, mouth: str | os.PathLike, face_model: MorphableModel
) -> NamedExpressions | None:
    """Reads both files; None if they are made for other faces than those of the face model.

    Args:
      expressions: `names` [E], `deltas_mm` [E, N, 3].
      mouth: `names` and `deltas_mm` [E, M, 3] of the same expressions, `vertices_mm` [M, 3] of the
        kit's mean face, `shape_displacements_mm` [M, 3, K] for one standard deviation each,
        `triangles`, `material` by triangle; and as marks of the kit `probes` [P], some vertices of
        the face model, with `probe_mean_mm` [P, 3] and `probe_displacements_mm` [P, 3, K].
      face_model: whose faces are to live.

    Raises:
      FileNotFoundError, ValueError: a file is missing, damaged, or lacks an array.
    """
    parts = _read(mouth, _MOUTH_ARRAYS)
    mean_shape = _mean_shape(parts, face_model)
    if mean_shape is None:
        return None
    own = _read(expressions, ("names", "deltas_mm"))
    names = [str(name) for name in own["names"]]
    if names != [str(name) for name in parts["names"]]:
        raise ValueError(f"{printable(mouth)}: names others than {printable(expressions)}")
    back = np.float32([0, 0, _SET_BACK_MM])
    return NamedExpressions(
        names=(*map(arkit_name, names), *_HALVES),
        face=_with_sums(names, np.float32(own["deltas_mm"])),
        mouth=_with_sums(names, np.float32(parts["deltas_mm"])),
        mouth_triangles=parts["triangles"],
        mouth_colors=_mouth_colors(parts),
        teeth=_of_material(parts, "M_Teeth"),
        gums=_of_material(parts, "M_GumsTongue"),
        mean_shape=mean_shape,
        _mouth_mean=np.float32(parts["vertices_mm"]) - back,
        _mouth_modes=np.float32(parts["shape_displacements_mm"]),
    )


def arkit_name(name: str) -> str:
    """Spells a name of ICT-FaceKit as ARKit does: "eyeBlink_L" is "eyeBlinkLeft"."""
    return re.sub("_R$", "Right", re.sub("_L$", "Left", name))


_MOUTH_ARRAYS = (
    *("names", "deltas_mm", "vertices_mm", "shape_displacements_mm", "triangles", "material"),
    *("probes", "probe_mean_mm", "probe_displacements_mm"),
)


def _read(path, names):
    with open_npz(path) as arrays:
        return {name: arrays.array(name) for name in names}


def _mean_shape(parts, face_model):
    """Where the face model's mean face lies in the kit, [K]; None if it is made of other faces."""
    probes, modes = parts["probes"], np.float32(parts["probe_displacements_mm"])
    components = face_model.shape_components
    if probes.max() >= face_model.n_vertices or components > modes.shape[-1]:
        return None
    # The first components are compared: others differ more in what half precision loses.
    tried = min(components, 10)
    moved = face_model.decode_shape(np.eye(tried, components, dtype=np.float32)).numpy()
    own = (moved[:, probes] - face_model.mean_vertices[probes]).transpose(1, 2, 0)
    if np.abs(own - modes[..., :tried]).max() > _SAME_MM:
        return None
    away = face_model.mean_vertices[probes] - parts["probe_mean_mm"]
    shape, *_ = np.linalg.lstsq(modes.reshape(away.size, -1), away.ravel(), rcond=None)
    return np.float32(shape) if np.abs(modes @ shape - away).max() < _ROUNDING_MM else None


def _with_sums(names, deltas):
    sums = [sum(deltas[names.index(f"{whole}_{side}")] for side in "LR") for whole in _HALVES]
    return np.concatenate([deltas, np.stack(sums)])


def _of_material(parts, material):
    vertices = np.zeros(len(parts["vertices_mm"]), bool)
    vertices[parts["triangles"][parts["material"] == material].ravel()] = True
    return vertices


def _mouth_colors(parts):
    colors = np.zeros([len(parts["vertices_mm"]), 3], np.float32)
    for material, color in _COLORS.items():
        colors[_of_material(parts, material)] = color
    z = parts["vertices_mm"][:, 2:]
    light = np.clip((z - _DARK_Z) / (_LIGHT_Z - _DARK_Z), 0, 1)
    return np.float32(_DARK + (colors - _DARK) * light)
