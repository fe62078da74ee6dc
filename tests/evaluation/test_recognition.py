import numpy as np
import pytest
import scipy.stats

from evaluation import recognition


def _random_unit(count, size=6, seed=0):
    return recognition.unit(np.random.default_rng(seed).normal(size=[count, size]))


def test_cosines_of_known_vectors():
    first = np.array([[1.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    second = np.array([[0.0, 3.0], [1.0, 1.0], [-1.0, 0.0]])
    np.testing.assert_allclose(recognition.cosines(first, second), [0.0, 1.0, -1.0], atol=1e-12)


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_embedding_without_direction_is_an_error(bad):
    with pytest.raises(ValueError, match=r"embedding \[1\] has length"):
        recognition.unit(np.array([[1.0, 0.0], [bad, 0.0]]))


def test_a_miss_counts_as_zero():
    scores = recognition.count_misses(np.array([0.6, 0.3]), misses=1)
    assert recognition.summarize(scores).mean == pytest.approx(0.3)
    assert recognition.summarize(scores).count == 3


def test_no_scores_is_an_error():
    with pytest.raises(ValueError, match="no photograph was reconstructed"):
        recognition.summarize(np.zeros(0))


@pytest.mark.parametrize("block", [1, 7, 64])
def test_pair_histograms_equal_reference(block):
    vectors = _random_unit(40)
    identities = [f"person {k % 13}" for k in range(40)]
    same, different = recognition.pair_histograms(vectors, identities, block)
    expected = {True: [], False: []}
    for i in range(40):
        for j in range(i):
            expected[identities[i] == identities[j]].append(vectors[i] @ vectors[j])
    for histogram, values in ((same, expected[True]), (different, expected[False])):
        assert histogram.total == len(values)
        assert histogram.mean == pytest.approx(np.mean(values), abs=1e-6)
        for cosine in (-1, 0, 0.1234, 1):
            assert histogram.below(cosine) == pytest.approx(
                np.mean(np.array(values) < cosine), abs=2 / len(values)
            )
        counts = np.histogram(values, bins=20, range=(-1, 1))[0]
        coarse = histogram.counts.reshape(20, -1).sum(axis=1)
        # A value on the edge of a bin may fall on either side in single precision.
        assert np.abs(coarse - counts).sum() <= 2


def test_identical_and_opposite_photographs_fall_into_the_outer_bins():
    same, different = recognition.pair_histograms(
        np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]), ["a", "a", "b"]
    )
    assert same.counts[-1] == 1 and same.total == 1
    assert different.counts[0] == 2 and different.total == 2


def test_earth_movers_distance_of_a_shift_is_the_shift():
    vectors = _random_unit(30)
    _, different = recognition.pair_histograms(vectors, [str(k) for k in range(30)])
    cosines = (vectors @ vectors.T)[np.triu_indices(30, 1)]
    distance = recognition.earth_movers_distance(cosines + 0.25, different)
    assert distance == pytest.approx(0.25, abs=1e-3)


def test_earth_movers_distance_equals_reference():
    vectors = _random_unit(25, seed=1)
    scores = np.random.default_rng(2).uniform(size=11)
    same, _ = recognition.pair_histograms(vectors, ["a"] * 25)
    cosines = (vectors @ vectors.T)[np.triu_indices(25, 1)]
    expected = scipy.stats.wasserstein_distance(scores, cosines)
    assert recognition.earth_movers_distance(scores, same) == pytest.approx(expected, abs=1e-3)


def test_without_pairs_of_one_person_there_is_no_distance_to_them():
    same, _ = recognition.pair_histograms(_random_unit(4), ["a", "b", "c", "d"])
    assert recognition.earth_movers_distance(np.array([0.5]), same) is None
    assert np.isnan(same.mean) and same.below(0.5) is None
