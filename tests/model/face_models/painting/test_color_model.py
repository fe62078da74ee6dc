"""Painted people and their principal components, on the embedded face model's mean face."""

import numpy as np
import pytest

import open_parts
from model.face_models import __main__ as commands
from model.face_models.load import read_face_model
from model.face_models.painting.color_model import painted_colors
from model.face_models.painting.masks import PaintMasks, lips, paint_places
from model.face_models.painting.painter import Painter
from model.face_models.painting.skin_tones import is_human, skin_color, srgb_to_lab
from tests.model.small_face_model import write_small_face_model


@pytest.fixture(scope="module")
def face():
    return read_face_model(open_parts.FACE_MODEL)


@pytest.fixture(scope="module")
def places(face):
    masks = PaintMasks(face.shape.mean, face.regions["skin"], face.landmarks_68)
    return paint_places(masks) | {"lips": lips(masks), "fuller lips": lips(masks, 2.0, 2.0, 0.03)}


@pytest.fixture(scope="module")
def people(face):
    painter = Painter(face.shape.mean, face.regions, face.landmarks_68)
    generator = np.random.default_rng(1)
    return np.stack([painter(generator) for _ in range(40)])


def test_lab_of_known_colors():
    colors = np.array([(1, 1, 1), (1, 0, 0), (0.5, 0.5, 0.5)], float)
    expected = [(100, 0, 0), (53.24, 80.09, 67.20), (53.39, 0, 0)]
    np.testing.assert_allclose(srgb_to_lab(colors), expected, atol=0.1)


def test_melanin_darkens_and_blood_reddens():
    melanin = np.linspace(0, 1, 11)
    lab = srgb_to_lab(skin_color(melanin, np.zeros(11), 0.0))
    assert np.all(np.diff(lab[:, 0]) < -2)
    assert is_human(skin_color(melanin, np.zeros(11), 0.0)).all()
    flushed = srgb_to_lab(skin_color(melanin, np.ones(11), 0.0))
    assert np.all(flushed[:, 1] > lab[:, 1] + 2)
    assert not is_human(np.array([(0.3, 0.6, 0.3), (0.5, 0.5, 0.9), (0.02, 0.02, 0.02)])).any()


def test_windows_lie_where_they_should(face, places):
    points = {name: window[face.landmarks_68] for name, window in places.items()}
    middle_of_lower_lip = np.argmin(
        np.linalg.norm(
            face.shape.mean - face.shape.mean[face.landmarks_68[[57, 66]]].mean(axis=0), axis=1
        )
    )
    assert places["lips"][middle_of_lower_lip] > 0.9
    assert points["lips"][[8, 30, 33, 27, 36]].max() < 0.01
    assert np.sum(places["fuller lips"]) > 1.1 * np.sum(places["lips"])
    assert points["ridge of the nose"][[28, 29]].min() > 0.9
    assert points["lash lines"][[37, 38, 43, 44]].min() > 0.5
    for name, window in places.items():
        assert window.min() >= 0 and 0.5 < window.max() <= 1.001, name
        assert window[~face.regions["skin"]].max() == 0, name


def test_windows_are_symmetric_and_without_steps(face, places):
    mirrored = face.shape.mean * (-1, 1, 1)
    front = np.flatnonzero(face.shape.mean[:, 2] > 60)[::7]
    gaps = np.linalg.norm(mirrored[front, None] - face.shape.mean[None], axis=2)
    twins = gaps.argmin(axis=1)
    # The mean face is that of portraits, and symmetric but for some tenths of a millimeter.
    near = gaps.min(axis=1) < 0.15
    assert np.count_nonzero(near) > 200
    skin = face.regions["skin"]
    edges = np.concatenate([face.triangles[:, [0, 1]], face.triangles[:, [1, 2]]])
    edges = edges[skin[edges].all(axis=1)]
    length = np.linalg.norm(np.diff(face.shape.mean[edges], axis=1)[:, 0], axis=1)
    for name, window in places.items():
        np.testing.assert_allclose(window[front[near]], window[twins[near]], atol=0.1, err_msg=name)
        # In the lips' plane the lips meet in depth, so edges there are long seen from the front.
        slope = np.abs(np.diff(window[edges], axis=1)[:, 0]) / np.maximum(length, 0.5)
        assert slope.max() < 0.9, name


def test_people_differ_and_are_human(face, people):
    assert people.min() >= 0 and people.max() <= 1
    cheeks = face.landmarks_68[[2, 14]]
    tones = people[:, cheeks].mean(axis=1)
    assert is_human(tones).mean() > 0.95
    lightness = srgb_to_lab(tones)[:, 0]
    assert np.ptp(lightness) > 20
    brows, forehead = people[:, face.landmarks_68[[19, 24]]].mean(axis=(1, 2)), tones.mean(axis=1)
    contrast = brows / forehead
    assert contrast.max() < 1.15 and contrast.min() < 0.6 and np.ptp(contrast) > 0.3
    assert people[:, face.regions["pupil"]].mean() < 0.3


def test_components_have_the_mean_and_covariance_of_the_people(face):
    arguments = (face.shape.mean, face.regions, face.landmarks_68)
    pca = painted_colors(*arguments, components=29, people=30, seed=5)
    painter, generator = Painter(*arguments), np.random.default_rng(5)
    people = np.stack([painter(generator).reshape(-1) for _ in range(30)])
    np.testing.assert_allclose(pca.mean.reshape(-1), people.mean(axis=0), atol=1e-5)
    modes = pca.basis * np.sqrt(pca.variance)
    chosen = np.arange(0, people.shape[1], 501)
    np.testing.assert_allclose(
        modes[chosen] @ modes[chosen].T, np.cov(people[:, chosen].T), atol=1e-5
    )
    assert np.all(np.diff(pca.variance) <= 0)
    other = painted_colors(*arguments, components=29, people=30, seed=6)
    assert np.abs(other.mean - pca.mean).max() > 0.01


def test_paint_changes_nothing_but_colors(face, tmp_path, capsys):
    output = tmp_path / "painted.h5"
    arguments = [str(open_parts.FACE_MODEL), str(output), "--people=13", "--components=12"]
    commands.main(["paint", *arguments, "--float16"])
    painted = read_face_model(output)
    assert "12 texture" in capsys.readouterr().out
    for part in ("shape", "expression"):
        for before, after in zip(getattr(face, part), getattr(painted, part), strict=True):
            np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(face.triangles, painted.triangles)
    np.testing.assert_array_equal(face.landmarks_68, painted.landmarks_68)
    assert "PROCEDURAL" in painted.notes["color_note"]
    assert painted.landmarks == face.landmarks and painted.regions.keys() == face.regions.keys()


def test_models_that_cannot_be_painted_are_refused(tmp_path):
    path = write_small_face_model(tmp_path / "model.h5")
    with pytest.raises(SystemExit, match="all of the 68 landmarks"):
        commands.main(["paint", str(path), str(tmp_path / "out.h5")])
    with pytest.raises(SystemExit, match="--people=12 must be above 12"):
        arguments = [str(open_parts.FACE_MODEL), str(tmp_path / "out.h5")]
        commands.main(["paint", *arguments, "--people=12", "--components=12"])
    assert not (tmp_path / "out.h5").exists()
