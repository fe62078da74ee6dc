"""What happens to photographs on their way to a user, in growing strength.

Every function maps crops uint8 sRGB [N, S, S, 3] and a level to crops of the same kind. Lengths are
in parts of the crop's width, so that they mean the same for every network.
"""

import io
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from programs.photo_changes import exposed
from storage.images import jpeg, to_bytes

SEED = 0


class Damage(NamedTuple):
    """A change, the meaning of its level, and the levels that are tried."""

    apply: Callable[[np.ndarray, float], np.ndarray]
    unit: str
    levels: tuple[float, ...]


def occluded(crops: np.ndarray, part: float) -> np.ndarray:
    """Covers a square of this part of the area with gray, somewhere else on each photograph."""
    size = crops.shape[1]
    side = round(size * part**0.5)
    places = np.random.default_rng(SEED).integers(size - side + 1, size=[len(crops), 2])
    covered = crops.copy()
    for image, (top, left) in zip(covered, places, strict=True):
        image[top : top + side, left : left + side] = 128
    return covered


def blurred(crops: np.ndarray, deviation: float) -> np.ndarray:
    """Blurs by a Gaussian of this deviation in percent of the width."""
    sigma = deviation / 100 * crops.shape[1]
    return np.stack([cv2.GaussianBlur(image, (0, 0), sigma) for image in crops])


def reduced(crops: np.ndarray, pixels: float) -> np.ndarray:
    """Shrinks to this many pixels and enlarges again."""
    small = (round(pixels),) * 2
    return np.stack(
        [
            cv2.resize(cv2.resize(image, small, interpolation=cv2.INTER_AREA), image.shape[:2])
            for image in crops
        ]
    )


def noisy(crops: np.ndarray, deviation: float) -> np.ndarray:
    """Adds noise of this deviation in percent of white to each channel."""
    noise = np.random.default_rng(SEED).normal(0, deviation / 100, crops.shape)
    return to_bytes(crops / 255.0 + noise)


def compressed(crops: np.ndarray, quality: float) -> np.ndarray:
    """Writes JPEG files of this quality and reads them."""
    files = (io.BytesIO(jpeg(image, round(quality))) for image in crops)
    return np.stack([np.asarray(Image.open(file)) for file in files])


def grayed(crops: np.ndarray, part: float) -> np.ndarray:
    """Takes this part of the color away."""
    gray = crops @ np.array([0.299, 0.587, 0.114])
    return to_bytes(((1 - part) * crops + part * gray[..., None]) / 255.0)


DAMAGES = {
    "exposure": Damage(exposed, "stops", (-2, -1, -0.5, 0.5, 1, 2)),
    "occlusion": Damage(occluded, "part of the area", (0.05, 0.1, 0.2, 0.3, 0.4)),
    "blur": Damage(blurred, "deviation, % of the width", (0.5, 1, 2, 3, 5)),
    "resolution": Damage(reduced, "pixels", (96, 64, 48, 32, 24, 16)),
    "noise": Damage(noisy, "deviation, % of white", (2, 5, 10, 15, 20)),
    "JPEG": Damage(compressed, "quality", (70, 40, 20, 10, 5)),
    "gray": Damage(grayed, "part of the color", (0.25, 0.5, 0.75, 1)),
}
