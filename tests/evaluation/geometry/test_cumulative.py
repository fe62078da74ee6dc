"""NoW's figures over all vertices."""

import io

import numpy as np
import pytest
from PIL import Image

from evaluation.geometry.cumulative import cumulative_plot, now_table

_DISTANCES = {
    "ours": {"selfie": np.array([1.0, 2.0, 9.0]), "multiview_neutral": np.array([0.0])},
    "nothing": {},
}


def test_the_table_pools_all_vertices():
    rows = {row[0]: row[1:] for row in now_table(_DISTANCES).rows}
    assert rows["ours: all"] == [1.5, 3.0, pytest.approx(np.std([1, 2, 9, 0])), 4]
    assert rows["ours: selfie"][:2] == [2.0, 4.0]
    assert not any(name.startswith("nothing") for name in rows)


def test_the_plot():
    assert Image.open(io.BytesIO(cumulative_plot(_DISTANCES))).format == "PNG"
