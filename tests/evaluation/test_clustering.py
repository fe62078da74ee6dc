import numpy as np
import pytest

from evaluation.clustering import identity_ranks, recall


def test_ranks_of_known_angles():
    def at(*degrees):
        return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], -1)

    photographs, whose = at(0, 20, 40, 90), ["a", "b", "c", "d"]
    # Nearest to 15 degrees are b, a, c, d; to 31 degrees c, b, a, d.
    ranks = identity_ranks(at(15, 15, 15, 31), ["a", "b", "d", "a"], photographs, whose)
    np.testing.assert_array_equal(ranks, [2, 1, 4, 3])


def test_any_photograph_of_the_person_counts_and_others_of_theirs_take_no_place():
    photographs = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    ranks = identity_ranks(np.array([[1.0, 0.0]]), ["a"], photographs, ["a", "a", "b"])
    np.testing.assert_array_equal(ranks, [1])
    ranks = identity_ranks(np.array([[1.0, 0.0]]), ["b"], photographs, ["a", "a", "b"])
    np.testing.assert_array_equal(ranks, [3])


def test_a_network_that_sees_no_difference_scores_nothing():
    same = np.ones([4, 3])
    ranks = identity_ranks(same, list("abcd"), same, list("abcd"))
    np.testing.assert_array_equal(ranks, [4, 4, 4, 4])


def test_blocks_change_nothing():
    generator = np.random.default_rng(0)
    renders, photographs = generator.normal(size=[2, 50, 8])
    whose = [str(k % 20) for k in range(50)]
    expected = identity_ranks(renders, whose, photographs, whose)
    np.testing.assert_array_equal(identity_ranks(renders, whose, photographs, whose, 7), expected)


def test_absent_person_comes_last():
    photographs = np.eye(3)
    ranks = identity_ranks(np.eye(3)[:1], ["stranger"], photographs, list("abc"))
    np.testing.assert_array_equal(ranks, [4])


def test_recall_counts_misses_and_knows_the_random_baseline():
    ranks, whose = np.array([1, 1, 4, 9]), ["a", "b", "c", "c"]
    result = recall(ranks, whose, [*whose, "missed"])
    assert {place: top.mean for place, top in result.top.items()} == {1: 0.4, 5: 0.6}
    assert 0 <= result.top[1].low < 0.4 < result.top[1].high <= 1
    assert result.random == {1: pytest.approx(1 / 3), 5: 1.0}
    assert (result.queries, result.photographs, result.identities) == (5, 4, 3)


@pytest.mark.parametrize("photographs, whose", [(np.eye(3), ["a"]), (np.zeros([0, 3]), [])])
def test_bad_sizes_are_errors(photographs, whose):
    with pytest.raises(ValueError):
        identity_ranks(np.eye(3), list("abc"), photographs, whose)
