"""Finds the vertices of landmarks that a file gives as points in space."""

import os

import numpy as np
import scipy.spatial
import trimesh

from model.face_models.landmarks_68 import NAMED_POINTS
from model.face_models.units import LENGTHS

# A landmark counts as on the surface up to this distance, since people set them by hand.
_OFF_MM = 10.0
# The landmarks of a face are farther apart than this; in a wrong unit all lie near the origin.
_SMALLEST_MM = 20.0


def nearest_vertices(
    path: str | os.PathLike,
    name: str,
    points: dict[str, np.ndarray],
    vertices: np.ndarray,
    triangles: np.ndarray,
    unit: float,
) -> tuple[dict[str, int], list[str]]:
    """Finds the vertex of the mean that is nearest to each landmark.

    Args:
      path: the file, for messages.
      name: what it calls its landmarks, for messages.
      points: float [3] by the names of the landmarks, in the file's unit.
      vertices: float [N, 3] mm, the mean.
      triangles: int [T, 3].
      unit: the factor to millimeters that the file's mean has.

    Returns:
      Vertices by names, and a sentence for each repair. Landmarks in another unit than the mean are
      converted; those that lie off the surface, where a crop has left them, are left out.

    Raises:
      ValueError: a landmark is no point in space, or one that this project works with lies off the
        surface; names it, its place and the distance.
    """
    if not points:
        return {}, []
    for landmark, point in points.items():
        if point.shape != (3,) or not np.isfinite(point).all():
            raise ValueError(
                f"{path}: landmark {landmark!r} of {name} is at {point.tolist()}, which is no "
                "point in space"
            )
    places = np.stack(list(points.values()))
    tree = scipy.spatial.cKDTree(vertices)
    repairs = []
    distances = _distances(places * unit, tree, vertices, triangles)
    if (distances > _OFF_MM).all():
        for other in LENGTHS.keys() - {unit}:
            in_other = _distances(places * other, tree, vertices, triangles)
            if (in_other <= _OFF_MM).all():
                repairs.append(f"{name}: in {LENGTHS[other]}, unlike the mean; converted")
                unit, distances = other, in_other
    off = {k: d for k, d in zip(points, distances, strict=True) if d > _OFF_MM}
    needed = [k for k in off if k in NAMED_POINTS.values()]
    if needed:
        worst = max(needed, key=off.get)
        raise ValueError(
            f"{path}: landmark {worst!r} of {name}, at {_text(points[worst])}, lies "
            f"{off[worst]:.4g} mm off the mean's surface ({len(off)} of {len(points)} lie more "
            f"than {_OFF_MM:g} mm off); give the landmarks in the frame and unit of the mean"
        )
    if off:
        repairs.append(
            f"{len(off)} of {len(points)} landmarks of {name} lie off the mean's surface and were "
            f"left out: {', '.join(sorted(off))}"
        )
    nearest = tree.query(places * unit)[1]
    found = zip(points, nearest, strict=True)
    return {k: int(vertex) for k, vertex in found if k not in off}, repairs


def _distances(places, tree, vertices, triangles):
    """The distances [P] of places [P, 3] from the surface, exact where they decide."""
    distances = tree.query(places)[0]
    if len(places) > 2 and np.ptp(places, axis=0).max() < _SMALLEST_MM:
        return np.full(len(places), np.inf)
    corners = vertices[triangles].astype(np.float64)
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max()
    # Between the vertices of a coarse mesh a point may be far from each of them.
    for k in np.flatnonzero((distances > _OFF_MM) & (distances <= _OFF_MM + longest)):
        closest = trimesh.triangles.closest_point(corners, np.tile(places[k], (len(corners), 1)))
        distances[k] = np.linalg.norm(closest - places[k], axis=1).min()
    return distances


def _text(point):
    return "(" + ", ".join(f"{x:.4g}" for x in point) + ")"
