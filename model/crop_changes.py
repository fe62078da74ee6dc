"""Small changes of a crop: a photograph is also seen a little closer, farther, tilted and shifted.

A detector's points scatter by a few hundredths of a face, and with them the features of a
photograph. Training sees each photograph in several crops, since there are few of them; a face is
read from the average of the same crops.
"""

import dataclasses
import math
from typing import NamedTuple

import cv2
import numpy as np

from model.crop import Crop


class CropChange(NamedTuple):
    """What is done to the aligned crop.

    Attributes:
      scale: above 1 the face grows.
      degrees: the clockwise turn of the face.
      right, down: its shift, in parts of the crop.
    """

    scale: float
    degrees: float
    right: float
    down: float

    def matrix(self, image_size: int) -> np.ndarray:
        """The map float64 [2, 3] of pixels of the aligned crop to those of the changed one."""
        angle = math.radians(self.degrees)
        linear = self.scale * np.array(
            [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        )
        center = np.full(2, (image_size - 1) / 2)
        shift = image_size * np.array([self.right, self.down])
        return np.column_stack([linear, center - linear @ center + shift])


CHANGES = {
    "closer": CropChange(1.06, 3.0, 0.015, 0.0),
    "farther": CropChange(0.94, -3.0, 0.0, -0.02),
    "shifted": CropChange(1.0, -2.0, -0.02, 0.02),
}
CROPS = ("aligned", *CHANGES)


def changed_crop(crop: Crop, change: CropChange) -> Crop:
    """Returns a crop that cuts a photograph as the change wants it."""
    matrix = change.matrix(crop.image_size)
    points = np.array(crop.points) @ matrix[:, :2].T + matrix[:, 2]
    return dataclasses.replace(crop, points=tuple(map(tuple, points.tolist())))


def changed_images(crops: np.ndarray, change: CropChange) -> np.ndarray:
    """Changes what was cut already: crops uint8 RGB [B, S, S, 3]; borders are replicated."""
    size = crops.shape[1]
    matrix = change.matrix(size)
    changed = [
        cv2.warpAffine(
            image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        for image in crops
    ]
    return np.array(changed, np.uint8).reshape(crops.shape)
