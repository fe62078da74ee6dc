"""Trials of protocols on a sheet whose errors are known."""

import numpy as np
import pytest

from evaluation.geometry.face import Face, Template
from evaluation.geometry.planted_errors import KINDS
from evaluation.geometry.protocols import PROTOCOLS
from evaluation.geometry.trials import TrueFaces, as_face, make_scan, trials_of_face
from tests.evaluation.geometry import shapes

_SEVEN = np.array(
    [(-45, 34), (-18, 33), (18, 33), (45, 34), (0, -18), (-25, -42), (25, -42)], float
)


@pytest.fixture(scope="module")
def template():
    surface = shapes.face(31)
    x, y = surface.vertices[:, 0], surface.vertices[:, 1]
    modes = np.zeros((2, len(x), 3), np.float32)
    modes[0, :, 2] = 4 * np.exp(-((x / 15) ** 2) - ((y + 2) / 25) ** 2)
    modes[1, :, 1] = 3 * np.exp(-((x / 30) ** 2) - ((y + 42) / 20) ** 2)
    tip = surface.vertices[surface.vertices[:, 2].argmax()]
    landmarks = np.column_stack([_SEVEN, shapes.height(*_SEVEN.T)])
    regions = {"upper": y > 20, "lower": y < -20}
    return Template(Face(surface, tip, landmarks, "sheet"), modes.reshape(2, -1), regions)


def test_a_face_is_tried_with_all_kinds_by_all_protocols(template):
    faces = TrueFaces(template, template)
    trials = trials_of_face(faces, 3, 2, seed=1)
    assert [trial.kind for trial in trials] == list(KINDS)[:2]
    assert all(trial.truth == 3 and set(trial.by_protocol) == set(PROTOCOLS) for trial in trials)
    assert all(0.25 < trial.true_mm < 4.2 for trial in trials)
    # The dense protocol says how large an error is, whatever its kind.
    for trial in trials:
        assert trial.by_protocol["dense"] == pytest.approx(trial.true_mm, rel=0.35)
    assert trials_of_face(faces, 3, 1, seed=1) == trials[:1]
    assert trials_of_face(faces, 4, 1, seed=1) != trials[:1]


def test_faces_are_random_or_those_of_a_folder(template):
    rng = np.random.default_rng(0)
    random = TrueFaces(template, template).face(0, rng)
    assert random.shape == template.face.surface.vertices.shape
    meshes = np.stack([random, random + 1, random + 2])
    given = TrueFaces(template, template, meshes)
    np.testing.assert_array_equal(given.face(4, rng), meshes[1])


def test_a_scan_has_another_pose_and_landmarks_that_are_marked_by_hand(template):
    true = template.face.surface.vertices
    scan = make_scan(true, template, np.random.default_rng(0))
    assert scan.nose_tip is None and scan.topology is None
    gaps = scan.surface.nearest_hits(scan.landmarks).points - scan.landmarks
    assert 0.05 < np.linalg.norm(gaps, axis=1).mean() < 4
    own = as_face(true, template)
    assert np.linalg.norm(own.landmarks - template.face.landmarks, axis=1).max() < 6
