"""The topology of a triangle mesh: its edges, neighboring triangles and connected parts."""

import numpy as np
import scipy.sparse
from scipy.sparse import csgraph


def edge_table(triangles: np.ndarray, n_vertices: int) -> tuple[np.ndarray, np.ndarray]:
    """Lists the three edges of each triangle.

    Args:
      triangles: int [T, 3], indices of vertices.
      n_vertices: how many vertices there are.

    Returns:
      The directed edges int64 [3T, 2]: edge k of triangle t, from its corner k to the next one, is
      in row k T + t. And int64 [3T], a number that two rows have in common if they are the same
      edge, whichever way it goes.
    """
    edges = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]).astype(np.int64)
    low, high = edges.min(axis=1), edges.max(axis=1)
    return edges, low * n_vertices + high


def matching_edges(triangles: np.ndarray) -> np.ndarray:
    """Finds the pairs of rows of the `edge_table` that are the same edge: int64 [P, 2].

    An edge of three triangles is in two of the pairs.
    """
    _, key = edge_table(triangles, _count(triangles))
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    return np.stack([order[:-1][same], order[1:][same]], axis=1)


def neighbors(triangles: np.ndarray) -> np.ndarray:
    """Finds the pairs of triangles that share an edge: int64 [P, 2]."""
    return matching_edges(triangles) % len(triangles)


def border_edges(triangles: np.ndarray) -> np.ndarray:
    """Finds the edges that only one triangle has: int64 [E, 2]."""
    edges, key = edge_table(triangles, _count(triangles))
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    return edges[first[count == 1]]


def connected_components(triangles: np.ndarray, n_vertices: int) -> np.ndarray:
    """Numbers the connected parts of a mesh, which share no vertex.

    Args:
      triangles: int [T, 3], indices of vertices.
      n_vertices: how many vertices there are.

    Returns:
      int32 [N], the part that each vertex is of; a vertex without triangles is one by itself.
    """
    return _components(np.concatenate([triangles[:, :2], triangles[:, 1:]]), n_vertices)


def connected_surfaces(triangles: np.ndarray) -> np.ndarray:
    """Numbers the surfaces of a mesh, which share no edge (but may touch at a vertex).

    Returns:
      int32 [T], the surface that each triangle is of.
    """
    return _components(neighbors(triangles), len(triangles))


def _components(pairs, count):
    """The connected part [count] of each node of a graph with the edges `pairs` [P, 2]."""
    ones = np.ones(len(pairs), bool)
    graph = scipy.sparse.coo_matrix((ones, pairs.T), shape=(count, count))
    return csgraph.connected_components(graph, directed=False)[1]


def _count(triangles):
    return int(triangles.max()) + 1
