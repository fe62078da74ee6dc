"""Sheets of faces with heads above their columns."""

import numpy as np

from evaluation.contact_sheet import contact_sheet


def _columns(faces, kinds):
    return [np.full((faces, 40, 40, 3), (kind + 1) / (kinds + 1)) for kind in range(kinds)]


def test_heads_stand_above_the_columns_and_change_nothing_below():
    columns = _columns(5, 2)
    plain = contact_sheet(columns, faces_per_row=2)
    headed = contact_sheet(columns, faces_per_row=2, heads=["photograph", "face"])
    height = len(headed) - len(plain)
    np.testing.assert_array_equal(headed[height:], plain)
    written = (headed[:height] < 128).any(axis=(0, 2))
    # Two faces a row, two kinds each, and a gap of 4 pixels after each face.
    for start in (0, 40, 84, 124):
        assert written[start : start + 40].any()


def test_long_heads_are_wrapped():
    short = contact_sheet(_columns(1, 1), heads=["one"])
    long = contact_sheet(_columns(1, 1), heads=["one two three four"])
    assert len(long) > len(short) and long.shape[1] == short.shape[1]
    assert not (long[0] < 128).any() and not (long[:, 0] < 128)[: len(long) - 44].any()
