"""Metrics of skin tone on planted tones."""

import numpy as np
import pytest

from evaluation.tone import steadiness, tone_scores, typology_angle

RNG = np.random.default_rng(0)


def _lab(lightness):
    return np.stack([lightness, np.full_like(lightness, 12.0), np.full_like(lightness, 18.0)], -1)


def test_equal_tones_are_perfect():
    lab = _lab(RNG.normal(60, 8, 50))
    scores = tone_scores(lab, lab, dark=lab[:, 0] < 50)
    assert scores.spread == pytest.approx(1) and scores.far == 0
    assert scores.rank_correlation == pytest.approx(1)
    assert scores.auc_lightness.mean == 1 and scores.auc_angle.mean == 1
    assert scores.lightness == scores.photographed_lightness


def test_what_is_planted_is_found():
    photographed = _lab(RNG.normal(60, 8, 400))
    decoded = photographed * (0.5, 1, 1) + (20, 0, 0)
    scores = tone_scores(decoded, photographed)
    assert scores.spread == pytest.approx(0.5)
    assert scores.lightness == pytest.approx(scores.photographed_lightness / 2 + 20)
    assert scores.auc_lightness is None
    assert tone_scores(photographed + (30, 0, 0), photographed).far == 1
    inverted = tone_scores(photographed * (-1, 1, 1) + (120, 0, 0), photographed)
    assert inverted.rank_correlation == pytest.approx(-1)


def test_arbitrary_tones_tell_nobody_apart():
    dark = np.arange(400) < 200
    scores = tone_scores(_lab(RNG.normal(60, 8, 400)), _lab(np.full(400, 60.0) + dark), dark)
    assert scores.auc_lightness.mean == pytest.approx(0.5, abs=0.1)
    assert scores.auc_lightness.low < 0.5 < scores.auc_lightness.high
    constant = tone_scores(_lab(np.full(400, 60.0)), _lab(RNG.normal(60, 8, 400)), dark)
    assert constant.auc_lightness.mean == 0.5


def test_who_is_not_labeled_does_not_count():
    lab = _lab(np.array([30.0, 40, 60, 70, 10, 90]))
    dark = np.array([1, 1, 0, 0, np.nan, np.nan])
    assert tone_scores(lab, lab, dark).auc_lightness.mean == 1
    swapped = np.where(np.isnan(dark), [1, 1, 0, 0, 0, 1], dark)
    assert tone_scores(lab, lab, swapped).auc_lightness.mean < 1
    for one_kind in (np.zeros(6), np.full(6, np.nan), None):
        assert tone_scores(lab, lab, one_kind).auc_lightness is None


def test_angle_and_movement():
    assert typology_angle(np.array([[68.0, 0, 18.0]]))[0] == pytest.approx(45)
    before = np.zeros([3, 3])
    moved = {"a": np.array([[3.0, 4, 0]] * 3), "b": np.array([[0.0, 0, 1]] * 3), "c": before + 1}
    found = steadiness(before, moved)
    assert found.by_change == pytest.approx({"a": 5, "b": 1, "c": np.sqrt(3)})
    assert found.movement == pytest.approx(np.sqrt(3))
