"""A texture for meshes of one topology: which place each triangle has in it, and its colors.

What a pixel shows is a fixed mixture of the colors of three vertices, which is found once; to bake
a face is then one product with a sparse matrix.
"""

import functools
from typing import NamedTuple

import numpy as np
import scipy.sparse

from storage.images import to_bytes


class Seams(NamedTuple):
    """A mesh whose vertices have one texture coordinate each, as graphics cards want them.

    Attributes:
      vertices: int32 [V], the vertex of the mesh that each of them is.
      coordinates: int32 [V], its row of `TextureAtlas.uv`.
      triangles: int32 [T, 3], rows of both.
    """

    vertices: np.ndarray
    coordinates: np.ndarray
    triangles: np.ndarray


class TextureAtlas:
    """The layout of a texture, and what each of its pixels shows.

    Attributes:
      size: width and height of the texture in pixels.
      uv: float64 [M, 2], texture coordinates in 0..1; v grows upwards.
      triangles: int32 [T, 3], rows of `uv` for the corners of the mesh's triangles.
    """

    def __init__(
        self,
        uv: np.ndarray,
        triangles: np.ndarray,
        mesh_triangles: np.ndarray,
        shown: np.ndarray,
        weights: np.ndarray,
        source: np.ndarray | None = None,
    ):
        """Takes a layout.

        Args:
          uv, triangles: as above.
          mesh_triangles: int [T, 3], vertices of the mesh.
          shown: int [P], the triangle that each of P pixels shows, the upper left one first.
          weights: float [P, 3], barycentrics of the pixels' centers in it; they may lie outside.
          source: int [size, size], which of the P pixels is seen at each place, the top row first;
            None if there are size x size of them, in their order.
        """
        self.uv, self.triangles = uv, triangles
        self._mesh_triangles = mesh_triangles
        self.size = round(len(shown) ** 0.5) if source is None else len(source)
        self._source = source
        corners = mesh_triangles[shown].ravel()
        rows = np.arange(0, corners.size + 1, 3)
        shape = (len(shown), int(mesh_triangles.max()) + 1)
        self._mixture = scipy.sparse.csr_array((np.float32(weights).ravel(), corners, rows), shape)

    def bake(self, colors: np.ndarray) -> np.ndarray:
        """Turns colors of vertices into a texture.

        Args:
          colors: float [N, 3] in 0..1; of vertices that they do not reach the color is that of the
            last one.

        Returns:
          uint8 [size, size, 3], the top row first.
        """
        colors = np.asarray(colors, np.float32)
        lacking = self._mixture.shape[1] - len(colors)
        colors = np.pad(colors, ((0, max(lacking, 0)), (0, 0)), "edge")
        pixels = to_bytes(self._mixture @ colors[: self._mixture.shape[1]])
        if self._source is not None:
            return pixels[self._source]
        return pixels.reshape(self.size, self.size, 3)

    @functools.cached_property
    def seams(self) -> Seams:
        """The mesh with vertices split where the texture has a seam."""
        pairs = np.stack([self._mesh_triangles.ravel(), self.triangles.ravel()], axis=-1)
        unique, inverse = np.unique(pairs.astype(np.int32), axis=0, return_inverse=True)
        triangles = inverse.reshape(-1, 3).astype(np.int32)
        return Seams(unique[:, 0], unique[:, 1], triangles)
