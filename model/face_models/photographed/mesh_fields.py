"""Values on a mesh: their mirror image, and smooth versions of them."""

from collections.abc import Callable

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from scipy.spatial import cKDTree


def mirrored_vertices(vertices: np.ndarray) -> np.ndarray:
    """The vertex nearest to each vertex's mirror image at x = 0: int [N]; vertices [N, 3]."""
    return cKDTree(vertices).query(vertices * (-1, 1, 1))[1]


class Smoother:
    """Smooth fields on a mesh, by a Laplacian whose unit is the mm."""

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray):
        """Weighs each edge by the area around it over its squared length.

        Args:
          vertices: float [N, 3] mm; triangles: int [T, 3].
        """
        edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
        edges = np.unique(np.sort(edges, axis=1), axis=0)
        squares = np.sum((vertices[edges[:, 0]] - vertices[edges[:, 1]]) ** 2, axis=1)
        count = len(vertices)
        # A vertex stands for the area of its triangles, and so does an edge.
        crossed = np.cross(*(vertices[triangles[:, k]] - vertices[triangles[:, 0]] for k in (1, 2)))
        areas = np.linalg.norm(crossed, axis=1) / 2
        self.areas = np.bincount(triangles.ravel(), np.repeat(areas / 3, 3), count)
        self.areas = np.maximum(self.areas, 1e-3)
        degree = np.bincount(edges.ravel(), minlength=count)
        shared = self.areas[edges] / np.maximum(degree[edges], 1) * 2
        weights = shared.mean(axis=1) * 2 / np.maximum(squares, 1e-2)
        rows, columns = edges.T
        adjacency = scipy.sparse.coo_matrix((weights, (rows, columns)), (count, count))
        adjacency = (adjacency + adjacency.T).tocsr()
        degrees = np.asarray(adjacency.sum(axis=1))[:, 0]
        self._laplacian = (scipy.sparse.diags(degrees) - adjacency).tocsc()

    def smoothing(
        self, width_mm: float, weights: np.ndarray | None = None
    ) -> Callable[[np.ndarray], np.ndarray]:
        """Prepares a smoothing that can be applied to many fields.

        Args:
          width_mm: the scale over which results vary.
          weights: float [N], how much each value counts, 1 everywhere by default. What has no
            weight is filled from around it.

        Returns:
          A function from values float [N, ...] to smooth values of the same shape.
        """
        weights = np.ones(len(self.areas)) if weights is None else np.asarray(weights, np.float64)
        data = self.areas * np.maximum(weights, 1e-6)
        system = scipy.sparse.diags(data) + width_mm**2 / 2 * self._laplacian
        factors = scipy.sparse.linalg.splu(system.tocsc())

        def smoothed(values: np.ndarray) -> np.ndarray:
            flat = np.asarray(values, np.float64).reshape(len(values), -1)
            return factors.solve(data[:, None] * flat).reshape(np.shape(values))

        return smoothed
