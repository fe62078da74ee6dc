"""Changes of photographs, against the curve of sRGB written out."""

import numpy as np

from programs.photo_changes import CAST, TONE_CHANGES, balanced, exposed

RNG = np.random.default_rng(0)
CROPS = RNG.integers(0, 256, size=[2, 5, 5, 3], dtype=np.uint8)


def _linear(crops):
    c = crops / 255.0
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def _encoded(linear):
    linear = np.clip(linear, 0, 1)
    c = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(c * 255)


def test_a_stop_doubles_the_light_and_highlights_clip():
    np.testing.assert_allclose(exposed(CROPS, 1), _encoded(2 * _linear(CROPS)), atol=1)
    np.testing.assert_allclose(exposed(CROPS, -2), _encoded(_linear(CROPS) / 4), atol=1)
    assert (exposed(np.full_like(CROPS, 250), 1) == 255).all()


def test_white_balance_turns_red_against_blue_and_leaves_green():
    changed = balanced(CROPS, 1.15)
    np.testing.assert_array_equal(changed[..., 1], CROPS[..., 1])
    factors = np.array([1.15, 1, 1 / 1.15])
    np.testing.assert_allclose(changed, _encoded(_linear(CROPS) * factors), atol=1)


def test_no_change_is_none():
    np.testing.assert_array_equal(exposed(CROPS, 0), CROPS)
    np.testing.assert_array_equal(balanced(CROPS, 1), CROPS)


def test_the_changes_of_tone_go_both_ways():
    middle = np.full([1, 2, 2, 3], 128, np.uint8)
    brighter, darker, warmer, cooler = (change(middle)[0, 0, 0] for change in TONE_CHANGES.values())
    assert (brighter > 128).all() and (darker < 128).all()
    assert warmer[0] > 128 > warmer[2] and cooler[0] < 128 < cooler[2]
    assert CAST == 1.15
