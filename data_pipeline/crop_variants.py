"""The images that are made of each photograph: its sides, and crops around the aligned one.

Photographs are few beside a decoder's weights: with the aligned crop alone it learns them by heart.
So a photograph is also mirrored, and cut as `model.crop_changes` says.
"""

import itertools
from typing import NamedTuple

from model.crop import Crop
from model.crop_changes import CHANGES, CROPS, changed_crop

# The photograph as it is, and its mirror image: their features differ (cosine 0.9).
SIDES = ("plain", "mirrored")


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
    return [crop, *(changed_crop(crop, change) for change in CHANGES.values())]
