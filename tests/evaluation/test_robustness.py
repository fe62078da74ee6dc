"""Likeness under change, on planted faces."""

import numpy as np
import pytest

from evaluation import plots
from evaluation.recognition import cosines, unit
from evaluation.robustness import Faces, curve

RNG = np.random.default_rng(0)
PEOPLE = [f"person {k}" for k in range(10)]


def _faces(noise):
    generator = np.random.default_rng(0)
    embeddings, vertices = generator.normal(size=[10, 32]), generator.normal(size=[10, 50, 3])
    moved = noise * RNG.normal(size=embeddings.shape)
    return Faces(unit(embeddings + moved), vertices + np.array([0.0, 3.0, 4.0]) * noise)


def test_no_change_is_perfect_and_planted_changes_are_found():
    levels = {0.5: _faces(0.0), 1.5: _faces(1.0), 4: _faces(4.0)}
    found = curve(_faces(0.0), levels, PEOPLE)
    assert found.levels == (0.5, 1.5, 4)
    assert found.cosine[0].mean == pytest.approx(1) and found.distance[0] == 0
    assert found.distance[1:] == pytest.approx((5, 20))
    expected = cosines(_faces(0.0).embeddings, levels[1.5].embeddings).mean()
    assert found.cosine[1].mean == pytest.approx(expected)
    assert found.cosine[1].low < expected < found.cosine[1].high
    assert found.cosine[2].mean < expected


def test_curves_are_plotted_for_any_number_of_changes():
    own = curve(_faces(0.0), {1: _faces(1.0), 2: _faces(2.0)}, PEOPLE)
    names = ("blur", "noise", "gray", "pose")
    picture = plots.robustness_curves(
        {"first": dict.fromkeys(names, own)}, dict.fromkeys(names, "level")
    )
    assert picture.data.startswith(b"\x89PNG") and "robustness.pdf" in picture.more
