"""Reads ICT-FaceKit, a folder of OBJ files, as a face model.

The kit (https://github.com/ICT-VGL/ICT-FaceKit, MIT license) has one file for each mode: the
neutral face, `identity000.obj` and so on (each one standard deviation of a principal component of
light-stage scans away from it), and named expressions. It is in centimeters. It has no colors: the
model gets those of `model.face_models.painting.color_model`.
"""

import json
import os
import pathlib

import numpy as np

from model.face_model_contents import Cut, FaceModelContents, principal_components
from model.face_models.landmarks_68 import named_landmarks
from model.face_models.painting.color_model import NOTE as COLOR_NOTE
from model.face_models.painting.color_model import PEOPLE, painted_colors
from model.face_models.triangles import mended_triangles
from model.face_models.units import LENGTHS, length_unit
from storage.lfs_pointer import refuse_lfs_pointer

NEUTRAL = "generic_neutral_mesh.obj"
_INDICES = "vertex_indices.json"
LAYOUT = "ICT-FaceKit (folder of OBJ files)"

_CENTIMETERS = 10.0
_N_VERTICES = 26719
# An open jaw moves a vertex by 42 mm, more than the other modes at hand.
_FARTHEST_MM = 150.0
# The kit's parts as its README lists them: the first vertex of each, and the first one after it.
_PARTS = {
    "face": (0, 9409),
    "head and neck": (9409, 11248),
    "mouth socket": (11248, 13294),
    "eye sockets": (13294, 14062),
    "gums and tongue": (14062, 17039),
    "teeth": (17039, 21451),
    "left sclera": (21451, 22221),
    "left iris": (22221, 23021),
    "right sclera": (23021, 23791),
    "right iris": (23791, 24591),
    "eye fluid, blend and occlusion": (24591, 25351),
    "lashes": (25351, 26719),
}
_NARROW_FACE = (0, 6706)
REGIONS = ("head", "face", "narrow")
DROPS = ("eyes", "teeth", "lashes")
# The scleras are closed balls. Only their front, so many mm deep, can be seen, and iris and pupil
# are painted on it.
_EYE_FRONT_MM = 11.0
_IRIS_MM, _PUPIL_MM = 6.2, 2.2
# The weights of blendshapes lie in 0..1, and most are near 0. This deviation is assumed, not
# measured.
_EXPRESSION_DEVIATION = 0.3


def read_ict_facekit(
    folder: str | os.PathLike,
    region: str = "head",
    drop: tuple[str, ...] = ("teeth", "lashes"),
    cut: Cut = Cut(),
    people: int = PEOPLE,
) -> FaceModelContents:
    """Reads the kit, or a part of it with fewer identity modes and expressions.

    Args:
      folder: the folder of the OBJ files, or the kit's root, which has them in `FaceXModel/`.
      region: "head" (with the neck), "face" (with the ears) or "narrow" (without them).
      drop: what to leave out of "eyes", "teeth" (with gums, tongue and mouth socket) and "lashes".
      cut: how many components to keep.
      people: how many people to paint for the colors.

    Returns:
      The model in mm, with principal components that are orthonormal again after the cropping.

    Raises:
      FileNotFoundError: the folder lacks a file that is needed.
      ValueError: a file is damaged or is not of this kit.
    """
    folder = _kit_folder(pathlib.Path(folder))
    neutral, faces = read_obj(folder / NEUTRAL)
    if len(neutral) != _N_VERTICES:
        raise ValueError(
            f"{folder / NEUTRAL}: has {len(neutral)} vertices; ICT-FaceKit Light has {_N_VERTICES}"
        )
    unit = length_unit(folder, NEUTRAL, neutral, _CENTIMETERS)
    repairs = []
    if unit != _CENTIMETERS:
        repairs.append(f"{NEUTRAL} and the others: in {LENGTHS[unit]}; converted")
    neutral = neutral * unit
    kept = _kept_vertices(neutral, region, drop)
    vertices = neutral[kept]
    triangles, mended = mended_triangles(folder, NEUTRAL, _triangles(faces, kept), vertices)
    shape = principal_components(
        vertices, _modes(_identity_files(folder), neutral, kept, unit), cut.shape
    )
    landmarks_68 = _landmarks_68(folder, kept)
    regions = _regions(kept, vertices)
    color = painted_colors(vertices, regions, landmarks_68, cut.texture, people)
    names = {point + 1: int(vertex) for point, vertex in enumerate(landmarks_68) if vertex >= 0}
    return FaceModelContents(
        layout=LAYOUT,
        shape=shape,
        color=color,
        triangles=triangles,
        landmarks=named_landmarks(names),
        expression=_expressions(folder, neutral, kept, unit, cut.expression),
        landmarks_68=landmarks_68,
        regions=regions,
        source_index=kept,
        notes={
            "source": "USC ICT-FaceKit Light, https://github.com/ICT-VGL/ICT-FaceKit",
            "license": "MIT (c) 2020 USC Institute for Creative Technologies",
            "shape_note": "principal components of light-stage scans, cropped, orthonormal again",
            "expression_note": (
                "principal components of the blendshapes; weights of deviation "
                f"{_EXPRESSION_DEVIATION} assumed; the mean is the neutral face"
            ),
            "color_note": COLOR_NOTE,
            "region": f"{region} without {', '.join(drop) or 'nothing'}",
        },
        repairs=(*repairs, *mended),
    )


def is_ict_facekit(path: str | os.PathLike) -> bool:
    """Says whether a folder looks like the kit."""
    return any((pathlib.Path(path) / sub / NEUTRAL).is_file() for sub in (".", "FaceXModel"))


def read_obj(path: pathlib.Path) -> tuple[np.ndarray, list[list[int]]]:
    """Reads the vertices and faces of an OBJ file, in its own order.

    Returns:
      Vertices float64 [N, 3], and for each face its vertices, counted from 0.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is a Git LFS pointer, a line has no numbers where they belong, a number
        is not finite, or a face names a vertex that is not there.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; it is part of ICT-FaceKit")
    refuse_lfs_pointer(path)
    vertices, faces = [], []
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                if line.startswith("v "):
                    x, y, z = line.split()[1:4]
                    vertices.append((float(x), float(y), float(z)))
                elif line.startswith("f "):
                    faces.append([int(corner.split("/")[0]) - 1 for corner in line.split()[1:]])
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}; damaged?") from None
    vertices = np.array(vertices, np.float64).reshape(-1, 3)
    if not np.isfinite(vertices).all():
        raise ValueError(f"{path}: holds vertices that are not finite; damaged?")
    if any(not 0 <= corner < len(vertices) for face in faces for corner in face):
        raise ValueError(f"{path}: a face names a vertex that is not among the {len(vertices)}")
    return vertices, faces


def _kit_folder(folder):
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; give that of the kit's OBJ files")
    inner = folder / "FaceXModel"
    return inner if inner.is_dir() else folder


def _identity_files(folder):
    files = sorted(folder.glob("identity[0-9]*.obj"))
    if not files:
        raise FileNotFoundError(f"{folder}: has no identity000.obj; it is part of ICT-FaceKit")
    return files


def _modes(files, neutral, kept, unit):
    """Displacements from the neutral face: float64 [3N, K] mm."""
    modes = []
    for path in files:
        vertices, _ = read_obj(path)
        if len(vertices) != len(neutral):
            raise ValueError(
                f"{path}: has {len(vertices)} vertices, but {NEUTRAL} has {len(neutral)}"
            )
        mode = (vertices * unit - neutral)[kept]
        far = np.linalg.norm(mode, axis=1).max()
        if far > _FARTHEST_MM:
            raise ValueError(
                f"{path}: moves a vertex {far:.4g} mm away from {NEUTRAL}, more than "
                f"{_FARTHEST_MM:g}; both must be in one unit and of one kit"
            )
        modes.append(mode.reshape(-1))
    return np.stack(modes, axis=1)


def _expressions(folder, neutral, kept, unit, components):
    files = sorted(folder.glob("*.obj"))
    files = [f for f in files if f.name != NEUTRAL and not f.name.startswith("identity")]
    if not files:
        return None
    modes = _modes(files, neutral, kept, unit) * _EXPRESSION_DEVIATION
    return principal_components(np.zeros((len(kept), 3)), modes, components)


def _kept_vertices(neutral, region, drop):
    """Numbers in the kit of the vertices to keep, int32 [N], ascending."""
    for name in drop:
        if name not in DROPS:
            raise ValueError(f"drop {name!r} is not among {', '.join(DROPS)}")
    if region not in REGIONS:
        raise ValueError(f"region {region!r} is not among {', '.join(REGIONS)}")
    skin = ["face", "head and neck"] if region == "head" else ["face"]
    ranges = [_NARROW_FACE] if region == "narrow" else [_PARTS[name] for name in skin]
    if "teeth" not in drop:
        ranges += [_PARTS[name] for name in ("mouth socket", "gums and tongue", "teeth")]
    if "lashes" not in drop:
        ranges.append(_PARTS["lashes"])
    kept = [np.arange(*limits) for limits in ranges]
    if "eyes" not in drop:
        for side in ("left", "right"):
            ball = np.arange(*_PARTS[f"{side} sclera"])
            depth = neutral[ball, 2].max() - neutral[ball, 2]
            kept.append(ball[depth <= _EYE_FRONT_MM])
    return np.sort(np.concatenate(kept)).astype(np.int32)


def _triangles(faces, kept):
    """Triangles int32 [T, 3] of the vertices that are kept; a face with more corners is a fan."""
    new = np.full(_N_VERTICES, -1, np.int32)
    new[kept] = np.arange(len(kept))
    fans = []
    for face in faces:
        corners = new[face]
        if corners.min() >= 0:
            fans += [(corners[0], corners[k], corners[k + 1]) for k in range(1, len(face) - 1)]
    return np.array(fans, np.int32)


def _landmarks_68(folder, kept):
    path = folder / _INDICES
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; it is part of ICT-FaceKit")
    try:
        points = json.loads(path.read_text())["idx_to_landmark_verts"]
        position = np.searchsorted(kept, points).clip(max=len(kept) - 1)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: has no list idx_to_landmark_verts ({error})") from None
    return np.where(kept[position] == points, position, -1).astype(np.int32)


def _regions(kept, vertices):
    """Masks bool [N] of the parts that vertices belong to, by their names."""
    regions = {"skin": kept < _PARTS["head and neck"][1], "narrow_face": kept < _NARROW_FACE[1]}
    regions["face"] = kept < _PARTS["face"][1]
    names = {"mouth": ("mouth socket", "gums and tongue"), "teeth": ("teeth",)}
    for name, parts in (names | {"lashes": ("lashes",)}).items():
        masks = [(kept >= _PARTS[p][0]) & (kept < _PARTS[p][1]) for p in parts]
        regions[f"inner_{name}" if name == "mouth" else name] = np.any(masks, axis=0)
    eyes = {name: np.zeros(len(kept), bool) for name in ("sclera", "iris", "pupil")}
    for side in ("left", "right"):
        first, end = _PARTS[f"{side} sclera"]
        ball = np.flatnonzero((kept >= first) & (kept < end))
        if len(ball):
            # The eye looks along +z: its foremost point is the middle of the pupil.
            away = vertices[ball] - vertices[ball[np.argmax(vertices[ball, 2])]]
            radius = np.hypot(away[:, 0], away[:, 1])
            eyes["pupil"][ball] = radius <= _PUPIL_MM
            eyes["iris"][ball] = (radius > _PUPIL_MM) & (radius <= _IRIS_MM)
            eyes["sclera"][ball] = radius > _IRIS_MM
    return {name: mask for name, mask in (regions | eyes).items() if mask.any()}
