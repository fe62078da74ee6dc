"""Parts of a face model: vertices near the nose tip, named regions, and meshes of a part alone."""

import numpy as np

from model.morphable_model import MorphableModel

# A region is an ellipsoid on the mean face: around the middle of some landmarks, with half axes
# along x, y and z in mm, and an offset of its middle in mm. A file may bring better masks.
_REGIONS = {
    "nose": (("center.nose.tip",), (22.0, 34.0, 45.0), (0.0, 14.0, -12.0)),
    "mouth": (("right.lips.corner", "left.lips.corner"), (36.0, 18.0, 40.0), (0.0, 0.0, 0.0)),
    "right_eye": (
        ("right.eye.corner_outer", "right.eye.corner_inner"),
        (22.0, 15.0, 30.0),
        (0.0, 0.0, 0.0),
    ),
    "left_eye": (
        ("left.eye.corner_outer", "left.eye.corner_inner"),
        (22.0, 15.0, 30.0),
        (0.0, 0.0, 0.0),
    ),
}
_COMBINED = {"eyes": ("right_eye", "left_eye")}

# The radius to which the paper's evaluation crops scans and meshes (section 4.2).
FACE_RADIUS_MM = 95.0


def distance_from(model: MorphableModel, landmark: str = "center.nose.tip") -> np.ndarray:
    """Measures the distance of each vertex of the mean from a landmark: float [N] mm.

    Raises:
      ValueError: the model has no such landmark.
    """
    center = model.mean_vertices[model.landmark_indices((landmark,))]
    return np.linalg.norm(model.mean_vertices - center, axis=1)


def face_crop(model: MorphableModel, radius_mm: float = FACE_RADIUS_MM) -> np.ndarray:
    """Finds the vertices of the mean within a radius of the nose tip: bool [N]."""
    return distance_from(model) <= radius_mm


def cheek_mask(model: MorphableModel) -> np.ndarray:
    """The skin beside the nose, where neither hair nor beard grows much: bool [N].

    Raises:
      ValueError: the model has no landmark at the nose tip.
    """
    nose = model.mean_vertices[model.landmark_indices(("center.nose.tip",))[0]]
    x, y, z = model.mean_vertices.T
    beside = np.abs(np.abs(x) - 32) < 12
    return beside & (np.abs(y - nose[1]) < 14) & (z > nose[2] - 60)


def region(model: MorphableModel, name: str) -> np.ndarray:
    """Finds a named region: that of the model's file, or one around landmarks.

    Args:
      model: the face model.
      name: "nose", "mouth", "right_eye", "left_eye", "eyes", or a name in `model.regions`.

    Returns:
      bool [N].

    Raises:
      ValueError: there is no such region, or the model lacks its landmarks.
    """
    if name in model.regions:
        return model.regions[name]
    if name in _COMBINED:
        return np.any([region(model, part) for part in _COMBINED[name]], axis=0)
    if name not in _REGIONS:
        known = sorted({*_REGIONS, *_COMBINED, *model.regions})
        raise ValueError(f"region {name!r} is not among {', '.join(known)}")
    landmarks, axes, offset = _REGIONS[name]
    center = model.mean_vertices[model.landmark_indices(landmarks)].mean(axis=0) + offset
    return np.sum(((model.mean_vertices - center) / axes) ** 2, axis=1) <= 1


def submesh(triangles: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cuts out the triangles of a mesh whose vertices are all in a mask.

    Args:
      triangles: int32 [T, 3].
      mask: bool [N].

    Returns:
      The vertices that are still used, int32 [M], in their order; and the triangles int32 [S, 3] as
      indices into these.

    Raises:
      ValueError: no triangle is left.
    """
    kept = triangles[np.all(mask[triangles], axis=1)]
    if not len(kept):
        raise ValueError(f"no triangle lies in the mask of {np.count_nonzero(mask)} vertices")
    used = np.unique(kept).astype(np.int32)
    renumbered = np.zeros(len(mask), np.int32)
    renumbered[used] = np.arange(len(used))
    return used, renumbered[kept]
