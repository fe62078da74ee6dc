"""Whether the tones of several photographs of one person agree, on planted tones."""

import numpy as np
import pytest

from evaluation.tone_agreement import agreement

RNG = np.random.default_rng(0)


def _photographs(people, each, spread_between, spread_within):
    """Tones of `each` photographs of some people, whose L* scatter as they are told to."""
    levels = np.repeat(60 + spread_between * RNG.normal(size=people), each)
    lightness = levels + spread_within * RNG.normal(size=people * each)
    lab = np.stack([lightness, np.full_like(lightness, 12), np.full_like(lightness, 18)], -1)
    order = RNG.permutation(len(lab))
    return lab[order], np.repeat(np.arange(people), each).astype(str)[order]


def test_tones_that_are_the_persons_agree():
    found = agreement(*_photographs(80, 3, 10, 0.5))
    assert found.people == 80
    assert found.rank_correlation > 0.95 and found.lightness_correlation > 0.95
    # The mean difference of two normal values is 1.13, its median .95 deviations.
    assert found.within == pytest.approx(1.13 * 0.5, rel=0.2)
    assert found.between == pytest.approx(0.95 * 10, rel=0.2)


def test_tones_that_are_the_photographs_do_not():
    found = agreement(*_photographs(200, 2, 0, 10))
    assert abs(found.rank_correlation) < 0.2
    assert found.within == pytest.approx(found.between, rel=0.25)


def test_the_order_of_the_photographs_changes_no_correlation():
    lab, people = _photographs(20, 2, 10, 5)
    found, reversed_ = agreement(lab, people), agreement(lab[::-1], people[::-1])
    assert found.rank_correlation == pytest.approx(reversed_.rank_correlation)
    assert found.within == pytest.approx(reversed_.within)


def test_few_people_with_several_photographs_say_nothing():
    lab = RNG.random([6, 3])
    assert agreement(lab, list("abcdef")) is None
    assert agreement(lab, list("aabbcd")) is None
    assert agreement(lab, list("aabbcc")).people == 3
