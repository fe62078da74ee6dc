"""Photographs that are held out: whole people, who are measured and never trained on."""

import types

import numpy as np
import pytest

from programs.held_out import METRIC, ChosenRows, Likeness, split


def _photos(identities):
    class Photos(types.SimpleNamespace):
        def __len__(self):
            return len(identities)

    return Photos(identities=identities)


def test_people_are_held_out_whole():
    people = ["anna", "ben", "anna", None, "cleo", "ben", None, "anna"]
    chosen = split(_photos(people), 3, seed=1)
    assert sorted([*chosen.trained, *chosen.held_out]) == list(range(8))
    assert len(chosen.held_out) >= 3
    names = [{people[row] for row in rows} - {None} for rows in (chosen.trained, chosen.held_out)]
    assert not names[0] & names[1]
    again = split(_photos(people), 3, seed=1)
    np.testing.assert_array_equal(chosen.held_out, again.held_out)


def test_without_names_as_many_are_held_out_as_asked_for():
    chosen = split(_photos([None] * 9), 4, seed=0)
    assert len(chosen.held_out) == 4 and len(chosen.trained) == 5
    assert set(chosen.spread(3)) <= set(chosen.trained)


def test_none_are_held_out_by_default_and_no_names_are_read():
    photos = _photos([None] * 5)
    del photos.identities
    chosen = split(photos, 0, seed=0)
    assert list(chosen.trained) == [0, 1, 2, 3, 4] and len(chosen.held_out) == 0
    assert list(chosen.spread(2)) == [0, 4]


@pytest.mark.parametrize("people", [["anna"] * 4, [None] * 4])
def test_something_must_be_left_to_train_on(people):
    with pytest.raises(ValueError, match="--held_out=4 leaves none of the 4 photographs"):
        split(_photos(people), 4, seed=0)


def test_chosen_rows_are_read_of_the_whole_array():
    array = np.arange(24).reshape(4, 2, 3)
    rows = ChosenRows(array, np.array([3, 1]))
    assert rows.shape == (2, 2, 3) and len(rows) == 2 and rows.dtype == array.dtype
    np.testing.assert_array_equal(
        rows[np.array([1, 0]), np.array([0, 1])], [array[1, 0], array[3, 1]]
    )


def test_likeness_is_the_mean_cosine_of_the_views(monkeypatch):
    """Known embeddings: frontal views agree wholly, turned ones by half, gray ones not at all."""
    own = np.eye(4, dtype=np.float32)[:3]
    half = np.float32([0, 0, 0, np.sqrt(0.75)]) + own / 2
    of_views = {3: np.stack([own, half, half], axis=1), 1: -own[:, None]}

    class Views:
        def __init__(self, renderer, yaws):
            self._count = len(yaws)

        def embeddings(self, network, faces):
            return of_views[self._count][faces]

    monkeypatch.setattr("programs.held_out.FixedViews", Views)
    monkeypatch.setattr("programs.held_out.GrayRenderer", lambda *_: None)
    photos = types.SimpleNamespace(embedding=np.repeat(own[:, None], 2, axis=1))
    renderer = types.SimpleNamespace(face_model=None, crop=None, shading=None)
    rows = np.arange(3)
    metrics = Likeness(photos, rows, None, renderer, lambda chosen: chosen).metrics()
    assert metrics == pytest.approx(
        {METRIC: 2 / 3, "held_out/frontal": 1.0, "held_out/turned": 0.5, "held_out/gray": -1.0}
    )
