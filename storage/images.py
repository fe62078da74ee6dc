"""Images as the bytes of JPEG and PNG files."""

import io
import zlib

import numpy as np
from PIL import Image


def jpeg(image: np.ndarray, quality: int = 88) -> bytes:
    """Encodes an image uint8 RGB [H, W, 3] as a JPEG file."""
    return _encoded(image, "JPEG", quality=quality)


def png(image: np.ndarray) -> bytes:
    """Encodes an image uint8 RGB [H, W, 3] as a PNG file.

    It looks for runs alone, and not for repetitions: renders and textures take a third of the time
    then, and files are no larger.
    """
    return _encoded(image, "PNG", compress_level=1, compress_type=zlib.Z_RLE)


def to_bytes(image: np.ndarray) -> np.ndarray:
    """Converts pixels float [..., 3] in 0..1 to uint8, rounded; what lies outside is clipped."""
    return np.uint8(np.clip(image, 0.0, 1.0) * 255 + 0.5)


def _encoded(image, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()
