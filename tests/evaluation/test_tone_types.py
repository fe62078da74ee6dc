"""Errors of known tones, by type of skin."""

import numpy as np
import pytest

from evaluation.tone import typology_angle
from evaluation.tone_types import TYPES, constant_errors, type_errors

RNG = np.random.default_rng(0)
# The limits of the six classes, from very light to dark (Chardon et al. 1991).
LIMITS = (90, 55, 41, 28, 10, -30, -90)
TRUE = np.repeat(np.array(list(TYPES.values()))[:, None], 5, axis=1)


def test_each_type_lies_inside_its_class():
    angles = typology_angle(np.array(list(TYPES.values())))
    for angle, high, low in zip(angles, LIMITS, LIMITS[1:], strict=False):
        assert low < angle < high


def test_what_is_decoded_right_has_no_error():
    errors = type_errors(np.repeat(TRUE[:, :, None], 3, axis=2), TRUE)
    assert errors.mean == pytest.approx(0, abs=1e-9) and errors.spread == pytest.approx(0, abs=1e-9)


def test_a_planted_error_of_one_type_is_found():
    decoded = np.repeat(TRUE[:, :, None], 4, axis=2)
    # Seven degrees lighter: the angle is that of (L* - 50, b*).
    angle = np.arctan2(decoded[2, ..., 0] - 50, decoded[2, ..., 2]) + np.radians(7)
    decoded[2, ..., 0], decoded[2, ..., 2] = 50 + 20 * np.sin(angle), 20 * np.cos(angle)
    errors = type_errors(decoded, TRUE)
    assert errors.by_type["intermediate"].mean == pytest.approx(7)
    assert errors.bias_by_type["intermediate"] == pytest.approx(7)
    assert errors.mean == pytest.approx(7 / 6)
    assert errors.spread == pytest.approx(np.std([7, 0, 0, 0, 0, 0]))


def test_errors_to_both_sides_do_not_cancel():
    decoded = np.repeat(TRUE[:, :, None], 2, axis=2)
    decoded[..., 0, 0] += 5
    decoded[..., 1, 0] -= 5
    errors = type_errors(decoded, TRUE)
    assert min(interval.mean for interval in errors.by_type.values()) > 5
    assert max(abs(bias) for bias in errors.bias_by_type.values()) < 2


def test_one_tone_for_all_errs_most_at_the_ends():
    errors = constant_errors(TRUE, 4)
    assert errors.by_type["dark"].mean > 50 and errors.by_type["very light"].mean > 30
    assert errors.bias_by_type["dark"] > 0 > errors.bias_by_type["very light"]
    assert errors.spread > 10
