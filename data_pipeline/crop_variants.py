"""The images that are made of each photograph: its sides, and crops around the aligned one.

A detector's points scatter by a few hundredths of a face, and with them the features of a
photograph. Photographs are few beside a decoder's weights: with the aligned crop alone it learns
them by heart. So a photograph is also cut a little closer, farther, tilted and shifted.
"""

import dataclasses
import itertools
import math
from typing import NamedTuple

import numpy as np

from model.crop import Crop

# The photograph as it is, and its mirror image: their features differ (cosine 0.9).
SIDES = ("plain", "mirrored")

# What is done to the aligned crop: scale, rotation in degrees, and shift to the right and down in
# parts of the crop.
_CHANGES = {
    "closer": (1.06, 3.0, 0.015, 0.0),
    "farther": (0.94, -3.0, 0.0, -0.02),
    "shifted": (1.0, -2.0, -0.02, 0.02),
}
CROPS = ("aligned", *_CHANGES)


class Variant(NamedTuple):
    """One image of a photograph: one of `SIDES` in one of `CROPS`."""

    side: str
    crop: str

    @property
    def text(self) -> str:
        """The variant as the keys of caches name it: "plain", "mirrored", "plain closer", ..."""
        return self.side if self.crop == "aligned" else f"{self.side} {self.crop}"


# In the order of a cache's arrays; the first two are those of the aligned crop.
VARIANTS = tuple(Variant(side, crop) for crop, side in itertools.product(CROPS, SIDES))


def cropped(crop: Crop) -> list[Crop]:
    """Returns the aligned crop and its changes, of the same size, in the order of `CROPS`."""
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
