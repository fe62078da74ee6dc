"""Images as callers have them become photographs as the detector wants them: uint8 RGB."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import PIL.Image

    Image = np.ndarray | PIL.Image.Image | str | os.PathLike[str]

_WHITE = 255.0


def rgb_pixels(image: "Image") -> np.ndarray:
    """Turns an image into uint8 RGB [H, W, 3]; what is transparent becomes white.

    Args:
      image: the path of a file; an image of Pillow; or an array [H, W], [H, W, 1] (gray), [H, W, 2]
        (gray and alpha), [H, W, 3] (RGB) or [H, W, 4] (RGB and alpha) of booleans, of uint8, of
        uint16, of other integers in 0..255, or of floats in 0..1.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is no such image.
    """
    if isinstance(image, str | os.PathLike):
        from data_pipeline.photographs import read_image

        return read_image(image)
    if hasattr(image, "getexif"):
        if not hasattr(image, "tile"):
            return _array_pixels(np.asarray(image.convert("RGBA")))
        from data_pipeline.image_files.pixels import read_pixels

        return read_pixels(image, "the image")
    return _array_pixels(np.asarray(image))


def _array_pixels(array: np.ndarray) -> np.ndarray:
    levels = _levels(array)
    if levels.ndim == 2:
        levels = levels[..., None]
    if levels.ndim != 3 or levels.shape[2] not in (1, 2, 3, 4) or 0 in levels.shape:
        raise ValueError(
            f"the image has shape {array.shape}, not [height, width] or [height, width, channels] "
            "with 1 to 4 channels"
        )
    channels = levels.shape[2]
    color = levels if channels in (1, 3) else levels[..., :-1]
    if channels in (2, 4):
        alpha = levels[..., -1:] / _WHITE
        color = color * alpha + _WHITE * (1 - alpha)
    return np.ascontiguousarray(np.broadcast_to(np.uint8(color + 0.5), (*levels.shape[:2], 3)))


def _levels(array: np.ndarray) -> np.ndarray:
    """Values of any type as float32 levels 0..255."""
    kind: Any = array.dtype.kind
    if array.dtype == np.uint8:
        return np.float32(array)
    if kind == "b":
        return np.float32(array) * _WHITE
    if array.dtype == np.uint16:
        return np.float32(array) / 257
    if kind not in "iuf":
        raise ValueError(f"the image has values of type {array.dtype}, which are no levels")
    most = 1 if kind == "f" else 255
    # NaN fails this comparison too.
    if array.size and not (np.min(array) >= 0 and np.max(array) <= most):
        raise ValueError(
            f"the image has values of type {array.dtype} from {np.min(array)} to {np.max(array)}; "
            f"they must lie in 0..{most}"
        )
    return np.float32(array) * (_WHITE / most)
