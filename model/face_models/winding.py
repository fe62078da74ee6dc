"""Makes the triangles of a mesh go counter-clockwise, seen from outside."""

import numpy as np
import scipy.sparse
from scipy.sparse import csgraph

from model.mesh_topology import connected_surfaces, edge_table, matching_edges

# A surface that bulges less than this is flat: then the side that looks along +z is outside.
_FLAT = 1e-3


def wind_outwards(triangles: np.ndarray, vertices: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Turns triangles until all go counter-clockwise seen from outside.

    Each connected surface is treated by itself. Outside is the side to which it bulges: away from
    its middle, on the average over its area. This holds for a face, which is an open surface, and
    for a closed head.

    Args:
      triangles: int32 [T, 3].
      vertices: float [N, 3], the mean.

    Returns:
      int32 [T, 3], the same array if nothing had to be turned, and a sentence for each repair.
    """
    repairs = []
    pairs = matching_edges(triangles)
    # Neighbors that agree go along their common edge in opposite directions.
    starts = edge_table(triangles, len(vertices))[0][:, 0][pairs]
    disagree = starts[:, 0] == starts[:, 1]
    neighbors = pairs % len(triangles)
    parts = connected_surfaces(triangles)
    if disagree.any():
        turn = _disagreeing(neighbors, disagree, parts)
        if turn.any():
            triangles = _turned(triangles, turn)
            repairs.append(f"{turn.sum()} triangles wound against their neighbors were turned")
        left = np.sum(disagree ^ turn[neighbors[:, 0]] ^ turn[neighbors[:, 1]])
        if left:
            repairs.append(
                f"at {left} edges triangles go against each other whichever way they are turned: "
                "more than two meet there, or the surface has one side only"
            )
    inward = _inward(triangles, vertices.astype(np.float64), parts)
    if inward.any():
        triangles = _turned(triangles, inward)
        repairs.append(f"{inward.sum()} of {len(triangles)} triangles faced inward and were turned")
    return triangles, repairs


def _disagreeing(neighbors, disagree, parts):
    """The smaller side of each surface [T] that has to be turned for all to agree."""
    count = len(parts)
    # A weight of 2 says "the other way round"; 0 would be no edge at all.
    weights = 1 + disagree.astype(np.int8)
    graph = scipy.sparse.coo_matrix((weights, neighbors.T), shape=(count, count)).tocsr()
    graph = graph.maximum(graph.T)
    turned = np.zeros(count, bool)
    for root in np.unique(parts, return_index=True)[1]:
        order, before = csgraph.breadth_first_order(graph, root, directed=False)
        steps = np.asarray(graph[before[order[1:]], order[1:]]).ravel() == 2
        for triangle, step in zip(order[1:], steps, strict=True):
            turned[triangle] = turned[before[triangle]] ^ step
        if turned[order].sum() * 2 > len(order):
            turned[order] ^= True
    return turned


def _inward(triangles, vertices, parts):
    """Triangles [T] of the surfaces that face inward."""
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normals, axis=1)
    centers = corners.mean(axis=1)
    total = np.maximum(np.bincount(parts, area), 1e-12)
    middle = np.stack([np.bincount(parts, area * c) / total for c in centers.T], axis=1)
    away = centers - middle[parts]
    size = np.bincount(parts, area * np.linalg.norm(away, axis=1))
    bulge = np.bincount(parts, np.sum(normals * away, axis=1)) / np.maximum(size, 1e-12)
    forward = np.bincount(parts, normals[:, 2])
    return np.where(np.abs(bulge) > _FLAT, bulge, forward)[parts] < 0


def _turned(triangles, which):
    turned = triangles.copy()
    turned[which] = turned[which, ::-1]
    return turned
