"""The five points of a face, and the crop by which a recognition network sees it."""

import dataclasses
from typing import ClassVar

import numpy as np

# The subject's right eye comes first: it is on the left in an unmirrored photograph.
FIVE_POINTS = ("right_eye", "left_eye", "nose", "right_mouth", "left_mouth")
# What each of the five becomes in a mirror.
MIRRORED_POINTS = (1, 0, 2, 4, 3)


@dataclasses.dataclass(frozen=True)
class Crop:
    """Where a network expects a face's landmarks in its input image.

    Pixel coordinates everywhere in this project: x to the right, y down, and integers are the
    centers of pixels (OpenCV's convention), so that the image spans [-0.5, image_size - 0.5].

    Attributes:
      image_size: width and height of the square crop, in pixels.
      point_indices: which of `FIVE_POINTS` the crop is aligned by.
      points: their canonical (x, y) positions in the crop, in pixels, in the same order.
    """

    image_size: int
    point_indices: tuple[int, ...]
    points: tuple[tuple[float, float], ...]
    # Whether a photograph keeps its roll, and the width of what the crop shows by its height.
    upright: ClassVar[bool] = False
    aspect: ClassVar[float] = 1.0

    def __post_init__(self):
        if self.image_size < 1:
            raise ValueError(f"Crop: image_size is {self.image_size}, but must be positive")
        if len(self.points) != len(self.point_indices) or len(self.points) < 2:
            raise ValueError(
                f"Crop: {len(self.points)} points for {len(self.point_indices)} point_indices; "
                "give one (x, y) for each index, at least two"
            )

    def canonical_points(self) -> np.ndarray:
        """Returns the canonical points as float32 [P, 2] pixels."""
        return np.asarray(self.points, np.float32)

    def resized(self, image_size: int) -> "Crop":
        """Returns the same crop of the face at another resolution."""
        scale = image_size / self.image_size
        points = tuple(((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5) for x, y in self.points)
        return dataclasses.replace(self, image_size=image_size, points=points)


@dataclasses.dataclass(frozen=True)
class BoxCrop(Crop):
    """A detector's box with a margin, squeezed into a square.

    A render has no detector's box, so the box is stated by where the landmarks lie in it on
    average; photographs are cut by the same rule. Like a box it is not turned with the face.

    Attributes:
      aspect: width by height of the box, margin included, before it is squeezed.
    """

    upright: ClassVar[bool] = True

    aspect: float = 1.0
