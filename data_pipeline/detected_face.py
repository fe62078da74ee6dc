"""A face that a detector found in a photograph."""

import dataclasses

import numpy as np


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
        right, down = self.points[3:].mean(axis=0) - self.points[:2].mean(axis=0)
        return bool(down > abs(right))
