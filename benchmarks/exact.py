"""The pixels of a rasterized mesh in float64, by which the renderer's accuracy is measured."""

import numpy as np


class ExactPixels:
    """The covered pixels of one image, given which triangle each shows.

    Attributes:
      barycentrics: float64 [P, 3], at the centers of covered pixels, row by row; some are negative
        where float32 took a pixel that lies outside.
    """

    def __init__(
        self, clip: np.ndarray, triangles: np.ndarray, ids: np.ndarray, covered: np.ndarray
    ):
        """Takes clip-space vertices [V, 4], triangles [T, 3], ids and coverage [H, W]."""
        height, width = ids.shape
        rows, columns = np.nonzero(covered)
        self._corners = triangles[ids[covered]]
        matrices = clip.astype(np.float64)[self._corners][:, :, [0, 1, 3]].transpose(0, 2, 1)
        self._inverses = np.linalg.inv(matrices)
        centers = (2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1, np.ones(len(rows))
        along = np.einsum("pik,pk->pi", self._inverses, np.stack(centers, axis=-1))
        self.barycentrics = along / along.sum(axis=-1, keepdims=True)
        self._vertex_count = len(clip)

    def vertex_gradient(self, d_barycentrics: np.ndarray) -> np.ndarray:
        """Computes the gradient [V, 4] of clip-space vertices from that of barycentrics [P, 3].

        With M the matrix of corners (x, y, w), it is -b_i M^-T (db - <db, b>) for corner i.
        """
        b, db = self.barycentrics, d_barycentrics.astype(np.float64)
        q = np.einsum("pik,pi->pk", self._inverses, db - (db * b).sum(axis=-1, keepdims=True))
        out = np.zeros([self._vertex_count, 4])
        for corner in range(3):
            for axis, column in enumerate((0, 1, 3)):
                np.add.at(out[:, column], self._corners[:, corner], -b[:, corner] * q[:, axis])
        return out


def relative_error(value: np.ndarray, expected: np.ndarray) -> float:
    """Returns the L2 norm of the difference divided by that of what is expected."""
    return float(np.linalg.norm(value - expected) / np.linalg.norm(expected))
