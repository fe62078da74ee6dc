"""Poses are found again from where they put points."""

import numpy as np
import pytest

from model.fitting.camera import Pose, turned
from model.fitting.pose_fit import fit_pose

# Eyes, nose and corners of a mouth, in mm.
POINTS = np.array([[-31, 35, 90], [31, 35, 90], [0, 0, 115], [-25, -32, 92], [25, -32, 92]], float)


def _pose(vectors_deg, focal=900.0):
    count = len(vectors_deg)
    rotation = turned(np.tile(np.eye(3), (count, 1, 1)), np.radians(vectors_deg))
    center = np.stack([np.full(count, 200.0), np.full(count, 150.0)], axis=-1)
    return Pose(rotation, np.full(count, focal), center, 1500.0)


@pytest.mark.parametrize("focal", [40.0, 900.0, 30000.0])
def test_a_pose_is_found_again(focal):
    """Turned to a side, nodding, leaning, all of it, and nearly in profile; small and large."""
    pose = _pose([[0, 35, 0], [20, 0, 0], [0, 0, 60], [15, -25, -170], [5, 70, 10]], focal)
    points = np.tile(POINTS, (5, 1, 1))
    found = fit_pose(points, pose.project(points))
    np.testing.assert_allclose(found.rotation, pose.rotation, atol=1e-3)
    np.testing.assert_allclose(found.focal, pose.focal, rtol=1e-3)
    np.testing.assert_allclose(found.center, pose.center, atol=1e-3 * focal)


def test_no_head_in_profile_is_turned_away():
    """From a frontal start alone three of these 600 heads, which are not quite ours, are."""
    rng = np.random.default_rng(0)
    yaws = np.repeat([85.0, 90.0, 95.0], 200)
    pose = _pose(np.stack([0 * yaws, yaws, 0 * yaws], axis=-1))
    theirs = POINTS + rng.normal(scale=4, size=[len(yaws), 5, 3])
    found = fit_pose(np.tile(POINTS, (len(yaws), 1, 1)), pose.project(theirs)).rotation
    reached = np.degrees(np.arctan2(found[:, 0, 2], found[:, 2, 2]))
    assert np.abs(reached - yaws).max() < 40


def test_noise_of_a_pixel_turns_little():
    pose = _pose([[0, 30, 0]])
    noise = np.random.default_rng(0).normal(scale=0.5, size=[1, 5, 2])
    found = fit_pose(POINTS[None], pose.project(POINTS[None]) + noise)
    assert np.degrees(np.arccos((np.trace(found.rotation[0] @ pose.rotation[0].T) - 1) / 2)) < 6


def test_points_that_coincide_have_some_pose():
    found = fit_pose(POINTS[None], np.full([1, 5, 2], 7.0))
    assert all(np.all(np.isfinite(x)) for x in (found.rotation, found.focal, found.center))
