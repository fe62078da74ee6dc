"""Figures by group: who is in it, and that they are those of an evaluation of the group alone."""

import json

import numpy as np
import pytest

from evaluation.groups import divide, group_scores
from evaluation.likeness import judge_photographs, likeness
from evaluation.recognition import unit

RNG = np.random.default_rng(0)


def test_few_values_are_groups_and_empty_cells_belong_to_none():
    groups = divide(["f", "m", "", "f"])
    assert {name: members.tolist() for name, members in groups.items()} == {
        "f": [True, False, False, True],
        "m": [False, True, False, False],
    }


def test_many_numbers_are_divided_into_quarters():
    ages = [str(age) for age in range(20, 60)]
    groups = divide([*ages, ""])
    assert list(groups) == ["20 to 29", "30 to 39", "40 to 49", "50 to 59"]
    assert [members.sum() for members in groups.values()] == [10] * 4
    assert not any(members[-1] for members in groups.values())


def test_equal_numbers_stay_together():
    groups = divide(["1"] * 30 + [str(k) for k in range(2, 12)])
    assert sum(members.sum() for members in groups.values()) == 40
    assert sum(members[:30].any() for members in groups.values()) == 1


def test_many_texts_are_no_groups():
    with pytest.raises(ValueError, match="has 9 values, such as 'name 0'"):
        divide([f"name {k}" for k in range(9)])


def test_a_group_counts_its_own_photographs_and_its_own_misses():
    """The cosines are those of the group alone; the search goes through all photographs."""
    embeddings = unit(RNG.normal(size=[10, 16]))
    people = [f"person {k}" for k in range(10)]
    renders = unit(embeddings[:, None] + RNG.normal(size=[10, 3, 16]))
    photos = judge_photographs(embeddings, people, ["x", "y"])
    judged = likeness(photos, renders, (0, -30, 30))
    lab = RNG.random([10, 3]) * 100
    members = np.arange(12) % 2 == 0
    scores = group_scores(members, photos.people, {"scorer": judged}, lab, lab + 1)

    alone = likeness(
        judge_photographs(embeddings[::2], people[::2], ["x"]), renders[::2], (0, -30, 30)
    )
    assert scores.photographs == 6
    for yaw in (0, 30):
        assert scores.cosines["scorer"][yaw].mean == pytest.approx(alone.summaries[yaw].mean)
    assert scores.top_1["scorer"].mean == np.sum(judged.ranks[::2] == 1) / 6
    assert scores.lightness == np.median(lab[::2, 0])
    assert scores.photographed_lightness == pytest.approx(scores.lightness + 1)
    assert json.loads(json.dumps(scores.metrics()))["scorer"]["cosine"]["yaw_30"]["mean"]


def test_a_group_of_misses_has_no_tone():
    embeddings = np.eye(3)
    photos = judge_photographs(embeddings, list("abc"), ["d"])
    judged = likeness(photos, embeddings[:, None], (0,))
    last = np.arange(4) == 3
    scores = group_scores(last, photos.people, {"s": judged}, np.ones([3, 3]), np.ones([3, 3]))
    assert scores.cosines["s"][0].mean == 0 and scores.lightness is None
