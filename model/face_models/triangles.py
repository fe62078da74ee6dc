"""Mends the triangles of a face model: leaves out those that are no surface, turns the others."""

import os

import numpy as np

from model.face_models.winding import wind_outwards

# A triangle lower than this has no area: its corners are on one line but for rounding.
_LOWEST_MM = 1e-4


def mended_triangles(
    path: str | os.PathLike, name: str, triangles: np.ndarray, vertices: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Leaves out degenerate and repeated triangles, and turns the others outward.

    Args:
      path: the file, for messages.
      name: what it calls the array, for messages.
      triangles: int32 [T, 3], indices of vertices.
      vertices: float [N, 3] mm, the mean.

    Returns:
      int32 [S, 3], counter-clockwise seen from outside, in the order of the file; and a sentence
      for each kind of repair.

    Raises:
      ValueError: no triangle is left.
    """
    repairs = []
    for flaw, find in (
        ("name a vertex twice", _collapsed),
        ("repeat another one", lambda kept: _repeated(kept, len(vertices))),
        ("have no area", lambda kept: _flat(vertices[kept].astype(np.float64))),
    ):
        bad = find(triangles)
        if bad.any():
            repairs.append(f"{name}: left out {bad.sum()} of {len(bad)} triangles, which {flaw}")
            triangles = np.ascontiguousarray(triangles[~bad])
        if not len(triangles):
            raise ValueError(f"{path}: {name} holds no triangle but such that {flaw}")
    triangles, turned = wind_outwards(triangles, vertices)
    return triangles, repairs + [f"{name}: {repair}" for repair in turned]


def _collapsed(triangles):
    """Which triangles [T] name a vertex more than once."""
    return np.any(triangles == np.roll(triangles, 1, axis=1), axis=1)


def _repeated(triangles, n_vertices):
    """Which triangles [T] have the corners of an earlier one, whichever way round they go."""
    low, middle, high = np.sort(triangles.astype(np.int64), axis=1).T
    key = (low * n_vertices + middle) * n_vertices + high
    repeated = np.ones(len(triangles), bool)
    repeated[np.unique(key, return_index=True)[1]] = False
    return repeated


def _flat(corners):
    """Which triangles [T] of corners [T, 3, 3] have no area."""
    edges = np.roll(corners, -1, axis=1) - corners
    longest = np.linalg.norm(edges, axis=2).max(axis=1)
    twice_area = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    return twice_area <= _LOWEST_MM * longest
