"""The pixels of an opened image file, of any mode, as 8-bit sRGB that stands upright."""

import cv2
import numpy as np
from absl import logging
from PIL import Image

from data_pipeline.image_files.color_profiles import to_srgb

# How many of 16 bits a sensor may fill; the upper ones are then zero.
_SIGNIFICANT_BITS = (8, 10, 12, 14, 16)
_GRAY_MODES = ("L", "LA", "La")

# How an image is turned upright, by the value of its EXIF tag.
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_pixels(image: Image.Image, name: str = "image") -> np.ndarray:
    """Decodes an image.

    Pixels of 16 bits are stretched so that the most significant bit that occurs in the image
    becomes the most significant of 8. What is transparent becomes white.

    Args:
      image: an opened file.
      name: what the file is called in a warning.

    Returns:
      uint8 RGB [H, W, 3].

    Raises:
      ValueError: the pixels have no known range. Broken data raise whatever a decoder raises.
    """
    if image.mode == "F":
        raise ValueError("floating-point pixels have no agreed range; save it with 8 or 16 bits")
    color, alpha = _split_alpha(_to_8_bits(image))
    rgb = to_srgb(color, image, name)
    if alpha is not None:
        rgb = Image.composite(rgb, Image.new("RGB", rgb.size, "white"), alpha)
    return np.array(_upright(rgb, image, name))


def _to_8_bits(image):
    """Returns an image of 8 bits a channel."""
    if image.mode.startswith("I"):
        return Image.fromarray(_stretched(np.asarray(image)))
    if image.mode == "1":
        return image.convert("L")
    return _deep_color(image) if _is_deep_color(image) else image


def _is_deep_color(image):
    """Says whether the colors may have 16 bits in the file, of which Pillow keeps the upper 8."""
    if image.mode not in ("RGB", "RGBA", "RGBX", "LA") or not image.tile:
        return False
    if image.format == "JPEG2000":
        # Pillow does not say how many bits there are.
        return True
    arguments = image.tile[0].args
    if image.format == "PPM":
        return arguments[-1] == 65535
    return image.format in ("PNG", "TIFF") and ";16" in str(arguments)


def _deep_color(image):
    """Decodes colors of 16 bits with OpenCV; where it cannot, with Pillow."""
    position = image.fp.tell()
    image.fp.seek(0)
    data = np.frombuffer(image.fp.read(), np.uint8)
    image.fp.seek(position)
    # Pillow finds out whether the file is whole.
    image.load()
    levels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if levels is None or levels.dtype != np.uint16 or levels.ndim != 3:
        return image
    colors = _stretched(levels[..., 2::-1])
    if levels.shape[2] == 4 and image.mode in ("RGBA", "LA"):
        with_alpha = np.dstack([colors, _stretched(levels[..., 3])])
        return Image.fromarray(with_alpha).convert(image.mode)
    return Image.fromarray(colors)


def _stretched(levels):
    """Integers of 16 bits to uint8, by the bits that are significant in all of them."""
    if levels.min() < 0 or levels.max() > 65535:
        raise ValueError("integer pixels beyond 16 bits; save it with 8 or 16 bits")
    bits = next(bits for bits in _SIGNIFICANT_BITS if levels.max() < 1 << bits)
    top = (1 << bits) - 1
    return np.uint8(np.round(np.arange(top + 1) * (255 / top)))[levels]


def _split_alpha(image):
    """Separates an image's colors, of mode L if they are gray, from its alpha channel, or None."""
    if not image.has_transparency_data:
        return image, None
    rgba = image.convert("RGBA")
    color = rgba.getchannel("R") if image.mode in _GRAY_MODES else rgba.convert("RGB")
    return color, rgba.getchannel("A")


def _upright(pixels, image, name):
    """Turns pixels as the EXIF tag of their file says; broken EXIF data say nothing."""
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION))
    # Pillow raises whatever it stumbles on.
    except Exception as error:
        logging.warning("%s: its EXIF data are ignored: %s", name, error)
        return pixels
    return pixels if turn is None else pixels.transpose(turn)
