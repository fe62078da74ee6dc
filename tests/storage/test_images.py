"""Encoded images come back as they were."""

import io

import numpy as np
from PIL import Image

from storage.images import jpeg, png, to_bytes

IMAGE = np.random.default_rng(0).integers(0, 256, (12, 17, 3), np.uint8)


def test_png_is_exact():
    data = png(IMAGE)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), IMAGE)


def test_jpeg_keeps_colors_in_their_order():
    image = np.full((16, 16, 3), (200, 100, 20), np.uint8)
    decoded = np.asarray(Image.open(io.BytesIO(jpeg(image))))
    assert np.abs(decoded.astype(int) - image).max() < 6
    assert len(jpeg(IMAGE, quality=20)) < len(jpeg(IMAGE, quality=95))


def test_pixels_are_rounded_and_clipped():
    assert to_bytes(np.array([-1.0, 0.5 / 255, 0.49 / 255, 1.0, 9.0])).tolist() == [
        0,
        1,
        0,
        255,
        255,
    ]
