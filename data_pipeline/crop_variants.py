"""Further crops of a photograph: a little closer, farther, tilted and shifted.

A detector's points scatter by a few hundredths of a face, and with them the features of a
photograph. Photographs are few beside a decoder's weights: with the aligned crop alone it learns
them by heart.
"""

import dataclasses
import math

import numpy as np

from model.crop import Crop

# Scale, rotation in degrees, and shift to the right and down in parts of the crop.
_CHANGES = {
    " closer": (1.06, 3.0, 0.015, 0.0),
    " farther": (0.94, -3.0, 0.0, -0.02),
    " shifted": (1.0, -2.0, -0.02, 0.02),
}
NAMES = tuple(_CHANGES)


def cropped(crop: Crop) -> list[Crop]:
    """The aligned crop itself, and one for each of `NAMES`, of the same size."""
    return [crop, *(_changed(crop, *change) for change in _CHANGES.values())]


def _changed(crop: Crop, scale: float, degrees: float, right: float, down: float) -> Crop:
    center = (crop.image_size - 1) / 2
    angle = math.radians(degrees)
    linear = scale * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    shift = crop.image_size * np.array([right, down])
    points = (np.array(crop.points) - center) @ linear.T + center + shift
    return dataclasses.replace(crop, points=tuple(map(tuple, points.tolist())))
