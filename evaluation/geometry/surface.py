"""A triangle mesh as a surface that can be searched."""

import dataclasses
import functools

import numpy as np
import scipy.spatial
import trimesh

from evaluation.geometry.similarity import Similarity

# The closest triangles to a point are among this many with the closest middles, mostly.
_CANDIDATES = 8
# Of points that are farther from all vertices, the closest vertex is close enough an answer.
_FAR_MM = 100.0
# What a similarity leaves as it is.
_KEPT = {"used", "border", "_rings"}


@dataclasses.dataclass(frozen=True)
class Hits:
    """Points on a surface, each the closest one to a point that was asked for.

    Attributes:
      points: float64 [M, 3] mm.
      normals: float64 [M, 3], unit vectors that point outward there.
      on_border: bool [M], whether the point lies on the border of the surface, so that the surface
        ends there and something beyond it is not compared at all.
    """

    points: np.ndarray
    normals: np.ndarray
    on_border: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Surface:
    """A triangle mesh.

    Attributes:
      vertices: float64 [N, 3] mm.
      triangles: int [T, 3], counter-clockwise seen from outside.
    """

    vertices: np.ndarray
    triangles: np.ndarray

    @functools.cached_property
    def normals(self) -> np.ndarray:
        """Smooth outward unit normals of the vertices, float64 [N, 3]; 0 without triangles."""
        mesh = trimesh.Trimesh(self.vertices, self.triangles, process=False, validate=False)
        return np.array(mesh.vertex_normals, np.float64)

    @functools.cached_property
    def used(self) -> np.ndarray:
        """The vertices that a triangle has, int64 [U]."""
        return np.unique(self.triangles)

    @functools.cached_property
    def border(self) -> np.ndarray:
        """Whether a vertex is on an edge that only one triangle has: bool [N]."""
        edges = np.sort(trimesh.geometry.faces_to_edges(self.triangles), axis=1)
        single = trimesh.grouping.group_rows(edges, require_count=1)
        mask = np.zeros(len(self.vertices), bool)
        mask[edges[single].ravel()] = True
        return mask

    @functools.cached_property
    def _vertex_tree(self) -> scipy.spatial.cKDTree:
        return scipy.spatial.cKDTree(self.vertices[self.used])

    @functools.cached_property
    def _rings(self) -> tuple[np.ndarray, np.ndarray]:
        """The triangles around the vertices, one after the other, and where those of each begin."""
        corners = self.triangles.ravel()
        order = np.argsort(corners, kind="stable")
        counts = np.bincount(corners, minlength=len(self.vertices))
        return order // 3, np.concatenate([[0], np.cumsum(counts)])

    @functools.cached_property
    def _triangle_classes(self) -> list:
        """Triangles of about the same size, the small first: (indices, tree of middles, radius)."""
        corners = self.vertices[self.triangles]
        middles = corners.mean(axis=1)
        radii = np.linalg.norm(corners - middles[:, None], axis=2).max(axis=1)
        octaves = np.floor(np.log2(np.maximum(radii, 1e-9)))
        classes = []
        for octave in np.unique(octaves):
            own = np.flatnonzero(octaves == octave)
            tree = scipy.spatial.cKDTree(middles[own])
            classes.append((own, tree, radii[own].max()))
        return classes

    def cut(self, mask: np.ndarray) -> "Surface":
        """Keeps the triangles whose vertices are all in a mask bool [N].

        Raises:
          ValueError: no triangle is left.
        """
        kept = self.triangles[np.all(mask[self.triangles], axis=1)]
        if not len(kept):
            raise ValueError(f"no triangle lies within the {np.count_nonzero(mask)} vertices")
        used, triangles = np.unique(kept, return_inverse=True)
        return Surface(self.vertices[used], triangles.reshape(-1, 3))

    def moved(self, similarity: Similarity) -> "Surface":
        """Moves the surface; what is known of it already is not computed again."""
        moved = Surface(similarity(self.vertices), self.triangles)
        known = {name: vars(self)[name] for name in _KEPT & vars(self).keys()}
        if "normals" in vars(self):
            known["normals"] = self.normals @ similarity.rotation.T
        # The dataclass is frozen; cached properties lie in the same dictionary.
        vars(moved).update(known)
        return moved

    def nearest_vertices(self, points: np.ndarray) -> np.ndarray:
        """Finds the vertex that is closest to each of the points [M, 3]: int64 [M]."""
        return self.used[self._vertex_tree.query(points)[1]]

    def nearest_vertex_hits(self, points: np.ndarray) -> Hits:
        """Finds the closest vertices to points [M, 3], and the planes through them."""
        chosen = self.nearest_vertices(points)
        return Hits(self.vertices[chosen], self.normals[chosen], self.border[chosen])

    def ring_hits(self, points: np.ndarray) -> Hits:
        """Finds the closest points of the triangles around the closest vertices to points [M, 3].

        It takes a fraction of the time of `nearest_hits`. Where the surface folds, as at eyelids
        and lips, the result may be one of the closest points only: on a face, for 3 % of the
        points.
        """
        best = _Best(np.asarray(points, np.float64))
        self._try_rings(best)
        return self._hits(best)

    def nearest_hits(self, points: np.ndarray) -> Hits:
        """Finds the closest points of all triangles to points [M, 3].

        The result is exact: a triangle whose middle is farther than the best distance so far and
        its own radius together cannot be closer, and all others are tried. Only of points that are
        farther than 10 cm it is one of the closest triangles.
        """
        return self._hits(self._nearest(points))

    def locate(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Finds the closest points as `nearest_hits` does, and says where in which triangle.

        Returns:
          Triangles int64 [M], and the weights of their corners float64 [M, 3], which add up to 1.
        """
        best = self._nearest(points)
        return best.triangles, best.weights

    def _nearest(self, points):
        best = _Best(np.asarray(points, np.float64))
        self._try_rings(best)
        near = best.distances < _FAR_MM
        for indices, tree, radius in self._triangle_classes:
            # Most points have no triangle of a class near enough.
            rows = np.flatnonzero(near)
            closest = tree.query(best.points[rows])[0]
            rows = rows[closest <= best.distances[rows] + radius]
            count = min(_CANDIDATES, len(indices))
            while len(rows):
                far, found = tree.query(best.points[rows], k=np.arange(1, count + 1))
                wanted = far <= best.distances[rows, None] + radius
                self._try(best, np.repeat(rows, wanted.sum(axis=1)), indices[found[wanted]])
                rows = rows[wanted[:, -1]] if count < len(indices) else rows[:0]
                count = min(4 * count, len(indices))
        return best

    def _try_rings(self, best):
        ring, starts = self._rings
        vertices = self.nearest_vertices(best.points)
        counts = starts[vertices + 1] - starts[vertices]
        rows = np.repeat(np.arange(len(vertices)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        self._try(best, rows, ring[starts[vertices][rows] + within])

    def _try(self, best, rows, triangles):
        """Tries triangles int64 [C] for the points of rows int64 [C], which are in order."""
        if not len(rows):
            return
        points = best.points[rows]
        weights = closest_weights(points, *(part[triangles] for part in self._edges))
        corners = self.vertices[self.triangles[triangles]]
        distances = np.linalg.norm(np.einsum("ck,ckx->cx", weights, corners) - points, axis=1)
        begins = np.flatnonzero(np.diff(rows, prepend=-1))
        least = np.minimum.reduceat(distances, begins)
        is_least = distances == np.repeat(least, np.diff(begins, append=len(rows)))
        chosen = np.flatnonzero(is_least & (distances < best.distances[rows]))
        own = rows[chosen]
        best.distances[own], best.weights[own] = distances[chosen], weights[chosen]
        best.triangles[own] = triangles[chosen]

    @functools.cached_property
    def _edges(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The first corners of the triangles, and the edges from there to the other two."""
        first, second, third = np.moveaxis(self.vertices[self.triangles], 1, 0)
        return first, second - first, third - first

    def _hits(self, best):
        corners, weights = self.triangles[best.triangles], best.weights
        normals = np.einsum("mk,mkc->mc", weights, self.normals[corners])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        # Of a point inside of a triangle all corners count, of one on an edge or a corner only its.
        on_border = np.all(self.border[corners] | (weights < 1e-6), axis=1)
        on_border &= np.any(weights < 1e-6, axis=1)
        points = np.einsum("mk,mkc->mc", weights, self.vertices[corners])
        return Hits(points, normals, on_border)


class _Best:
    """The closest points so far: in which triangles, by which weights of corners, and how far."""

    def __init__(self, points):
        self.points, count = points, len(points)
        self.distances = np.full(count, np.inf)
        self.triangles = np.zeros(count, np.int64)
        self.weights = np.tile([1.0, 0.0, 0.0], (count, 1))


def closest_weights(
    points: np.ndarray, first: np.ndarray, to_second: np.ndarray, to_third: np.ndarray
) -> np.ndarray:
    """Finds the closest point of a triangle to each point.

    Args:
      points: float64 [C, 3].
      first: float64 [C, 3], a corner of each triangle.
      to_second, to_third: float64 [C, 3], the edges from there to the other corners.

    Returns:
      The weights of the corners, float64 [C, 3].
    """
    arms = points - first
    aa, bb, ab = _dot(to_second, to_second), _dot(to_third, to_third), _dot(to_second, to_third)
    pa, pb = _dot(arms, to_second), _dot(arms, to_third)
    area = aa * bb - ab * ab
    # A triangle without an area is its edges.
    thin = area <= 1e-14 * aa * bb
    area = np.where(thin, 1.0, area)
    second, third = (bb * pa - ab * pb) / area, (aa * pb - ab * pa) / area
    inside = ~thin & (second >= 0) & (third >= 0) & (second + third <= 1)
    # Outside, the closest point is on one of three edges; the squared distances there are
    # compared without the part that they have in common.
    along_a = np.clip(pa / np.maximum(aa, 1e-300), 0, 1)
    along_b = np.clip(pb / np.maximum(bb, 1e-300), 0, 1)
    length = np.maximum(aa + bb - 2 * ab, 1e-300)
    along_c = np.clip((pb - pa + aa - ab) / length, 0, 1)
    zero = np.zeros_like(pa)
    edges = np.array([[along_a, zero, 1 - along_c], [zero, along_b, along_c]])
    s, t = edges
    cost = s * s * aa + t * t * bb + 2 * (s * t * ab - s * pa - t * pb)
    nearest = cost.argmin(axis=0)
    chosen = np.where(inside, [second, third], edges[:, nearest, np.arange(len(pa))])
    return np.stack([np.maximum(1 - chosen[0] - chosen[1], 0.0), *chosen], axis=1)


def _dot(a, b):
    return np.einsum("ck,ck->c", a, b)
