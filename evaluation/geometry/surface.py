"""A triangle mesh as a surface that can be searched."""

import dataclasses
import functools

import numpy as np
import scipy.spatial
import trimesh

from evaluation.geometry.similarity import Similarity

# The closest triangles to a point are among this many with the closest middles, mostly.
_CANDIDATES = 8
# Of a vertex with more triangles only so many are tried.
_LARGEST_RING = 12
# Of points that are farther from all vertices, the closest vertex is close enough an answer.
_FAR_MM = 100.0


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
    def _rings(self) -> np.ndarray:
        """The triangles around each vertex, int64 [N, D]; the first fills the rows."""
        mesh = trimesh.Trimesh(self.vertices, self.triangles, process=False, validate=False)
        rings = np.array(mesh.vertex_faces[:, :_LARGEST_RING])
        return np.where(rings < 0, rings[:, :1], rings)

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
        """Moves the surface."""
        return Surface(similarity(self.vertices), self.triangles)

    def nearest_vertices(self, points: np.ndarray) -> np.ndarray:
        """Finds the vertex that is closest to each of the points [M, 3]: int64 [M]."""
        return self.used[self._vertex_tree.query(points)[1]]

    def nearest_vertex_hits(self, points: np.ndarray) -> Hits:
        """Finds the closest vertices to points [M, 3], and the planes through them."""
        chosen = self.nearest_vertices(points)
        return Hits(self.vertices[chosen], self.normals[chosen], self.border[chosen])

    def ring_hits(self, points: np.ndarray) -> Hits:
        """Finds the closest points of the triangles around the closest vertices to points [M, 3].

        It takes a tenth of the time of `nearest_hits`. Where the surface folds, as at eyelids and
        lips, the result may be one of the closest points only: on a face, for 3 % of the points.
        """
        points = np.asarray(points, np.float64)
        closest, triangle = np.zeros((len(points), 3)), np.zeros(len(points), np.int64)
        distance, rows = np.full(len(points), np.inf), np.arange(len(points))
        rings = self._rings[self.nearest_vertices(points)]
        self._improve(points, rows, rings, closest, distance, triangle)
        return self._hits(closest, triangle)

    def nearest_hits(self, points: np.ndarray) -> Hits:
        """Finds the closest points of all triangles to points [M, 3].

        The result is exact: a triangle whose middle is farther than the best distance so far and
        its own radius together cannot be closer, and all others are tried. Only of points that are
        farther than 10 cm it is one of the closest triangles.
        """
        points = np.asarray(points, np.float64)
        closest = np.zeros((len(points), 3))
        distance = np.full(len(points), np.inf)
        triangle = np.zeros(len(points), np.int64)
        far_away = self._vertex_tree.query(points)[0] > _FAR_MM
        for indices, tree, radius in self._triangle_classes:
            waiting, count = np.arange(len(points)), min(_CANDIDATES, len(indices))
            while len(waiting):
                far, found = tree.query(points[waiting], k=np.arange(1, count + 1))
                self._improve(points, waiting, indices[found], closest, distance, triangle)
                sure = far_away[waiting] | (far[:, -1] > distance[waiting] + radius)
                waiting = waiting[~sure] if count < len(indices) else waiting[:0]
                count = min(4 * count, len(indices))
        return self._hits(closest, triangle)

    def _improve(self, points, rows, candidates, closest, distance, triangle):
        """Tries candidate triangles [R, k] for the points of some rows, in place."""
        count = candidates.shape[1]
        flat = candidates.ravel()
        repeated = np.repeat(points[rows], count, axis=0)
        near = trimesh.triangles.closest_point(self.vertices[self.triangles[flat]], repeated)
        gaps = np.linalg.norm(near - repeated, axis=1).reshape(-1, count)
        best = gaps.argmin(axis=1)
        chosen = np.arange(len(rows)) * count + best
        better = gaps[np.arange(len(rows)), best] < distance[rows]
        rows, chosen = rows[better], chosen[better]
        closest[rows] = near[chosen]
        distance[rows] = gaps.ravel()[chosen]
        triangle[rows] = flat[chosen]

    def _hits(self, closest, triangle):
        corners = self.triangles[triangle]
        # Triangles without an area have no such weights; their points count as their first corner.
        with np.errstate(divide="ignore", invalid="ignore"):
            weights = trimesh.triangles.points_to_barycentric(self.vertices[corners], closest)
        weights[~np.isfinite(weights).all(axis=1)] = (1.0, 0.0, 0.0)
        weights = np.clip(weights, 0, 1)
        normals = np.einsum("mk,mkc->mc", weights, self.normals[corners])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        # Of a point inside of a triangle all corners count, of one on an edge or a corner only its.
        on_border = np.all(self.border[corners] | (weights < 1e-6), axis=1)
        on_border &= np.any(weights < 1e-6, axis=1)
        return Hits(closest, normals, on_border)
