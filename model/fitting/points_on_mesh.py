"""Where known points of a face lie on a mesh, and how well each of them is placed.

The points are the 468 of MediaPipe's face mesh. The numbers of points below were taken from that
mesh's own lists of contours.
"""

import dataclasses
import os

import numpy as np

# The outline of the face, in order around it.
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
_MOUTH = (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181)
_NOSE_BASE = (98, 97, 2, 326, 327)
# The two rows of points of either brow. They lie about 5 mm off between the two meshes.
BROWS = (
    *(70, 63, 105, 66, 107, 46, 53, 52, 65, 55),
    *(300, 293, 334, 296, 336, 276, 283, 282, 295, 285),
)
# Points beyond the 468 that refined landmarks have: center and rim of the irises, by eye as `EYES`.
IRISES = ((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))

_PRECISE_MM = 1.3
_COARSE_MM = 3.6


@dataclasses.dataclass(frozen=True)
class PointsOnMesh:
    """Points at barycentric places of a mesh.

    Attributes:
      vertex_indices: int32 [P, 3]; weights: float [P, 3]. A point is the weighted sum of vertices.
      deviations: float [P], by how many mm a found point misses its place (one standard deviation
        in either direction of the image); infinite for points that say nothing.
      contour: int [C], the points of a closed outline in order. Such a point may slide along the
        outline: it only says how far out that lies.
    """

    vertex_indices: np.ndarray
    weights: np.ndarray
    deviations: np.ndarray
    contour: np.ndarray

    def __len__(self) -> int:
        return len(self.vertex_indices)

    def __call__(self, vertices: np.ndarray) -> np.ndarray:
        """The places [..., P, 3] on a mesh with vertices [..., N, 3]."""
        corners = vertices[..., self.vertex_indices, :]
        return np.sum(corners * self.weights[..., None], axis=-2)


def read_points_on_mesh(path: str | os.PathLike, n_vertices: int) -> PointsOnMesh:
    """Reads where the 468 points of MediaPipe's face mesh lie on a face model.

    Args:
      path: an .npz with `vertex_indices` int [468, 3], `weights` float [468, 3] and `reliable`
        bool [468] (false for points without a counterpart on the mesh).
      n_vertices: of the face model.

    Raises:
      ValueError: names the file, the array and what is wrong with it.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("vertex_indices", "weights", "reliable")}
    except (KeyError, ValueError, EOFError) as error:
        raise ValueError(f"{path}: is no .npz of points on a mesh ({error})") from None
    for name, shape in {
        "vertex_indices": (468, 3),
        "weights": (468, 3),
        "reliable": (468,),
    }.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{path}: {name} has shape {arrays[name].shape}, not {shape}")
    indices = arrays["vertex_indices"]
    if indices.min() < 0 or indices.max() >= n_vertices:
        raise ValueError(
            f"{path}: vertex_indices go from {indices.min()} to {indices.max()}, but the face "
            f"model has {n_vertices} vertices; the file belongs to another face model"
        )
    if not np.all(np.isfinite(arrays["weights"])):
        raise ValueError(f"{path}: weights hold values that are not finite")
    return PointsOnMesh(
        indices, arrays["weights"], deviations_mm(arrays["reliable"]), np.array(OVAL)
    )


def deviations_mm(reliable: np.ndarray) -> np.ndarray:
    """How far found points miss their places: float [468] mm, infinite for what is not reliable."""
    deviations = np.where(reliable, _COARSE_MM, np.inf)
    precise = [*EYES[0], *EYES[1], *_MOUTH, *_NOSE_BASE]
    deviations[precise] = _PRECISE_MM
    # An unreliable point stays unreliable, whatever part it belongs to.
    deviations[~reliable.astype(bool)] = np.inf
    deviations[list(BROWS)] = np.inf
    return deviations
