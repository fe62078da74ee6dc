"""Faces are found in any pose."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from evaluation.geometry.face import Face, Template
from evaluation.geometry.face_search import completed, find_face
from evaluation.geometry.similarity import Similarity
from evaluation.geometry.surface import Surface
from tests.evaluation.geometry import shapes

_SEVEN = np.array(
    [(-45, 34), (-18, 33), (18, 33), (45, 34), (0, -18), (-25, -42), (25, -42)], float
)


def _landmarks():
    return np.column_stack([_SEVEN, shapes.height(*_SEVEN.T)])


@pytest.fixture(scope="module")
def template():
    surface = shapes.face(61)
    tip = surface.vertices[surface.vertices[:, 2].argmax()]
    return Template(Face(surface, tip, _landmarks(), "sheet"), np.zeros((0, 0)), {})


@pytest.mark.parametrize("seed", range(3))
def test_a_face_is_found_in_any_pose(template, seed):
    """Turned in any way, shifted by a meter, with other vertices, noise, and no landmark."""
    rng = np.random.default_rng(seed)
    rotation = Rotation.random(random_state=seed).as_matrix()
    true = Similarity(1.0, rotation, rng.normal(size=3) * 1000)
    scan = shapes.face(95, seed=seed)
    noisy = scan.vertices + rng.normal(0, 0.2, scan.vertices.shape)
    found = find_face(Face(Surface(true(noisy), scan.triangles)), template)
    assert np.linalg.norm(found.nose_tip - true(template.face.nose_tip)) < 5
    points = template.face.surface.vertices
    assert np.linalg.norm(found.from_template(points) - true(points), axis=1).max() < 5
    assert found.distance_mm < 2


def test_landmarks_are_the_start_where_there_are_some(template):
    true = shapes.some_similarity(1.0, 150.0, 700.0)
    face = Face(shapes.face(61), None, _landmarks()).moved(true)
    found = find_face(face, template)
    assert np.linalg.norm(found.nose_tip - true(template.face.nose_tip)) < 3


def test_a_nose_tip_that_is_given_stays(template):
    given = np.array([1.0, 2.0, 3.0])
    assert completed(Face(shapes.face(15), given), template).nose_tip is given
