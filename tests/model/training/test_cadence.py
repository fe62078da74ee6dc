"""Events between steps: at their own multiples and at the last step, from wherever one begins."""

import pytest

from model.training.cadence import Cadence, is_due


def _events(cadence, first_step, last_step):
    step = first_step
    while step < last_step:
        step = cadence.next_event(step, last_step)
        yield step


@pytest.mark.parametrize("cadence", [Cadence(50, 200, 500), Cadence(7, 11, 13), Cadence(1, 1, 1)])
@pytest.mark.parametrize("first_step", [0, 1, 7, 399, 750])
def test_no_event_is_missed_and_none_is_too_many(cadence, first_step):
    kinds = (cadence.log, cadence.checkpoint, cadence.validation)
    expected = [
        step
        for step in range(first_step + 1, 801)
        if any(step % every == 0 for every in kinds) or step == 800
    ]
    assert list(_events(cadence, first_step, 800)) == expected


def test_events_farther_than_the_stage_happen_at_its_end():
    assert list(_events(Cadence(1000, 5000, 10**9), 0, 800)) == [800]


def test_due_at_multiples_and_at_the_end():
    assert [step for step in range(1, 11) if is_due(4, step, 10)] == [4, 8, 10]


def test_a_cadence_is_positive():
    with pytest.raises(ValueError, match="checkpoint is 0; it must be at least 1"):
        Cadence(checkpoint=0)
