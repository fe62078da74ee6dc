"""Arrays of any common kind become uint8 RGB."""

import numpy as np
import pytest

from photo_to_face.pixels import rgb_pixels

LEVELS = np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 20


@pytest.mark.parametrize(
    "image",
    [
        LEVELS,
        LEVELS.astype(np.int64),
        np.uint16(LEVELS) * 257,
        LEVELS / 255.0,
        np.float32(LEVELS) / 255,
        LEVELS[:, ::-1][:, ::-1],
        np.dstack([LEVELS, np.full([2, 2], 255, np.uint8)]),
    ],
)
def test_all_say_the_same(image):
    pixels = rgb_pixels(image)
    assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, LEVELS)


def test_gray_has_three_equal_channels():
    gray = LEVELS[..., 0]
    for image in (gray, gray[..., None], np.stack([gray, np.full([2, 2], 255, np.uint8)], -1)):
        np.testing.assert_array_equal(rgb_pixels(image), np.repeat(gray[..., None], 3, axis=2))
    np.testing.assert_array_equal(rgb_pixels(np.eye(2, dtype=bool))[..., 1], np.eye(2) * 255)


def test_what_is_transparent_is_white():
    image = np.dstack([LEVELS, np.uint8([[0, 255], [255, 0]])])
    pixels = rgb_pixels(image)
    np.testing.assert_array_equal(pixels[0, 0], [255] * 3)
    np.testing.assert_array_equal(pixels[0, 1], LEVELS[0, 1])


@pytest.mark.parametrize(
    "image, complaint",
    [
        (np.zeros([3]), "has shape"),
        (np.zeros([3, 40, 40]), "has shape"),
        (np.zeros([0, 4, 3]), "has shape"),
        (np.full([2, 2], 255.0), "must lie in 0..1"),
        (np.full([2, 2], np.nan), "must lie in 0..1"),
        (np.full([2, 2], 256), "must lie in 0..255"),
        (np.full([2, 2], -1), "must lie in 0..255"),
        (np.full([2, 2], "a"), "no levels"),
        (np.full([2, 2], 1j), "no levels"),
    ],
)
def test_what_is_no_image(image, complaint):
    with pytest.raises(ValueError, match=complaint):
        rgb_pixels(image)
