"""Thousands of trials: what is finished is kept, and what is kept belongs to the question."""

import json

import numpy as np
import pytest

from evaluation.geometry.planted_errors import KINDS
from evaluation.geometry.protocols import PROTOCOLS
from evaluation.geometry.trials import Trial, TrueFaces
from programs import protocol_comparison
from programs.protocol_comparison import ERRORS, gather, trials_of
from tests.evaluation.geometry.test_trials import template  # noqa: F401, a fixture


def _trials(number):
    numbers = {name: float(number) for name in PROTOCOLS}
    return [Trial(number, kind, 1.0 + k, numbers) for k, kind in enumerate(KINDS)]


def test_a_killed_comparison_goes_on(template, tmp_path, monkeypatch):  # noqa: F811
    asked = []

    def trials_of_face(faces, number, errors, seed):
        if number == 2 and len(asked) < 3:
            raise KeyboardInterrupt
        asked.append(number)
        return _trials(number)

    monkeypatch.setattr(protocol_comparison, "trials_of_face", trials_of_face)
    faces = TrueFaces(template, template)
    with pytest.raises(KeyboardInterrupt):
        trials_of(faces, 3 * ERRORS, 0, tmp_path, 1)
    (folder,) = tmp_path.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["face_00000.json", "face_00001.json"]
    asked.append("again")
    trials = trials_of(faces, 2 * ERRORS + 1, 0, tmp_path, 1)
    assert asked == [0, 1, "again", 2]
    assert [trial.truth for trial in trials] == [0] * 7 + [1] * 7 + [2] * 7
    assert json.loads((folder / "face_00002.json").read_text())[0]["truth"] == 2
    # Another seed is another question.
    trials_of(faces, 1, 1, tmp_path, 1)
    assert asked[-1] == 0 and len(list(tmp_path.iterdir())) == 2


def test_trials_are_gathered():
    measured = gather(_trials(1) + _trials(2))
    np.testing.assert_array_equal(measured.truths, [1] * 7 + [2] * 7)
    assert measured.kinds == [*KINDS, *KINDS]
    np.testing.assert_array_equal(measured.by_protocol["dense"], measured.truths)
