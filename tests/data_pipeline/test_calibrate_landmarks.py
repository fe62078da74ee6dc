"""Calibration against detectors whose habits are known."""

import csv
import json
import logging
import os
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import open_parts
from data_pipeline import calibrate_landmarks, landmark_offsets
from data_pipeline.csv_rows import read_csv
from data_pipeline.detected_face import Detection
from data_pipeline.detection import POINT_COLUMNS, LandmarkFile, make_detector
from data_pipeline.landmark_offsets import LOOSE_CROP, measure_offsets
from data_pipeline.landmark_shifts import measure_shifts, move_points, write_moved
from data_pipeline.synthetic import draw_face
from model.crop import FIVE_POINTS
from model.face_models.load import load_face_model, read_face_model
from model.face_models.photographed.portraits import read_portraits
from model.face_renderer import FaceRenderer
from model.fitting.landmark_fit import LandmarkFitter
from model.fitting.points_on_mesh import read_points_on_mesh
from model.landmarks import five_points, offsets_path
from model.scene import random_scene
from tests.model.small_face_model import write_small_face_model

OFFSETS = {
    "right_eye": (-1.0, 3.0, 2.0),
    "left_eye": (1.0, 3.0, 2.0),
    "nose": (0.0, -2.0, 1.0),
    "right_mouth": (0.5, 1.0, -1.0),
    "left_mouth": (-0.5, 1.0, -1.0),
}


class KnownHabits:
    """Sees the points of the random faces exactly where `OFFSETS` put them; misses every fifth."""

    spec, no_face = "known habits", "nobody"

    def __init__(self, model, seed=0):
        self._model, self._seed, self._index = model, seed, -1
        self._renderer = FaceRenderer(model, LOOSE_CROP)
        self._points = five_points(model, OFFSETS)

    def __call__(self, image, name=""):
        assert image.shape == (256, 256, 3) and image.dtype == np.uint8
        self._index += 1
        if self._index % 5 == 4:
            return []
        sizes = self._model.shape_components, self._model.texture_components
        face = draw_face(self._seed, tf.constant(self._index, tf.int64), *sizes)
        scene = random_scene(face["scene_noise"][None], landmark_offsets._RANGES)
        vertices = self._model.decode_shape(face["shape"][None])
        matrix = self._renderer.model_to_clip(vertices, scene)[0, 0].numpy()
        points = np.pad(self._points(vertices)[0].numpy(), ((0, 0), (0, 1)), constant_values=1)
        clip = points @ matrix.T
        pixels = (clip[:, :2] / clip[:, 3:] * (1, -1) + 1) * 128 - 0.5
        return [Detection((0, 0, 9, 9), 1.0, pixels.astype(np.float32))]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = write_small_face_model(tmp_path_factory.mktemp("model") / "small.h5")
    return path, load_face_model(path)


def test_offsets_of_known_habits_are_found(small):
    _, model = small
    measured = measure_offsets(model, KnownHabits(model), 40)
    assert measured.faces == 32
    expected = [OFFSETS[point] for point in FIVE_POINTS]
    np.testing.assert_allclose(measured.offsets, expected, atol=0.05)
    assert measured.left_over < 0.01


def test_detector_that_finds_few_faces_is_an_error(small):
    _, model = small
    with pytest.raises(ValueError, match="found 16 of 20 rendered faces; 20 are needed"):
        measure_offsets(model, KnownHabits(model), 20)


def _run(monkeypatch, detector, *arguments):
    monkeypatch.setattr("data_pipeline.mtcnn_detector.MtcnnDetector", lambda: detector)
    calibrate_landmarks.calibrate(calibrate_landmarks.make_parser().parse_args(arguments))


def test_command_writes_the_file_beside_the_model(small, tmp_path, monkeypatch, capsys):
    path, model = small
    own = tmp_path / "own.h5"
    own.write_bytes(path.read_bytes())
    offsets_path(own).write_text("damaged")
    _run(monkeypatch, KnownHabits(model), f"--face_model={own}", "--faces=30")
    content = json.loads(offsets_path(own).read_text())
    assert content["detector"] == "known habits" and content["rendered_faces"] == 24
    for point in FIVE_POINTS:
        np.testing.assert_allclose(content["offsets_mm"][point], OFFSETS[point], atol=0.11)
    assert "nose           0.0  -2.0   1.0 mm" in capsys.readouterr().out


class KnownHabitsOnPhotographs:
    """Sees the points of photographs where `OFFSETS` put them on the fitted faces."""

    spec = "known habits"

    def __init__(self, portraits):
        contents = read_face_model(open_parts.FACE_MODEL)
        points = read_points_on_mesh(open_parts.DENSE_POINTS_ON_MESH, contents.n_vertices)
        fitter = LandmarkFitter(contents, points)
        fit = fitter(portraits.points)
        where = five_points(load_face_model(open_parts.FACE_MODEL), OFFSETS)
        self._pixels = iter(fit.pose.project(where(fitter.vertices(fit)).numpy()))

    def __call__(self, image, name=""):
        assert image.shape == (224, 224, 3)
        return [Detection((0, 0, 9, 9), 1.0, next(self._pixels))]


def test_offsets_are_measured_on_photographs(tmp_path, monkeypatch, capsys):
    with np.load(open_parts.DENSE_LANDMARKS) as arrays:
        few = {name: arrays[name][:21] for name in arrays}
    np.savez(tmp_path / "few.npz", **few)
    portraits = read_portraits(open_parts.PHOTOS, tmp_path / "few.npz")
    arguments = [f"--face_model={open_parts.FACE_MODEL}", f"--output={tmp_path / 'offsets.json'}"]
    arguments.append(f"--dense_landmarks={tmp_path / 'few.npz'}")
    detector = KnownHabitsOnPhotographs(portraits)
    with pytest.raises(ValueError, match="--dense_landmarks needs --photos=DIR and --points_on"):
        _run(monkeypatch, detector, *arguments)
    arguments += [f"--photos={open_parts.PHOTOS}"]
    arguments += [f"--points_on_mesh={open_parts.DENSE_POINTS_ON_MESH}"]
    _run(monkeypatch, detector, *arguments)
    content = json.loads((tmp_path / "offsets.json").read_text())
    assert content["photographs"] == 21 and content["left_over_px"] < 0.05
    for point in FIVE_POINTS:
        np.testing.assert_allclose(content["offsets_mm"][point], OFFSETS[point], atol=0.11)
    assert "nose           0.0  -2.0   1.0 mm" in capsys.readouterr().out


def test_embedded_model_is_not_calibrated_by_mistake(monkeypatch):
    with pytest.raises(ValueError, match="mesh of the embedded face model"):
        _run(monkeypatch, None, f"--face_model={open_parts.FACE_MODEL}")
    assert not offsets_path(open_parts.FACE_MODEL).exists()


SHIFTS = np.array([(1.0, -2.0), (-1.0, -2.0), (0.0, -3.0), (0.5, 1.0), (-0.5, 1.0)])


@pytest.fixture
def landmark_file(tmp_path):
    """Faces of every size and roll: a file by one detector, and where another sees the points."""
    template = np.array([(38, 52), (73, 52), (56, 72), (41, 92), (71, 92)], float)
    rng = np.random.default_rng(0)
    rows, others = [], {}
    for k in range(24):
        angle, scale = rng.uniform(-3, 3), rng.uniform(0.5, 3)
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = template @ turn.T + rng.uniform(200, 300, 2) + rng.normal(0, 0.3, (5, 2))
        name = os.fsdecode(b"\xff.png") if k == 0 else f"{k}.png"
        Image.new("RGB", (8, 8)).save(tmp_path / name)
        rows.append([name, "a note", *np.round(points, 3).ravel()])
        others[name] = move_points(points, SHIFTS)
    path = tmp_path / "points.csv"
    with open(path, "w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        file.write("# detector: retinaface\n")
        csv.writer(file).writerows([["file", "source", *POINT_COLUMNS], *rows])

    class Other:
        spec, no_face = "other", "nobody"

        def __call__(self, image, name):
            points = others[name].astype(np.float32)
            box = (*points.min(axis=0), *points.max(axis=0))
            far = Detection((0, 0, 1000, 1), 1.0, np.zeros((5, 2), np.float32))
            return [far, Detection(box, 1.0, points)]

    return path, others, Other()


def test_shift_is_in_the_frame_of_the_face():
    """A face that is twice as large and lies on its right side: down is left, twice as far."""
    upright = np.array([(38, 52), (73, 52), (56, 72), (41, 92), (71, 92)], float)
    lying = 2 * np.stack([-upright[:, 1], upright[:, 0]], axis=-1)
    nose_down = np.zeros((5, 2))
    nose_down[2] = (0.0, 3.0)
    moved = move_points(upright, nose_down) - upright
    moved_lying = move_points(lying, nose_down) - lying
    np.testing.assert_allclose(moved[[0, 1, 3, 4]], 0, atol=1e-9)
    assert moved[2, 1] > 2 and abs(moved[2, 0]) < 0.1
    np.testing.assert_allclose(moved_lying[2], 2 * np.array([-moved[2, 1], moved[2, 0]]), atol=1e-6)


def test_shifts_of_known_habits_are_found(landmark_file):
    path, _, other = landmark_file
    table = read_csv(path, ["file", *POINT_COLUMNS])
    measured = measure_shifts(table, path.parent, other, 100)
    assert measured.photographs == 24
    np.testing.assert_allclose(measured.shifts, SHIFTS, atol=0.02)
    assert measured.before > 1.0 and measured.after < 0.02


def test_command_moves_a_file(landmark_file, tmp_path, monkeypatch, capsys, caplog):
    path, others, other = landmark_file
    output = tmp_path / "moved.csv"
    _run(monkeypatch, other, f"--landmarks={path}", f"--output={output}")
    moved = LandmarkFile(output)
    for name, points in others.items():
        (face,) = moved(None, name)
        np.testing.assert_allclose(face.points, points, atol=0.1)
    assert moved.made_by == "mtcnn, moved from retinaface"
    assert read_csv(output, ["source"]).rows[3][1]["source"] == "a note"
    assert "nose          0.00 to the right, -3.00 down" in capsys.readouterr().out
    with caplog.at_level(logging.WARNING):
        make_detector(output)
    assert not caplog.text


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda text: text, "made by retinaface"),
        (lambda text: text.split("\n", 1)[1], "does not say by which detector"),
        (lambda text: text.split("\n", 1)[1].replace("source", "detector"), "made by a note"),
    ],
)
def test_file_of_another_detector_is_said(landmark_file, caplog, change, said):
    path, _, _ = landmark_file
    path.write_bytes(change(path.read_bytes().decode("latin-1")).encode("latin-1"))
    with caplog.at_level(logging.WARNING):
        make_detector(path)
    assert said in caplog.text and "calibrate_landmarks --landmarks=" in caplog.text


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--landmarks=x.csv"], "--landmarks needs --output"),
        (["--landmarks={file}", "--photos={empty}", "--output={empty}/x.csv"], "0 photographs"),
        (["--landmarks=none.csv", "--output=x.csv"], "none.csv: no such file"),
    ],
)
def test_unusable_input_is_an_error(landmark_file, tmp_path, monkeypatch, arguments, complaint):
    path, _, other = landmark_file
    (tmp_path / "empty").mkdir()
    arguments = [a.format(file=path, empty=tmp_path / "empty") for a in arguments]
    with pytest.raises((ValueError, OSError), match=re.escape(complaint)):
        _run(monkeypatch, other, *arguments)


def test_file_without_rows_is_an_error(tmp_path):
    (tmp_path / "x.csv").write_text(",".join(["file", *POINT_COLUMNS]) + "\n")
    table = read_csv(tmp_path / "x.csv", ["file", *POINT_COLUMNS])
    with pytest.raises(ValueError, match="0 photographs"):
        measure_shifts(table, tmp_path, None, 20)


def test_moved_file_keeps_every_face_of_a_photograph(tmp_path):
    numbers = ["38,52,73,52,56,72,41,92,71,92", "138,52,173,52,156,72,141,92,171,92"]
    header = ",".join(["file", *POINT_COLUMNS])
    (tmp_path / "x.csv").write_text("\n".join([header, *(f"a.jpg,{n}" for n in numbers)]) + "\n")
    table = read_csv(tmp_path / "x.csv", ["file", *POINT_COLUMNS])
    write_moved(tmp_path / "y.csv", table, np.zeros((5, 2)), "mtcnn")
    assert len(LandmarkFile(tmp_path / "y.csv")(None, "a.jpg")) == 2
    rows = [row for _, row in read_csv(tmp_path / "y.csv", ["file"]).rows]
    assert [row["nose_x"] for row in rows] == ["56.00", "156.00"]
