"""Colors are learned from a few of the portraits that are carried, from file to components."""

import dataclasses

import numpy as np
import pytest

import open_parts
from model.face_models.load import read_face_model
from model.face_models.painting.skin_tones import is_human, srgb_to_lab
from model.face_models.photographed import tone
from model.face_models.photographed.learn import ColorLearner
from model.face_models.photographed.portraits import LandmarkedPortraits, read_portraits
from model.fitting.points_on_mesh import read_points_on_mesh

PORTRAITS = 20
COMPONENTS = 10


@pytest.fixture(scope="module")
def face_model():
    return read_face_model(open_parts.FACE_MODEL)


@pytest.fixture(scope="module")
def learner(face_model):
    points = read_points_on_mesh(open_parts.DENSE_POINTS_ON_MESH, face_model.n_vertices)
    return ColorLearner(face_model, points, COMPONENTS)


@pytest.fixture(scope="module")
def portraits():
    every = read_portraits(open_parts.PHOTOS, open_parts.DENSE_LANDMARKS, "train")
    return LandmarkedPortraits(every.folder, every.names[:PORTRAITS], every.points[:PORTRAITS])


@pytest.fixture(scope="module")
def learned(learner, portraits):
    return learner(portraits)


def cheek_lab(face_model, colors):
    mean = face_model.shape.mean
    nose = mean[face_model.landmarks["center.nose.tip"]]
    cheeks = (np.abs(np.abs(mean[:, 0]) - 32) < 12) & (np.abs(mean[:, 1] - nose[1]) < 14)
    cheeks &= mean[:, 2] > nose[2] - 60
    return srgb_to_lab(np.clip(colors, 0, 1)[cheeks].mean(axis=0)[None])[0]


def test_components_are_orthonormal_with_tone_first(learned):
    color = learned.color
    assert color.basis.shape[1] == COMPONENTS
    np.testing.assert_allclose(color.basis.T @ color.basis, np.eye(COMPONENTS), atol=1e-4)
    assert np.all(np.diff(color.variance[tone.COMPONENTS :]) <= 1e-6)


def test_tone_goes_where_people_are(learned, face_model):
    color = learned.color
    step = (color.basis[:, 0] * np.sqrt(color.variance[0])).reshape(-1, 3)
    ends = [cheek_lab(face_model, color.mean + s * step) for s in (-2.5, 2.5)]
    assert ends[0][0] < 29 and 79 < ends[1][0] < 87
    for lab in ends:
        assert 35 < np.degrees(np.arctan2(lab[2], lab[1])) < 70


def test_the_mean_is_a_symmetric_face_with_eyes(learned, face_model):
    mean, regions = learned.color.mean, face_model.regions
    x_mirrored = face_model.shape.mean * (-1, 1, 1)
    nose = face_model.landmarks["center.nose.tip"]
    assert is_human(mean[nose][None])[0]
    right = np.flatnonzero(regions["skin"] & (x_mirrored[:, 0] > 20))[::50]
    for vertex in right:
        away = np.sum((face_model.shape.mean - x_mirrored[vertex]) ** 2, axis=1)
        np.testing.assert_allclose(mean[vertex], mean[np.argmin(away)], atol=0.03)
    # The brighter part of each lies between the lids.
    white, iris, pupil = (
        np.percentile(mean[regions[name]], 80) for name in ("sclera", "iris", "pupil")
    )
    assert white > iris + 0.1 and iris > pupil + 0.02


def test_few_of_the_persons_deviations_are_large(learned):
    assert np.abs(learned.deviations).max() < 1.2
    assert 0.01 < learned.deviations.std() < 0.12


def test_the_same_portraits_give_the_same_colors(learner, portraits, learned):
    again = learner(portraits).color
    np.testing.assert_array_equal(again.mean, learned.color.mean)
    np.testing.assert_array_equal(again.basis, learned.color.basis)


def test_too_few_portraits_are_refused(learner, portraits):
    few = LandmarkedPortraits(portraits.folder, portraits.names[:6], portraits.points[:6])
    with pytest.raises(ValueError, match="can be used, but 10 components need 8"):
        learner(few)


def test_a_face_model_without_landmarks_is_refused(face_model):
    points = read_points_on_mesh(open_parts.DENSE_POINTS_ON_MESH, face_model.n_vertices)
    with pytest.raises(ValueError, match="68 landmarks"):
        ColorLearner(dataclasses.replace(face_model, landmarks_68=None), points)
