"""Comparing with an evaluation that another run left."""

import json

import numpy as np
import pytest

from evaluation.bootstrap import paired_gain
from evaluation.earlier_scores import FILE, KEY, Scores, check_comparable, gains_over, read_scores

_NAMES = [f"{k}.jpg" for k in range(9)]
_PEOPLE = [f"person {k // 2}" for k in range(9)]


def _scores(seed, network="a network", names=_NAMES, decoders=("stage1", "stage2")):
    generator = np.random.default_rng(seed)
    cosines = {decoder: generator.uniform(size=len(names)).tolist() for decoder in decoders}
    return Scores(network, list(names), _PEOPLE[: len(names)], cosines)


def _write(folder, **judges):
    text = json.dumps({KEY: {name: vars(scores) for name, scores in judges.items()}})
    (folder / FILE).write_text(text)


def test_gain_over_what_was_written(tmp_path):
    before, after = _scores(1), _scores(2)
    _write(tmp_path, scorer=before)
    for path in (tmp_path, tmp_path / FILE):
        gains = gains_over(read_scores(path), {"scorer": after})["scorer"]
    assert list(gains) == ["stage2 over the earlier stage1", "stage2 over the earlier stage2"]
    expected = paired_gain(before.cosines["stage1"], after.cosines["stage2"], _PEOPLE)
    assert gains["stage2 over the earlier stage1"] == expected


def test_photographs_are_paired_by_name():
    before = _scores(1)
    order = np.random.default_rng(0).permutation(9)
    shuffled = Scores(
        before.network,
        [before.photographs[k] for k in order],
        [before.people[k] for k in order],
        {name: [values[k] for k in order] for name, values in before.cosines.items()},
    )
    now = {"scorer": _scores(2)}
    assert gains_over({"scorer": shuffled}, now) == gains_over({"scorer": before}, now)


def test_only_the_same_networks_are_compared():
    earlier = {"encoder": _scores(1, "another"), "scorer": _scores(1)}
    assert list(gains_over(earlier, {"encoder": _scores(2), "scorer": _scores(2)})) == ["scorer"]
    check_comparable("x", earlier, {"encoder": "a network", "scorer": "a network"}, _NAMES)
    with pytest.raises(ValueError, match=r"x: judged by other networks than these \(encoder\)"):
        check_comparable("x", earlier, {"encoder": "a network"}, _NAMES)


def test_other_photographs_are_refused():
    with pytest.raises(ValueError, match=r"x: judged other photographs, such as 7.jpg \(2 are"):
        check_comparable("x", {"scorer": _scores(1)}, {"scorer": "a network"}, _NAMES[:7])


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"frontal_cosines": {"scorer": {"network": 1}}}']
)
def test_files_without_scores(tmp_path, text):
    with pytest.raises(FileNotFoundError, match="no such file; name an evaluation's --output_dir"):
        read_scores(tmp_path)
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match="holds no field 'frontal_cosines'"):
        read_scores(tmp_path)
