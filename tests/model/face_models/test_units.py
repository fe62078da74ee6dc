"""Ranges: another unit is converted where it is certain and refused where it is not."""

import json

import h5py
import numpy as np
import pytest
import scipy.io

import open_parts
from model.face_models import __main__ as commands
from model.face_models.ict_facekit import read_ict_facekit
from model.face_models.load import load_face_model, read_face_model
from tests.model.face_models.fake_kit import write_fake_kit
from tests.model.small_face_model import write_small_face_model

LENGTHS = {"centimeters": 0.1, "meters": 1e-3, "micrometers": 1e3}


@pytest.fixture
def path(tmp_path):
    return write_small_face_model(tmp_path / "model.h5")


@pytest.fixture
def expected(tmp_path):
    return read_face_model(write_small_face_model(tmp_path / "expected.h5"))


def scale(path, part, mean=1.0, deviations=1.0):
    with h5py.File(path, "r+") as file:
        file[f"{part}/model/mean"][...] *= mean
        file[f"{part}/model/pcaVariance"][...] *= deviations**2


def move_landmarks(path, change, names=None):
    with h5py.File(path, "r+") as file:
        entries = json.loads(file["metadata/landmarks/json"][()])
        for entry in entries:
            if names is None or entry["id"] in names:
                entry["coordinates"] = change(np.array(entry["coordinates"])).tolist()
        del file["metadata/landmarks/json"]
        file["metadata/landmarks/json"] = json.dumps(entries)


def assert_same(read, expected):
    for part in ("shape", "color", "expression"):
        found, wanted = getattr(read, part), getattr(expected, part)
        np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.variance, wanted.variance, rtol=1e-4)
    assert read.landmarks == expected.landmarks
    np.testing.assert_array_equal(read.triangles, expected.triangles)


def test_what_is_right_is_left_as_it_is(path):
    assert read_face_model(path).repairs == ()
    assert read_face_model(open_parts.FACE_MODEL).repairs == ()


@pytest.mark.parametrize("unit", LENGTHS)
def test_a_model_in_another_unit_is_converted(path, expected, unit):
    factor = LENGTHS[unit]
    scale(path, "shape", factor, factor)
    scale(path, "expression", factor, factor)
    move_landmarks(path, lambda x: x * factor)
    read = read_face_model(path)
    assert_same(read, expected)
    assert len(read.repairs) == 1 and f"in {unit}, not in millimeters" in read.repairs[0]


def test_verify_and_convert_say_what_they_converted(path, tmp_path, capsys):
    scale(path, "shape", 1e-3, 1e-3)
    scale(path, "expression", 1e-3, 1e-3)
    move_landmarks(path, lambda x: x * 1e-3)
    commands.main(["verify", str(path)])
    commands.main(["convert", str(path), str(tmp_path / "mm.h5")])
    assert capsys.readouterr().out.count("in meters, not in millimeters; converted") == 2
    assert read_face_model(tmp_path / "mm.h5").repairs == ()


@pytest.mark.parametrize("height", [110, 125, 300, 440])
def test_faces_and_heads_of_any_size_are_taken(path, height):
    scale(path, "shape", height / 180)
    move_landmarks(path, lambda x: x * height / 180)
    assert read_face_model(path).repairs == ()


@pytest.mark.parametrize("height", [1e-6, 0.05, 1.0, 2.0, 7.0, 60.0, 900.0, 1800.0, 2e6])
def test_what_is_no_head_in_any_unit_is_refused(path, height):
    scale(path, "shape", height / 180)
    with pytest.raises(ValueError, match="shape/model/mean is .* tall .* no head") as error:
        load_face_model(path)
    assert str(path) in str(error.value) and f" {height:.4g} tall" in str(error.value)


@pytest.mark.parametrize("factor", [1e-3, 1e3])
@pytest.mark.parametrize("part", ["shape", "expression"])
def test_deviations_alone_in_another_unit(path, expected, part, factor):
    scale(path, part, deviations=factor)
    read = read_face_model(path)
    assert_same(read, expected)
    assert f"{part}/model/pcaVariance: " in read.repairs[0] and len(read.repairs) == 1


@pytest.mark.parametrize("factor", [0.1, 10.0, 50.0])
@pytest.mark.parametrize("part", ["shape", "expression"])
def test_deviations_that_may_be_in_another_unit_are_refused(path, part, factor):
    scale(path, part, deviations=factor)
    message = f"{part}/model/pcaVariance along {part}/model/pcaBasis .* in one unit"
    with pytest.raises(ValueError, match=message):
        load_face_model(path)


def test_means_alone_in_another_unit(path, expected):
    scale(path, "shape", mean=1e-3)
    move_landmarks(path, lambda x: x * 1e-3)
    read = read_face_model(path)
    assert_same(read, expected)
    assert len(read.repairs) == 3


def test_small_deviations_that_no_unit_explains_are_taken(path):
    scale(path, "shape", deviations=0.01)
    scale(path, "expression", deviations=0.01)
    assert read_face_model(path).repairs == ()


def test_a_shape_without_deviations_is_refused(path):
    scale(path, "shape", deviations=0.0)
    with pytest.raises(ValueError, match="every value of shape/model/pcaVariance .* is 0"):
        load_face_model(path)


def test_colors_without_deviations_are_taken(path):
    scale(path, "color", deviations=0.0)
    assert read_face_model(path).repairs == ()


def test_mean_of_expressions_is_an_offset(path):
    with h5py.File(path, "r+") as file:
        file["expression/model/mean"][...] = file["shape/model/mean"][()]
    with pytest.raises(ValueError, match="expression/model/mean moves .* must hold offsets"):
        load_face_model(path)


@pytest.mark.parametrize(
    ("mean", "deviations", "repairs"),
    [
        (255, 255, ["color/model/mean and color/model/pcaVariance: in 0..255"]),
        (255, 1, ["color/model/mean: in 0..255", "color/model/pcaVariance: of 0..1"]),
        (1, 255, ["color/model/pcaVariance: of 0..255, but color/model/mean is in 0..1"]),
    ],
)
def test_colors_of_0_to_255(path, expected, mean, deviations, repairs):
    scale(path, "color", mean, deviations)
    read = read_face_model(path)
    assert_same(read, expected)
    assert len(read.repairs) == len(repairs)
    assert all(found.startswith(text) for found, text in zip(read.repairs, repairs, strict=True))


@pytest.mark.parametrize("factor", [100.0, 4095.0, 65535.0, 5.0, 1 / 255, 0.0])
def test_colors_of_no_known_range_are_refused(path, factor):
    scale(path, "color", factor, factor)
    with pytest.raises(ValueError, match="color/model/mean holds colors from .* to 0..1"):
        load_face_model(path)


def test_signed_colors_are_refused(path):
    with h5py.File(path, "r+") as file:
        file["color/model/mean"][::2] = -0.9
    with pytest.raises(ValueError, match="holds colors from -0.9 to 0.55"):
        load_face_model(path)


@pytest.mark.parametrize("unit", LENGTHS)
def test_landmarks_alone_in_another_unit(path, expected, unit):
    move_landmarks(path, lambda x: x * LENGTHS[unit])
    read = read_face_model(path)
    assert read.landmarks == expected.landmarks
    assert read.repairs == (f"metadata/landmarks/json: in {unit}, unlike the mean; converted",)


@pytest.mark.parametrize("names", [None, ("center.nose.tip",)])
@pytest.mark.parametrize("offset", [(500, 0, 0), (0, 0, -40)])
def test_landmarks_off_the_face_are_refused(path, names, offset):
    move_landmarks(path, lambda x: x + offset, names)
    with pytest.raises(
        ValueError, match=r"landmark '.*' of metadata/landmarks/json, at \(.* mm off"
    ):
        load_face_model(path)


def test_landmarks_of_other_places_than_ours_may_be_cropped_away(path, expected):
    with h5py.File(path, "r+") as file:
        entries = json.loads(file["metadata/landmarks/json"][()])
        entries.append({"id": "left.ear.lobule.tip", "coordinates": [130, 0, 0]})
        del file["metadata/landmarks/json"]
        file["metadata/landmarks/json"] = json.dumps(entries)
    read = read_face_model(path)
    assert read.landmarks == expected.landmarks
    assert "1 of 8 landmarks" in read.repairs[0] and "left.ear.lobule.tip" in read.repairs[0]


@pytest.mark.parametrize("coordinates", [[1, 2], [1, 2, 3, 4], [], 5, [0, 0, np.nan], None])
def test_landmarks_that_are_no_points(path, coordinates):
    with h5py.File(path, "r+") as file:
        del file["metadata/landmarks/json"]
        entries = [{"id": "center.nose.tip", "coordinates": coordinates}]
        file["metadata/landmarks/json"] = json.dumps(entries)
    with pytest.raises(ValueError, match="no point in space|no list of landmarks"):
        load_face_model(path)


@pytest.mark.parametrize("texts", [np.void, lambda text: [text], lambda text: np.bytes_(text)])
def test_landmarks_as_other_kinds_of_text(path, expected, texts):
    with h5py.File(path, "r+") as file:
        text = file["metadata/landmarks/json"][()]
        del file["metadata/landmarks/json"]
        file["metadata/landmarks/json"] = texts(text)
    assert read_face_model(path).landmarks == expected.landmarks


@pytest.mark.parametrize(
    ("length", "color", "repairs"),
    [(1000, 255, 0), (1, 255, 1), (0.001, 255, 1), (1000, 1, 1), (0.1, 1, 2)],
)
def test_bfm_2009_in_other_units(tmp_path, expected, length, color, repairs):
    """Its own are micrometers and 0..255."""
    arrays = {
        "shapeMU": expected.shape.mean.reshape(-1, 1) * length,
        "shapePC": expected.shape.basis,
        "shapeEV": np.sqrt(expected.shape.variance)[:, None] * length,
        "texMU": expected.color.mean.reshape(-1, 1) * color,
        "texPC": expected.color.basis,
        "texEV": np.sqrt(expected.color.variance)[:, None] * color,
        "tl": expected.triangles[:, ::-1].astype(np.float64) + 1,
    }
    path = tmp_path / "01_MorphableModel.mat"
    scipy.io.savemat(path, arrays)
    read = read_face_model(path)
    np.testing.assert_allclose(read.shape.mean, expected.shape.mean, rtol=1e-4)
    np.testing.assert_allclose(read.shape.variance, expected.shape.variance, rtol=1e-4)
    np.testing.assert_allclose(read.color.variance, expected.color.variance, rtol=1e-4)
    assert len(read.repairs) == repairs


def test_ict_facekit_in_meters(tmp_path):
    kit = write_fake_kit(tmp_path / "kit", factor=0.01)
    read = read_ict_facekit(kit, people=20)
    embedded = read_face_model(open_parts.FACE_MODEL)
    np.testing.assert_allclose(read.shape.mean, embedded.shape.mean, atol=1e-2)
    assert "in meters" in read.repairs[0]


def test_ict_facekit_with_one_file_in_another_unit(tmp_path):
    kit = write_fake_kit(tmp_path / "kit")
    large = write_fake_kit(tmp_path / "large", factor=10.0)
    (large / "identity001.obj").replace(kit / "identity001.obj")
    with pytest.raises(ValueError, match="identity001.obj: moves a vertex .* in one unit"):
        read_ict_facekit(kit, people=20)
