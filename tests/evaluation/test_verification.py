"""Verification against a count over all pairs, and against known answers."""

import itertools

import numpy as np
import pytest

from evaluation.verification import verification


def _embeddings(spread, people=10, images=3, seed=0):
    generator = np.random.default_rng(seed)
    centers = generator.normal(size=(people, 6))
    embeddings = np.repeat(centers, images, axis=0)
    embeddings += spread * generator.normal(size=embeddings.shape)
    return embeddings, np.repeat(np.arange(people), images)


@pytest.mark.parametrize("spread", [0.3, 1.0, 5.0])
def test_auc_reference(spread):
    embeddings, whose = _embeddings(spread)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    pairs = list(itertools.combinations(range(len(whose)), 2))
    same = [unit[a] @ unit[b] for a, b in pairs if whose[a] == whose[b]]
    different = [unit[a] @ unit[b] for a, b in pairs if whose[a] != whose[b]]
    expected = np.mean([s > d for s in same for d in different])
    result = verification(embeddings, whose.tolist())
    assert result.auc == pytest.approx(expected, abs=2e-3)
    assert result.same == pytest.approx(np.mean(same), abs=1e-3)
    assert result.different == pytest.approx(np.mean(different), abs=1e-3)


def test_people_who_are_told_apart_perfectly():
    """The threshold of one half of the people holds for the other half."""
    embeddings, whose = np.repeat(np.eye(6), 2, axis=0), [p for p in "abcdef" for _ in range(2)]
    result = verification(embeddings, whose)
    assert (result.auc, result.accuracy) == (1.0, 1.0)


def test_embeddings_that_say_nothing():
    embeddings = np.random.default_rng(4).normal(size=(400, 16))
    result = verification(embeddings, (np.arange(400) // 2).tolist())
    assert result.auc == pytest.approx(0.5, abs=0.06)
    assert result.accuracy == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    "whose, message", [([0, 0, 1, 1], "2 people"), ([0, 1, 2, 3], "no two images of one person")]
)
def test_too_few(whose, message):
    with pytest.raises(ValueError, match=message):
        verification(np.eye(4), whose)
