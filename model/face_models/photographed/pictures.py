"""Pictures of colors on the mean face, and sheets of them."""

import numpy as np

from mesh_renderer.rasterize_triangles import rasterize_barycentric_coordinates
from model.fitting.camera import Pose
from model.fitting.landmark_fit import CAMERA_DISTANCE_MM

_BACKGROUND = 0.5
# The width of what a picture shows, in mm.
_WIDTH_MM = 250.0


class FlatArtist:
    """Draws colors on the mean face as they are, without any light."""

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray, pixels: int = 160):
        """Finds out once what each pixel shows.

        Args:
          vertices: float [N, 3] mm, of the mean face; triangles: int32 [T, 3].
          pixels: width and height of a picture.
        """
        focal = pixels * CAMERA_DISTANCE_MM / _WIDTH_MM
        middle = np.full([1, 2], pixels / 2)
        pose = Pose(np.eye(3)[None], np.array([focal]), middle, CAMERA_DISTANCE_MM)
        clip = np.float32(pose.clip_space(np.float64(vertices)[None], pixels))
        seen = rasterize_barycentric_coordinates(clip, triangles, pixels, pixels)
        self._weights = seen.barycentrics.numpy()[0, ::-1]
        self._corners = np.asarray(triangles)[seen.triangle_ids.numpy()[0, ::-1]]
        self._background = _BACKGROUND * (self._weights.sum(axis=-1, keepdims=True) < 0.5)

    def __call__(self, colors: np.ndarray) -> np.ndarray:
        """Colors [N, 3] in 0..1 to a picture uint8 [pixels, pixels, 3]."""
        image = np.sum(colors[self._corners] * self._weights[..., None], axis=2)
        return np.uint8(np.clip(image + self._background, 0, 1) * 255 + 0.5)


def sheet(rows: list[list[np.ndarray]]) -> np.ndarray:
    """Pictures uint8 [S, S, 3] in rows of any length: uint8 [H, W, 3]."""
    height, width = rows[0][0].shape[:2]
    columns = max(map(len, rows))
    canvas = np.full((len(rows) * height, columns * width, 3), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            canvas[i * height : (i + 1) * height, j * width : (j + 1) * width] = picture
    return canvas


def wrapped(pictures: list[np.ndarray], columns: int) -> list[list[np.ndarray]]:
    """A list of pictures as rows."""
    return [pictures[k : k + columns] for k in range(0, len(pictures), columns)]
