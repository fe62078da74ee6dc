"""A face that a detector found in a photograph."""

import dataclasses

import numpy as np

from model.face_finding import is_upright


@dataclasses.dataclass(frozen=True)
class Detection:
    """One face in a photograph; pixel coordinates with integers at pixel centers.

    Attributes:
      box: left, top, right, bottom.
      confidence: 0..1.
      points: float32 [5, 2], the `FIVE_POINTS`.
    """

    box: tuple[float, float, float, float]
    confidence: float
    points: np.ndarray

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        left, top, right, bottom = self.box
        return max(right - left, 0.0) * max(bottom - top, 0.0)

    @property
    def stands(self) -> bool:
        """Whether the face is upright: its mouth lies below its eyes rather than beside them."""
        return is_upright(self.points)

    def turned_back(self, turns: int, size: tuple[int, int]) -> "Detection":
        """Undoes counterclockwise quarter turns of a photograph of (width, height) pixels."""
        points = _points_before(self.points, turns, size)
        corners = _points_before(np.reshape(self.box, (2, 2)), turns, size)
        box = (*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())
        return Detection(box, self.confidence, points.astype(np.float32))


def _points_before(points, turns, size):
    """Where points (x, y) of a turned photograph were before; integers at pixel centers."""
    x, y = points.T
    right, bottom = size[0] - 1, size[1] - 1
    places = {0: (x, y), 1: (right - y, x), 2: (right - x, bottom - y), 3: (y, bottom - x)}
    return np.stack(places[turns], axis=-1)
