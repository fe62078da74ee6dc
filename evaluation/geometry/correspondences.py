"""The third stage of a protocol: which points of prediction and scan are compared.

A correspondence takes the aligned prediction, the scan and a patch of it (bool [N]), and returns
the pairs from the scan's points, from the prediction's, or both.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from evaluation.geometry.alignments import check_same_topology
from evaluation.geometry.face import Face
from evaluation.geometry.icp import same_side
from evaluation.geometry.surface import Surface

# A layer of the prediction is hidden if it is so far from the scan, and another layer is so many
# times closer there.
_HIDDEN_MM, _TIMES_CLOSER = 1.0, 3.0


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Vertices of one mesh, and the points of the other one that they are compared with.

    Attributes:
      indices: int64 [M], the vertices.
      points: float64 [M, 3] mm, where they are.
      partners: float64 [M, 3] mm, the points of the other mesh.
      normals: float64 [M, 3], of the other mesh at the partners.
    """

    indices: np.ndarray
    points: np.ndarray
    partners: np.ndarray
    normals: np.ndarray


@dataclasses.dataclass(frozen=True)
class Correspondence:
    """The pairs of the scan's vertices, and of the prediction's; None where only one side asks."""

    of_scan: Pairs | None
    of_prediction: Pairs | None


def both_surfaces(prediction: Face, scan: Face, patch: np.ndarray) -> Correspondence:
    """The closest points of the triangles, in both directions, inside of the intersection.

    The intersection is what both surfaces have: a vertex counts if the closest point of the other
    surface is not on its border, and if the surfaces look to the same side there (within 60°). Of
    the prediction no vertex counts that a scanner cannot see: the back of an eyelid or of an
    eyeball, whose closest point of the scan is far closer to another part of the prediction.
    """
    return _both(prediction, scan, patch, exact=True)


def both_vertices(prediction: Face, scan: Face, patch: np.ndarray) -> Correspondence:
    """As `both_surfaces`, with the closest vertices instead of the closest points."""
    return _both(prediction, scan, patch, exact=False)


def scan_to_surface(prediction: Face, scan: Face, patch: np.ndarray) -> Correspondence:
    """From each vertex of the patch to the closest point of the prediction, without exception."""
    own = np.flatnonzero(patch)
    hits = prediction.surface.nearest_hits(scan.surface.vertices[own])
    return Correspondence(Pairs(own, scan.surface.vertices[own], hits.points, hits.normals), None)


def prediction_to_vertices(prediction: Face, scan: Face, patch: np.ndarray) -> Correspondence:
    """From each vertex of the prediction in the intersection to the closest vertex of the scan."""
    return Correspondence(None, _both(prediction, scan, patch, exact=False).of_prediction)


def numbers(prediction: Face, scan: Face, patch: np.ndarray) -> Correspondence:
    """From each vertex of the patch to the vertex of the same number.

    Raises:
      ValueError: the meshes have no common numbers.
    """
    check_same_topology(prediction, scan)
    own = np.flatnonzero(patch)
    surface = prediction.surface
    partners = surface.vertices[own], surface.normals[own]
    return Correspondence(Pairs(own, scan.surface.vertices[own], *partners), None)


def _both(prediction, scan, patch, exact):
    target = scan.surface.cut(patch)
    # The cut has vertices of its own; the numbers of the scan's are wanted.
    own = _used_in_cut(scan.surface.triangles, patch)
    center = (target.vertices.min(axis=0) + target.vertices.max(axis=0)) / 2
    radius = np.linalg.norm(target.vertices - center, axis=1).max()
    near = np.linalg.norm(prediction.surface.vertices - center, axis=1) <= radius
    asking = prediction.surface.used[near[prediction.surface.used]]
    surface = prediction.surface
    of_prediction = _pairs(asking, surface.vertices[asking], surface.normals[asking], target, exact)
    return Correspondence(
        _pairs(own, target.vertices, scan.surface.normals[own], surface, exact),
        _visible(of_prediction, surface),
    )


def _visible(pairs: Pairs, prediction: Surface) -> Pairs:
    """Leaves out the vertices of the prediction that lie behind another part of it."""
    own = np.linalg.norm(pairs.points - pairs.partners, axis=1)
    closest = prediction.ring_hits(pairs.partners).points
    nearest = np.linalg.norm(closest - pairs.partners, axis=1)
    seen = (own < _HIDDEN_MM) | (own < _TIMES_CLOSER * nearest)
    return Pairs(*(getattr(pairs, field.name)[seen] for field in dataclasses.fields(pairs)))


def _used_in_cut(triangles, patch):
    return np.unique(triangles[np.all(patch[triangles], axis=1)])


def _pairs(indices, points, normals, other, exact):
    hits = other.nearest_hits(points) if exact else other.nearest_vertex_hits(points)
    inside = same_side(normals, hits)
    return Pairs(indices[inside], points[inside], hits.points[inside], hits.normals[inside])


CORRESPONDENCES: dict[str, Callable[[Face, Face, np.ndarray], Correspondence]] = {
    "both_surfaces": both_surfaces,
    "both_vertices": both_vertices,
    "scan_to_surface": scan_to_surface,
    "prediction_to_vertices": prediction_to_vertices,
    "numbers": numbers,
}
