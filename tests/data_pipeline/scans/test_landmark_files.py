"""Landmarks in the formats of the data sets."""

import json

import numpy as np
import pytest

from data_pipeline.scans.landmark_files import read_landmarks

_POINTS = np.arange(21.0).reshape(7, 3) / 8


def _pp(points):
    rows = "".join(
        f' <point x="{x}" y="{y}" z="{z}" active="1" name="{k}"/>\n'
        for k, (x, y, z) in enumerate(points)
    )
    return f"<!DOCTYPE PickedPoints>\n<PickedPoints>\n<DocumentData/>\n{rows}</PickedPoints>\n"


def test_all_formats(tmp_path):
    ljson = {"version": 1, "groups": {"LJSON": {"landmarks": {"points": _POINTS.tolist()}}}}
    (tmp_path / "a.ljson").write_text(json.dumps(ljson))
    (tmp_path / "a.pp").write_text(_pp(_POINTS))
    np.save(tmp_path / "a.npy", _POINTS)
    np.savetxt(tmp_path / "a.txt", _POINTS)
    for suffix in ("ljson", "pp", "npy", "txt"):
        np.testing.assert_allclose(read_landmarks(tmp_path / f"a.{suffix}"), _POINTS)


def test_bad_files_are_named(tmp_path):
    for name, text in (
        ("a.ljson", "{}"),
        ("a.pp", "<PickedPoints><point x='1' y='2'/></PickedPoints>"),
        ("b.pp", "<!DOCTYPE a [<!ENTITY b 'c'>]><PickedPoints/>"),
        ("a.txt", "1 2\n3 4\n"),
        ("b.txt", "1 2 nan\n"),
        ("a.npy", "no array"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(ValueError, match=f"{name}: .*landmarks"):
            read_landmarks(tmp_path / name)
    with pytest.raises(ValueError, match="landmarks are read from"):
        read_landmarks(tmp_path / "a.csv")
