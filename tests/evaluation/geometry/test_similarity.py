"""Similarities, and the best one between points that belong together."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from evaluation.geometry.similarity import Similarity, fit_similarity, rotation_about
from tests.evaluation.geometry.shapes import some_similarity


def test_maps_compose_and_invert():
    points = np.random.default_rng(0).normal(size=(20, 3))
    first, second = some_similarity(0.7), some_similarity(1.9, 80.0)
    np.testing.assert_allclose(second.after(first)(points), second(first(points)))
    np.testing.assert_allclose(first.inverse()(first(points)), points, atol=1e-12)


def test_rotation_is_that_of_scipy():
    for vector in ([0.3, -1.2, 0.5], [0.0, 0.0, 0.0], [0.0, np.pi, 0.0]):
        expected = Rotation.from_rotvec(vector).as_matrix()
        np.testing.assert_allclose(rotation_about(np.array(vector)), expected, atol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 0.3, 52.4])
def test_a_known_similarity_is_found(scale):
    points = np.random.default_rng(1).normal(size=(9, 3)) * 40
    true = some_similarity(scale, 140.0, 500.0)
    found = fit_similarity(points, true(points))
    assert found.scale == pytest.approx(scale)
    np.testing.assert_allclose(found(points), true(points), atol=1e-9)
    rigid = fit_similarity(points, true(points), with_scale=False)
    assert rigid.scale == 1.0
    np.testing.assert_allclose(rigid.rotation, true.rotation, atol=1e-9)


def test_a_mirror_image_is_not_reached_by_a_reflection():
    points = np.random.default_rng(2).normal(size=(9, 3))
    found = fit_similarity(points, points * (-1, 1, 1))
    assert np.linalg.det(found.rotation) == pytest.approx(1.0)


def test_weights_count():
    points = np.random.default_rng(3).normal(size=(6, 3))
    target = points.copy()
    target[5] += 100.0
    found = fit_similarity(points, target, weights=np.array([1.0] * 5 + [0.0]))
    np.testing.assert_allclose(found(points), points, atol=1e-9)
    assert isinstance(found, Similarity)
