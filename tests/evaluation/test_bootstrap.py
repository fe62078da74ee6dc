import numpy as np
import pytest
import scipy.stats

from evaluation.bootstrap import paired_gain


def test_constant_gain_has_no_spread():
    before = np.linspace(0, 1, 20)
    gain = paired_gain(before, before + 0.1)
    assert gain.mean == pytest.approx(0.1)
    assert (gain.low, gain.high) == (pytest.approx(0.1), pytest.approx(0.1))


def test_interval_equals_scipy():
    generator = np.random.default_rng(0)
    before = generator.normal(size=131)
    after = before + 0.05 + 0.2 * generator.normal(size=131)
    gain = paired_gain(before, after)
    expected = scipy.stats.bootstrap(
        [after - before], np.mean, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert gain.mean == pytest.approx(np.mean(after - before))
    assert gain.low == pytest.approx(expected.low, abs=2e-3)
    assert gain.high == pytest.approx(expected.high, abs=2e-3)


def test_photographs_of_one_person_are_not_independent():
    differences = np.random.default_rng(0).normal(size=30)
    many = np.repeat(differences, 10)
    people = np.repeat(np.arange(30), 10)
    independent = paired_gain(np.zeros(300), many)
    by_person = paired_gain(np.zeros(300), many, [f"person {k}" for k in people])
    alone = paired_gain(np.zeros(30), differences)
    width = by_person.high - by_person.low
    assert width > 2 * (independent.high - independent.low)
    assert width == pytest.approx(alone.high - alone.low, rel=0.05)


def test_repeats_with_its_seed():
    scores = np.random.default_rng(0).normal(size=[2, 40])
    assert paired_gain(*scores, seed=3) == paired_gain(*scores, seed=3)
    assert paired_gain(*scores, seed=3) != paired_gain(*scores, seed=4)


def test_unpaired_scores_are_an_error():
    with pytest.raises(ValueError, match="not pairs"):
        paired_gain(np.zeros(3), np.zeros(4))
