"""Cuts a triangle mesh down, and refines it to exact numbers of vertices and triangles.

Each new vertex is an average of old ones. So whatever is given by vertex (a mean, a basis, colors)
follows by one product with a sparse matrix.
"""

import heapq
from typing import NamedTuple

import numpy as np
import scipy.sparse

from model.mesh_topology import border_edges, connected_components, neighbors

_CUT_SMOOTHING = 12


class Refined(NamedTuple):
    """A refined mesh.

    Attributes:
      triangles: int32 [T', 3].
      weights: sparse [N', N]; row i holds the weights of the old vertices that make up the new i.
    """

    triangles: np.ndarray
    weights: scipy.sparse.csr_matrix


def trim(triangles: np.ndarray, distance: np.ndarray, radius: float) -> np.ndarray:
    """Chooses the triangles within a radius, without islands, new holes and jags at the cut.

    Args:
      triangles: int32 [T, 3].
      distance: float [N], the distance of each vertex from the middle.
      radius: the largest distance to keep.

    Returns:
      bool [T], which triangles to keep.
    """
    kept = np.all(distance[triangles] <= radius, axis=1)
    original = _parts(triangles)
    # What was one surface stays one: islands are removed, and holes that the cut made are filled.
    for part in np.unique(original):
        inside = original == part
        kept &= ~(inside & kept) | _largest(triangles, inside & kept)
        cut_away = inside & ~kept
        if cut_away.any() and (inside & kept).any():
            kept |= cut_away & ~_largest(triangles, cut_away)
    return _without_jags(triangles, kept)


def _without_jags(triangles, kept):
    """Fills notches of a single triangle at the border, which makes the border shorter."""
    pairs = neighbors(triangles)
    while True:
        beside = np.zeros(len(triangles), int)
        np.add.at(beside, pairs[:, 0], kept[pairs[:, 1]])
        np.add.at(beside, pairs[:, 1], kept[pairs[:, 0]])
        notches = ~kept & (beside >= 2)
        if not notches.any():
            return kept
        kept = kept | notches


def smooth_cut(triangles: np.ndarray, original: np.ndarray, n_vertices: int) -> Refined:
    """Smooths the border that a cut made, by averages along it.

    Args:
      triangles: int32 [T, 3], the mesh after the cut.
      original: int32 [S, 3], the mesh before the cut, whose own borders stay as they are.
      n_vertices: how many vertices both have.
    """
    new = border_edges(triangles)
    fixed = np.zeros(n_vertices, bool)
    fixed[border_edges(original)] = True
    ends = np.concatenate([new, new[:, ::-1]]).T
    graph = scipy.sparse.coo_matrix((np.ones(ends.shape[1]), ends), shape=(n_vertices, n_vertices))
    degree = np.asarray(graph.sum(axis=1)).ravel()
    moves = (degree == 2) & ~fixed
    averages = scipy.sparse.diags(np.where(moves, 0.5 / np.maximum(degree, 1), 0)) @ graph
    step = scipy.sparse.diags(np.where(moves, 0.5, 1.0)) + averages
    weights = scipy.sparse.identity(n_vertices)
    for _ in range(_CUT_SMOOTHING):
        weights = step @ weights
    return Refined(triangles, weights.tocsr())


def refine_to(
    triangles: np.ndarray, vertices: np.ndarray, n_triangles: int, n_vertices: int
) -> Refined:
    """Splits the longest edges until the counts are exact.

    By Euler's formula the numbers of vertices and triangles determine how many border edges there
    have to be. As many border edges as are missing are split first; each adds one vertex and one
    triangle. Then inner edges are split; each adds one vertex and two triangles.

    Args:
      triangles: int32 [T, 3], a manifold.
      vertices: float [N, 3], all of which are used.
      n_triangles: how many triangles to reach.
      n_vertices: how many vertices to reach.

    Raises:
      ValueError: these counts cannot be reached from this mesh.
    """
    mesh = _Splitter(triangles, vertices)
    missing_triangles, missing_vertices = n_triangles - len(triangles), n_vertices - len(vertices)
    border = 2 * missing_vertices - missing_triangles
    inner = missing_vertices - border
    if border < 0 or inner < 0 or (border and not mesh.border_count):
        raise ValueError(
            f"a mesh of {len(vertices)} vertices and {len(triangles)} triangles cannot be refined "
            f"to {n_vertices} and {n_triangles}: cut less or more of it away"
        )
    mesh.split_longest(border, on_border=True)
    mesh.split_longest(inner, on_border=False)
    return mesh.result()


class _Splitter:
    """A mesh whose longest edges can be split."""

    def __init__(self, triangles, vertices):
        self._triangles = [tuple(t) for t in triangles.tolist()]
        self._points = vertices.astype(np.float64).tolist()
        self._count = len(vertices)
        self._parents = []
        self._sides = {}
        for index, triangle in enumerate(self._triangles):
            for edge in _edges(triangle):
                self._sides.setdefault(edge, []).append(index)
        self.border_count = sum(len(sides) == 1 for sides in self._sides.values())

    def split_longest(self, splits, on_border):
        """Splits so many of the longest edges, on the border or inside of the mesh."""
        wanted = 1 if on_border else 2
        heap = [(-self._length(e), e) for e, sides in self._sides.items() if len(sides) == wanted]
        heapq.heapify(heap)
        for _ in range(splits):
            edge = heapq.heappop(heap)[1]
            for new in self._split(edge):
                if len(self._sides[new]) == wanted:
                    heapq.heappush(heap, (-self._length(new), new))

    def _length(self, edge):
        return sum((a - b) ** 2 for a, b in zip(*(self._points[v] for v in edge), strict=True))

    def _split(self, edge):
        """Puts a vertex into the middle of an edge; returns the edges that are new."""
        middle = self._count + len(self._parents)
        self._parents.append(edge)
        ends = [self._points[v] for v in edge]
        self._points.append([(a + b) / 2 for a, b in zip(*ends, strict=True)])
        new = {(v, middle) for v in edge}
        for index in self._sides.pop(edge):
            old = self._triangles[index]
            # One half takes the old triangle's place, the other is appended.
            halves = [tuple(middle if v == end else v for v in old) for end in edge]
            opposite = next(v for v in old if v not in edge)
            new.add((opposite, middle))
            self._triangles[index] = halves[0]
            self._triangles.append(halves[1])
            for half, place in zip(halves, (index, len(self._triangles) - 1), strict=True):
                for side in _edges(half):
                    sides = self._sides.setdefault(side, [])
                    if index in sides and place != index and middle not in side:
                        sides.remove(index)
                    if place not in sides:
                        sides.append(place)
        return new

    def result(self):
        """The mesh after all splits."""
        triangles = np.array(self._triangles, np.int32)
        # A split edge may end at a vertex that is new itself.
        rows = [{v: 1.0} for v in range(self._count)]
        for a, b in self._parents:
            mixed = {v: w / 2 for v, w in rows[a].items()}
            for v, w in rows[b].items():
                mixed[v] = mixed.get(v, 0.0) + w / 2
            rows.append(mixed)
        counts = [len(row) for row in rows]
        columns = np.fromiter((v for row in rows for v in row), np.int64, sum(counts))
        values = np.fromiter((w for row in rows for w in row.values()), float, sum(counts))
        ends = np.concatenate([[0], np.cumsum(counts)])
        shape = (len(rows), self._count)
        return Refined(triangles, scipy.sparse.csr_matrix((values, columns, ends), shape))


def _edges(triangle):
    a, b, c = triangle
    return [(min(e), max(e)) for e in ((a, b), (b, c), (c, a))]


def _parts(triangles):
    """Which connected part each triangle [T] is of."""
    return connected_components(triangles, int(triangles.max()) + 1)[triangles[:, 0]]


def _largest(triangles, mask):
    """The largest connected part of the triangles in a mask: bool [T]."""
    chosen = np.flatnonzero(mask)
    result = np.zeros(len(triangles), bool)
    if len(chosen):
        parts = _parts(triangles[chosen])
        result[chosen[parts == np.argmax(np.bincount(parts))]] = True
    return result
