"""The five points of a face model, and the file of offsets beside it."""

import json
import logging
import os
import re

import numpy as np
import pytest

import open_parts
from model import landmarks
from model.crop import FIVE_POINTS
from model.face_models.load import load_face_model
from model.landmarks import (
    EMBEDDED_MESH,
    EMBEDDED_OFFSETS_MM,
    detector_offsets,
    five_points,
    mesh_digest,
    offsets_path,
    write_offsets,
)
from tests.model.small_face_model import write_small_face_model

OFFSETS = {point: (0.5 * k, -1.0, 2.0) for k, point in enumerate(FIVE_POINTS)}


@pytest.fixture
def small(tmp_path):
    path = write_small_face_model(tmp_path / "small.h5")
    return path, load_face_model(path)


def test_points_lie_offsets_away_from_the_landmarks(small):
    _, model = small
    none = five_points(model, dict.fromkeys(FIVE_POINTS, (0.0, 0.0, 0.0)))
    moved = five_points(model, OFFSETS)
    vertices = model.mean_vertices[None]
    difference = moved(vertices)[0].numpy() - none(vertices)[0].numpy()
    np.testing.assert_allclose(difference, [OFFSETS[point] for point in FIVE_POINTS], atol=1e-4)


def test_models_own_offsets_come_before_the_embedded_ones(small):
    _, model = small
    np.testing.assert_allclose(five_points(model).offsets[2], EMBEDDED_OFFSETS_MM["nose"])
    model.detector_offsets_mm = OFFSETS
    np.testing.assert_allclose(five_points(model).offsets[2], OFFSETS["nose"])


def test_embedded_offsets_stay_as_they_are():
    """Every published figure depends on them."""
    assert EMBEDDED_OFFSETS_MM == {
        "right_eye": (-0.9, 2.2, 0.4),
        "left_eye": (0.9, 2.2, 0.4),
        "nose": (0.0, -3.8, -7.9),
        "right_mouth": (-1.3, 1.2, -1.2),
        "left_mouth": (1.3, 1.2, -1.2),
    }


def test_embedded_model_has_its_offsets_without_a_word(caplog):
    for components in (None, 7):
        model = load_face_model(open_parts.FACE_MODEL, components)
        assert mesh_digest(model) == EMBEDDED_MESH
        with caplog.at_level(logging.WARNING):
            assert detector_offsets(open_parts.FACE_MODEL, model) == EMBEDDED_OFFSETS_MM
    assert "not measured" not in caplog.text


def test_model_without_offsets_says_so_once(small, caplog):
    path, model = small
    landmarks._say_not_measured.cache_clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert detector_offsets(path, model) == EMBEDDED_OFFSETS_MM
    assert caplog.text.count("was not measured") == 1
    assert f"calibrate_landmarks --face_model={path}" in caplog.text


def test_what_is_written_is_read(small, caplog):
    path, model = small
    write_offsets(offsets_path(path), model, OFFSETS, {"detector": "mtcnn 1"})
    assert offsets_path(path) == path.with_name("small.landmarks.json")
    with caplog.at_level(logging.WARNING):
        assert detector_offsets(path, model) == OFFSETS
    assert not caplog.text
    assert json.loads(offsets_path(path).read_text())["detector"] == "mtcnn 1"


def test_offsets_hold_for_fewer_components(small):
    path, model = small
    write_offsets(offsets_path(path), model, OFFSETS, {})
    assert detector_offsets(path, load_face_model(path, 3, 2)) == OFFSETS


def test_offsets_of_another_mesh_are_refused(small, tmp_path):
    path, model = small
    other = load_face_model(write_small_face_model(tmp_path / "other.h5", grid=17))
    write_offsets(offsets_path(path), other, OFFSETS, {})
    with pytest.raises(ValueError, match="small.landmarks.json: .* another mesh .*calibrate"):
        detector_offsets(path, model)


@pytest.mark.parametrize(
    "change, complaint",
    [
        (lambda c: c.update(format="x"), "its format is not"),
        (lambda c: c.pop("mesh"), "another mesh"),
        (lambda c: c.pop("offsets_mm"), "has no offsets_mm"),
        (lambda c: c["offsets_mm"].pop("nose"), "nose is None"),
        (lambda c: c["offsets_mm"].update(nose=[1.0, 2.0]), "nose is [1.0, 2.0]"),
        (lambda c: c["offsets_mm"].update(nose=[1.0, 2.0, "3"]), "nose is"),
        (lambda c: c["offsets_mm"].update(nose=[1.0, 2.0, True]), "nose is"),
        (lambda c: c["offsets_mm"].update(nose=[1.0, 2.0, float("nan")]), "nose is"),
        (lambda c: c["offsets_mm"].update(nose=[1.0, 2.0, 4000.0]), "within 40 mm"),
        (lambda c: c["offsets_mm"].update(nose=[1.0, 2.0, 10**400]), "within 40 mm"),
    ],
)
def test_damaged_offsets_are_refused(small, change, complaint):
    path, model = small
    write_offsets(offsets_path(path), model, OFFSETS, {})
    content = json.loads(offsets_path(path).read_text())
    change(content)
    offsets_path(path).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=re.escape(complaint)) as error:
        detector_offsets(path, model)
    assert str(offsets_path(path)) in str(error.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 60_000, b"7"])
def test_what_is_no_such_file_is_refused(small, data):
    path, model = small
    offsets_path(path).write_bytes(data)
    with pytest.raises(ValueError, match="no offsets of landmarks"):
        detector_offsets(path, model)


@pytest.mark.timeout(20)
def test_pipe_beside_the_model_is_not_waited_for(small):
    path, model = small
    os.mkfifo(offsets_path(path))
    assert detector_offsets(path, model) == EMBEDDED_OFFSETS_MM
