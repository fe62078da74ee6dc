"""Distances to a true face whose vertices correspond."""

import numpy as np

from evaluation.geometry.similarity import Similarity, rotation_about
from programs.known_shapes_section import distances


def _shape():
    return np.random.default_rng(0).normal(0, 50, [200, 3])


def test_pose_and_size_are_no_error():
    true = _shape()
    pose = Similarity(1.1, rotation_about(np.array([0.1, 0.4, 0.2])), np.array([3.0, -80.0, 9.0]))
    assert distances(pose(true), true, np.ones(200, bool)).max() < 1e-6


def test_a_moved_vertex_is_off_by_as_much_and_what_is_not_compared_has_no_distance():
    true = _shape()
    found = true.copy()
    found[7] += (0, 0, 3.0)
    compared = np.arange(200) < 150
    off = distances(found, true, compared)
    assert abs(off[7] - 3) < 0.1 and np.nanmedian(off) < 0.1
    assert np.isnan(off[150:]).all() and not np.isnan(off[:150]).any()
