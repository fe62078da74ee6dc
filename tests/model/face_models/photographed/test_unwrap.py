"""Colors that were drawn come back from the picture, and only where it shows them."""

import dataclasses

import numpy as np
import pytest

import open_parts
from mesh_renderer.rasterize_triangles import rasterize_clip_space
from model.face_models.load import read_face_model
from model.face_models.photographed.unwrap import Unwrapper, eyeballs
from model.fitting.camera import Pose, turned
from model.fitting.landmark_fit import LandmarkFit, LandmarkFitter
from model.fitting.points_on_mesh import read_points_on_mesh

SIZE = 224


@pytest.fixture(scope="module")
def face_model():
    return read_face_model(open_parts.FACE_MODEL)


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A face turned by 25 degrees, its picture, points and truth."""

    unwrapper: Unwrapper
    fit: LandmarkFit
    image: np.ndarray
    found: np.ndarray
    colors: np.ndarray

    def unwrapped(self, image=None, found=None):
        image = self.image if image is None else image
        return self.unwrapper(image, self.found if found is None else found, self.fit)


@pytest.fixture(scope="module")
def drawn(face_model):
    points = read_points_on_mesh(open_parts.DENSE_POINTS_ON_MESH, face_model.n_vertices)
    fitter = LandmarkFitter(face_model, points)
    rotation = turned(np.eye(3)[None], np.array([[0.05, np.radians(25), 0.0]]))
    pose = Pose(rotation, np.array([1300.0]), np.array([[112.0, 125.0]]), 1500.0)
    zero = np.zeros([1, 100], np.float32), np.zeros([1, 47], np.float32)
    fit = LandmarkFit(pose, *zero, np.zeros(1))
    vertices = fitter.vertices(fit)
    colors = 0.5 + 0.3 * np.sin(face_model.shape.mean / 25.0)
    clip = np.float32(pose.clip_space(np.float64(vertices), SIZE))
    drawn = rasterize_clip_space(
        clip, np.float32(colors[None]), face_model.triangles, SIZE, SIZE, np.zeros(3, np.float32)
    )
    found = np.concatenate(
        [pose.project(points(np.float64(vertices)))[0], _irises(face_model, pose, vertices)]
    )
    image = np.uint8(drawn.numpy()[0, ::-1] * 255 + 0.5)
    return Drawn(Unwrapper(face_model, points, fitter), fit, image, found, colors)


@pytest.fixture(scope="module")
def unwrapped(drawn):
    return drawn.unwrapped()


def _irises(face_model, pose, vertices):
    pixels = pose.project(np.float64(vertices))[0]
    rims = []
    for ball in eyeballs(face_model):
        center = pixels[ball.iris].mean(axis=0)
        rims += [center, *(center + 3 * np.array(d) for d in ((1, 0), (0, -1), (-1, 0), (0, 1)))]
    return np.array(rims)


def test_seen_colors_come_back(drawn, unwrapped):
    seen = unwrapped.weights > 0.9
    assert 0.2 < seen.mean() < 0.6
    assert np.abs(unwrapped.colors - drawn.colors)[seen].mean() < 0.02


def test_the_far_side_has_no_weight(unwrapped, face_model):
    mean = face_model.shape.mean
    right_ear, left_ear = mean[:, 0] < -70, mean[:, 0] > 70
    front = mean[:, 2] > 0
    # A positive yaw turns the subject to its left, so that the right side is seen.
    assert unwrapped.weights[left_ear & front].mean() < 0.02
    assert unwrapped.weights[right_ear & front].mean() > 0.2
    assert unwrapped.weights[mean[:, 2] < -60].max() == 0


def test_normals_are_those_of_the_view(unwrapped, face_model):
    tip = face_model.landmarks["center.nose.tip"]
    angle = np.degrees(np.arctan2(unwrapped.normals[tip, 0], unwrapped.normals[tip, 2]))
    assert 15 < angle < 35


def test_points_that_were_found_elsewhere_move_the_colors(drawn, face_model):
    mean = face_model.shape.mean
    ramp = np.repeat(np.uint8(np.arange(SIZE))[None, :, None], SIZE, axis=0).repeat(3, axis=2)
    there, here = (drawn.unwrapped(ramp, drawn.found + (x, 0.0)) for x in (4.0, 0.0))
    cheek = (np.abs(mean[:, 0] + 30) < 10) & (np.abs(mean[:, 1]) < 15) & (mean[:, 2] > 60)
    moved = (there.colors - here.colors)[cheek, 0] * 255
    assert 2.5 < moved.mean() < 4.5


def test_a_wide_photograph_gives_the_same_colors(drawn, unwrapped):
    wide = drawn.unwrapped(np.pad(drawn.image, ((0, 0), (0, 80), (0, 0)), mode="edge"))
    both = (wide.weights > 0.9) & (unwrapped.weights > 0.9)
    assert both.sum() > 0.97 * (unwrapped.weights > 0.9).sum()
    np.testing.assert_allclose(wide.colors[both], unwrapped.colors[both], atol=1e-5)
    cut = drawn.unwrapped(drawn.image[:140])
    below = drawn.fit.pose.project(np.float64(drawn.unwrapper._fitter.vertices(drawn.fit)))[0]
    assert cut.weights[below[:, 1] > 142].max() == 0
