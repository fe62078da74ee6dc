"""The command `learn-colors`, as a user calls it: from files to a face model and its pictures."""

import csv

import numpy as np
import pytest

import open_parts
from model.face_models import __main__ as commands
from model.face_models.load import read_face_model
from model.face_models.photographed import tone


def call(tmp_path, **changes):
    options = {
        "photos": open_parts.PHOTOS,
        "dense_landmarks": open_parts.DENSE_LANDMARKS,
        "points_on_mesh": open_parts.DENSE_POINTS_ON_MESH,
        "output": tmp_path / "learned.h5",
    } | changes
    flags = [f"--{name}={value}" for name, value in options.items()]
    commands.main(["learn-colors", str(open_parts.FACE_MODEL), *flags])


@pytest.fixture
def few_landmarks(tmp_path):
    """The landmarks of 15 portraits of the training split."""
    with open(open_parts.SPLITS, newline="") as file:
        train = [row["file"] for row in csv.DictReader(file) if row["split"] == "train"][:15]
    with np.load(open_parts.DENSE_LANDMARKS) as arrays:
        kept = np.isin(arrays["files"], train)
        np.savez(tmp_path / "few.npz", **{name: arrays[name][kept] for name in arrays})
    return tmp_path / "few.npz"


def test_a_face_model_and_pictures_are_written(tmp_path, few_landmarks, capsys):
    pictures = tmp_path / "pictures"
    call(tmp_path, dense_landmarks=few_landmarks, components=8, split="train", pictures=pictures)
    learned = read_face_model(tmp_path / "learned.h5")
    before = read_face_model(open_parts.FACE_MODEL)
    assert learned.color.basis.shape[1] == 8
    assert learned.notes["tone_components"] == str(tone.COMPONENTS)
    assert "not measured albedo" in learned.notes["color_note"]
    assert "PROCEDURAL" not in learned.notes["color_note"]
    np.testing.assert_array_equal(learned.shape.mean, before.shape.mean)
    np.testing.assert_array_equal(learned.triangles, before.triangles)
    assert len(list(pictures.glob("*.jpg"))) == 8
    assert "of 15 portraits used" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"components": 3}, "--components=3 must be above 3"),
        ({"split": "nobody"}, "no row has split 'nobody'"),
        ({"dense_landmarks": "missing.npz"}, "missing.npz"),
        ({"points_on_mesh": open_parts.DENSE_LANDMARKS}, "is no .npz of points on a mesh"),
    ],
)
def test_bad_input_gets_one_line(tmp_path, change, message):
    with pytest.raises(SystemExit, match=message):
        call(tmp_path, **change)
    assert not (tmp_path / "learned.h5").exists()
