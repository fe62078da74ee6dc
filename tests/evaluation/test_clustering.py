import numpy as np
import pytest

from evaluation.clustering import identity_ranks, recall, recall_without_sources


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
    np.testing.assert_array_equal(
        identity_ranks(renders, whose, photographs, whose, block=7), expected
    )


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


def test_without_its_source_a_reconstruction_is_searched_among_the_others():
    generator = np.random.default_rng(0)
    renders, photographs = generator.normal(size=[2, 40, 8])
    whose = [str(k % 15) for k in range(40)]
    ranks = identity_ranks(renders, whose, photographs, whose, np.arange(40), block=7)
    for k in range(40):
        others = [j for j in range(40) if j != k]
        alone = identity_ranks(
            renders[k : k + 1], whose[k : k + 1], photographs[others], [whose[j] for j in others]
        )
        assert ranks[k] == alone[0]


def test_who_is_only_alike_in_the_source_is_not_recalled_by_others():
    """Renders that copy their photograph are found at once, and by the person's other at random."""
    generator = np.random.default_rng(0)
    photographs = generator.normal(size=[200, 16])
    whose = [str(k // 2) for k in range(200)]
    assert (identity_ranks(photographs, whose, photographs, whose) == 1).all()
    others = recall_without_sources(photographs, photographs, whose, [])
    assert others.top[1].mean < 0.05
    people = np.repeat(generator.normal(size=[100, 16]), 2, axis=0)
    others = recall_without_sources(photographs, people + 0.1 * photographs, whose, [])
    same = recall_without_sources(people, people + 0.1 * photographs, whose, [])
    assert same.top[1].mean > 0.95 > others.top[1].mean


def test_swapped_photographs_drive_recall_to_guessing():
    generator = np.random.default_rng(0)
    photographs, whose = generator.normal(size=[400, 16]), [str(k) for k in range(400)]
    renders = photographs + 0.1 * generator.normal(size=photographs.shape)
    assert (identity_ranks(renders, whose, photographs, whose) == 1).mean() > 0.99
    swapped = photographs[generator.permutation(400)]
    ranks = identity_ranks(renders, whose, swapped, whose)
    assert recall(ranks, whose, whose).top[5].mean == pytest.approx(5 / 400, abs=0.015)


def test_only_who_has_another_photograph_is_asked_for():
    photographs, whose = np.eye(4), ["a", "a", "b", "c"]
    result = recall_without_sources(photographs, photographs, whose, ["a", "b", "stranger"])
    # Both of a, and the missed ones of a and b, who have a photograph to be found by.
    assert result.queries == 4 and result.photographs == 4
    assert recall_without_sources(photographs, photographs, list("abcd"), ["a"]) is None


@pytest.mark.parametrize("photographs, whose", [(np.eye(3), ["a"]), (np.zeros([0, 3]), [])])
def test_bad_sizes_are_errors(photographs, whose):
    with pytest.raises(ValueError):
        identity_ranks(np.eye(3), list("abc"), photographs, whose)
