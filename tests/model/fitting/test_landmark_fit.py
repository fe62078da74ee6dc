"""The fit finds again what faces were made of, from their projected points."""

import dataclasses

import numpy as np
import pytest

from model.face_models.load import read_face_model
from model.fitting.camera import Pose, cross_matrix, turned
from model.fitting.landmark_fit import LandmarkFitter
from model.fitting.points_on_mesh import PointsOnMesh
from tests.model.small_face_model import write_small_face_model

FACES = 5


@pytest.fixture(scope="module")
def face_model(tmp_path_factory):
    path = write_small_face_model(tmp_path_factory.mktemp("model") / "model.h5", grid=15)
    return read_face_model(path)


@pytest.fixture(scope="module")
def points(face_model):
    generator = np.random.default_rng(1)
    weights = generator.dirichlet(np.ones(3), size=140)
    chosen = generator.choice(len(face_model.triangles), 140, replace=False)
    return PointsOnMesh(
        face_model.triangles[chosen], weights, np.full(140, 0.3), np.zeros(0, np.int64)
    )


def true_faces(face_model, fitter, seed=2, yaw=0.35):
    """Poses and coefficients of random faces: a pose, a fit with the truth."""
    generator = np.random.default_rng(seed)
    omega = generator.uniform(-1, 1, [FACES, 3]) * (0.2, yaw, 0.3)
    pose = Pose(
        turned(np.broadcast_to(np.eye(3), [FACES, 3, 3]), omega),
        generator.uniform(500, 900, FACES),
        generator.uniform(90, 130, [FACES, 2]),
        1500.0,
    )
    start = fitter(np.tile(np.random.default_rng(0).uniform(50, 150, [1, 140, 2]), [FACES, 1, 1]))
    return dataclasses.replace(
        start,
        pose=pose,
        shape=np.float32(generator.normal(0, 0.8, [FACES, 6])),
        expression=np.float32(generator.normal(0, 0.8, [FACES, 6])),
    )


def test_the_truth_is_found_again(face_model, points):
    fitter = LandmarkFitter(face_model, points)
    truth = true_faces(face_model, fitter)
    surface = fitter.vertices(truth).astype(np.float64)
    found = truth.pose.project(points(surface))
    fit = fitter(found)
    assert fit.rms.max() < 0.05
    np.testing.assert_allclose(fit.pose.rotation, truth.pose.rotation, atol=0.02)
    np.testing.assert_allclose(fit.pose.focal, truth.pose.focal, rtol=0.02)
    pixels = fit.pose.project(fitter.vertices(fit).astype(np.float64))
    np.testing.assert_allclose(pixels, truth.pose.project(surface), atol=0.6)


def test_outliers_are_borne(face_model, points):
    fitter = LandmarkFitter(face_model, points)
    truth = true_faces(face_model, fitter)
    clean = truth.pose.project(points(fitter.vertices(truth).astype(np.float64)))
    found = clean.copy()
    found[:, ::14] += 25.0
    fit = fitter(found)
    again = fit.pose.project(points(fitter.vertices(fit).astype(np.float64)))
    good = np.arange(140) % 14 != 0
    assert np.linalg.norm(again - clean, axis=-1)[:, good].mean() < 0.6


def test_points_with_an_infinite_deviation_say_nothing(face_model, points):
    blind = dataclasses.replace(points, deviations=np.where(np.arange(140) < 70, np.inf, 0.3))
    fitter = LandmarkFitter(face_model, blind)
    truth = true_faces(face_model, fitter)
    found = truth.pose.project(points(fitter.vertices(truth).astype(np.float64)))
    moved = found.copy()
    moved[:, :70] += 40.0
    np.testing.assert_allclose(fitter(moved).shape, fitter(found).shape, atol=1e-4)


def test_points_of_an_outline_may_slide_along_it(face_model):
    ring = np.arange(24)
    angle = ring / 24 * 2 * np.pi
    places = np.stack([60 * np.cos(angle), 60 * np.sin(angle)], axis=-1)
    away = np.sum((face_model.shape.mean[:, None, :2] - places) ** 2, axis=-1)
    outline = PointsOnMesh(
        np.repeat(np.argmin(away, axis=0)[:, None], 3, axis=1),
        np.full([24, 3], 1 / 3),
        np.full(24, 0.3),
        ring,
    )
    pose = Pose(np.eye(3)[None], np.array([700.0]), np.array([[112.0, 112.0]]), 1500.0)
    found = pose.project(outline(face_model.shape.mean[None].astype(np.float64)))
    along = np.roll(found, -1, axis=1) - np.roll(found, 1, axis=1)
    found += 2.0 * along / np.linalg.norm(along, axis=-1, keepdims=True)
    fixed = dataclasses.replace(outline, contour=np.zeros(0, np.int64))
    rolls = [
        np.degrees(np.arctan2(*LandmarkFitter(face_model, points)(found).pose.rotation[0, 1, :2]))
        for points in (outline, fixed)
    ]
    assert abs(rolls[1]) > 3 and abs(rolls[0]) < 0.6 * abs(rolls[1])


@pytest.mark.parametrize("bad", [np.zeros([1, 3, 2]), np.full([1, 140, 2], np.nan)])
def test_bad_points_are_refused(face_model, points, bad):
    with pytest.raises(ValueError, match="points"):
        LandmarkFitter(face_model, points)(bad)


def test_clip_space_draws_where_points_are_projected_to():
    generator = np.random.default_rng(3)
    vertices = generator.uniform(-60, 60, [1, 50, 3])
    pose = Pose(
        turned(np.eye(3)[None], np.array([[0.1, 0.4, -0.2]])),
        np.array([800.0]),
        np.array([[100.0, 120.0]]),
        1500.0,
    )
    clip = pose.clip_space(vertices, 224)
    ndc = clip[..., :3] / clip[..., 3:]
    pixels = (ndc[..., :2] * (1, -1) + 1) * 112 - 0.5
    np.testing.assert_allclose(pixels, pose.project(vertices), atol=1e-9)
    np.testing.assert_allclose(pose.depth(ndc[..., 2]), clip[..., 3], rtol=1e-9)


def test_small_turns_are_rotations():
    omega = np.array([[0.3, -0.2, 0.5], [0.0, 0.0, 0.0]])
    rotation = turned(np.broadcast_to(np.eye(3), [2, 3, 3]), omega)
    np.testing.assert_allclose(rotation @ np.swapaxes(rotation, 1, 2), [np.eye(3)] * 2, atol=1e-12)
    vector = np.array([0.2, 0.5, -1.0])
    np.testing.assert_allclose(
        cross_matrix(omega[0]) @ vector, np.cross(omega[0], vector), atol=1e-12
    )
    np.testing.assert_allclose(rotation[0] @ omega[0], omega[0], atol=1e-12)
