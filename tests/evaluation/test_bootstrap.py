import numpy as np
import pytest
import scipy.stats

from evaluation.bootstrap import auc_interval, mean_interval, paired_gain


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


def test_a_mean_is_the_gain_over_nothing():
    values = np.random.default_rng(0).random(20)
    people = [f"person {k // 2}" for k in range(20)]
    assert mean_interval(values, people) == paired_gain(np.zeros(20), values, people)
    with pytest.raises(ValueError, match="19 identities"):
        mean_interval(values, people[1:])


def test_auc_equals_scipy_and_ties_count_half():
    generator = np.random.default_rng(0)
    values, positive = generator.integers(0, 9, size=60), generator.random(60) < 0.3
    values = values + 2 * positive
    expected = scipy.stats.mannwhitneyu(values[positive], values[~positive]).statistic
    auc = auc_interval(values, positive)
    assert auc.mean == pytest.approx(expected / (positive.sum() * (~positive).sum()))
    assert 0 < auc.low < auc.mean < auc.high < 1


def test_auc_of_few_people_is_unsure_and_photographs_of_one_person_add_nothing():
    generator = np.random.default_rng(0)
    values = np.concatenate([generator.normal(size=50), generator.normal(1, 1, 3)])
    positive = np.arange(53) >= 50
    few = auc_interval(values, positive)
    people = [str(k) for k in range(53)]
    repeated = auc_interval(
        np.append(values, [values[50:]] * 20),
        np.append(positive, [True] * 60),
        people + people[50:] * 20,
    )
    assert repeated.mean == pytest.approx(few.mean)
    assert repeated.high - repeated.low == pytest.approx(few.high - few.low, rel=0.1)
    assert few.high - few.low > 0.2


def test_unpaired_scores_are_an_error():
    with pytest.raises(ValueError, match="not pairs"):
        paired_gain(np.zeros(3), np.zeros(4))
