"""The pose of a face whose points are known in millimeters, from where they are in a photograph."""

import dataclasses

import numpy as np

from model.fitting.camera import Pose, cross_matrix, turned

CAMERA_DISTANCE_MM = 1500.0
# A pose has so many numbers: three of rotation, the focal length, and the center.
POSE_NUMBERS = 6
_STEPS = 12
# The yaws in radians of further starts; another end has to be so much better than the first one.
_OTHER_STARTS = (-np.pi / 3, np.pi / 3)
_CLEARLY = 0.9
# Five points are visible as far as this: the cosine of 105 degrees.
_LEAST_FACING = -0.26


def fit_pose(points: np.ndarray, found: np.ndarray, distance: float = CAMERA_DISTANCE_MM) -> Pose:
    """Finds how faces stand before their cameras, by least squares (Gauss-Newton).

    From a frontal start a head in full profile can end up turned away, so heads that are turned to
    either side are starts as well. The best end counts in which the face sees the camera.

    Args:
      points: float [B, P, 3] mm, points of B faces in the face model's frame, at least four that
        do not lie in a plane.
      found: float [B, P, 2], where they are in the photographs, in pixels.
      distance: of the camera in mm. A photograph of a face alone hardly tells it.

    Returns:
      The poses. Where the found points say nothing, as where all are one, a pose is frontal.
    """
    points, found = np.asarray(points, np.float64), np.asarray(found, np.float64)
    start = frontal_pose(points, found, distance)
    best = _descended(start, points, found)
    least = _error(best, points, found)
    for yaw in _OTHER_STARTS:
        pose = _descended(_aside(start, yaw), points, found)
        error = _error(pose, points, found)
        better = error < _CLEARLY * least
        best, least = _chosen(better, pose, best), np.where(better, error, least)
    return best


def _aside(pose, yaw):
    """The same heads, turned to their side by radians."""
    identity = np.tile(np.eye(3), (len(pose.rotation), 1, 1))
    turn = turned(identity, np.tile([0.0, yaw, 0.0], (len(identity), 1)))
    return dataclasses.replace(pose, rotation=pose.rotation @ turn)


def _chosen(mask, pose, other):
    """Takes poses where a mask bool [B] says so, and others elsewhere."""
    return Pose(
        np.where(mask[:, None, None], pose.rotation, other.rotation),
        np.where(mask, pose.focal, other.focal),
        np.where(mask[:, None], pose.center, other.center),
        pose.distance,
    )


def _error(pose, points, found):
    """The sum of squared distances [B] in mm; infinite where the face is turned away."""
    per_mm = np.maximum(pose.pixels_per_mm(), 1e-9)[:, None, None]
    squares = np.sum(((found - pose.project(points)) / per_mm) ** 2, axis=(1, 2))
    return np.where(pose.rotation[:, 2, 2] > _LEAST_FACING, squares, np.inf)


def _descended(pose, points, found):
    for _ in range(_STEPS):
        view = pose.view(points)
        per_mm = np.maximum(pose.pixels_per_mm(), 1e-9)[:, None, None]
        residual = (found - pose.project_view(view)) / per_mm
        jacobian = pose_jacobian(pose, view) / per_mm[..., None]
        flat = jacobian.reshape(len(points), -1, POSE_NUMBERS)
        transposed = np.swapaxes(flat, 1, 2)
        # The small sum on the diagonal keeps a pose where it is that nothing determines.
        normal = transposed @ flat + 1e-6 * np.eye(POSE_NUMBERS)
        gradient = transposed @ residual.reshape(len(points), -1, 1)
        pose = moved(pose, np.linalg.solve(normal, gradient)[..., 0])
    return pose


def moved(pose: Pose, change: np.ndarray) -> Pose:
    """Changes poses by float [B, 6]: rotation vector, logarithm of the focal length, center."""
    return Pose(
        turned(pose.rotation, change[:, :3]),
        pose.focal * np.exp(np.clip(change[:, 3], -0.5, 0.5)),
        pose.center + change[:, 4:6],
        pose.distance,
    )


def pose_jacobian(pose: Pose, view: np.ndarray) -> np.ndarray:
    """Of the pixels of points [B, P, 3] mm of the view frame, by the pose: [B, P, 2, 6]."""
    of_rotation = projection_jacobian(pose, view) @ -cross_matrix(view)
    return np.concatenate([of_rotation, _image_jacobian(pose, view)], axis=-1)


def projection_jacobian(pose, view):
    """Of pixels with respect to points of the view frame: [B, P, 2, 3]."""
    inverse_depth = 1 / (pose.distance - view[..., 2])
    scale = pose.focal[:, None] * inverse_depth
    zero = np.zeros_like(scale)
    x, y = view[..., 0] * scale * inverse_depth, view[..., 1] * scale * inverse_depth
    return np.stack(
        [np.stack([scale, zero, x], axis=-1), np.stack([zero, -scale, -y], axis=-1)], axis=-2
    )


def _image_jacobian(pose, view):
    """Of pixels with respect to the logarithm of the focal length and the center: [B, P, 2, 3]."""
    jacobian = np.zeros([*view.shape[:2], 2, 3])
    jacobian[..., 0] = pose.project_view(view) - pose.center[:, None]
    jacobian[..., 0, 1] = jacobian[..., 1, 2] = 1.0
    return jacobian


def frontal_pose(points: np.ndarray, found: np.ndarray, distance: float) -> Pose:
    """Faces turned in the image only: the best similarity of their points to those found.

    Args:
      points: float [P, 3] or [B, P, 3] mm, in the face model's frame.
      found: float [B, P, 2] pixels.
      distance: of the camera in mm.
    """
    plane = points[..., 0] - 1j * points[..., 1]
    plane = plane - plane.mean(axis=-1, keepdims=True)
    image = found[..., 0] + 1j * found[..., 1]
    image = image - image.mean(axis=1, keepdims=True)
    similarity = np.sum(image * plane.conj(), axis=-1) / np.sum(np.abs(plane) ** 2, axis=-1)
    scale, roll = np.abs(similarity), np.angle(similarity)
    cos, sin, zero = np.cos(roll), np.sin(roll), np.zeros_like(roll)
    # The image's y runs down, so that a positive angle turns clockwise there.
    rows = [[cos, sin, zero], [-sin, cos, zero], [zero, zero, zero + 1]]
    rotation = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    pose = Pose(rotation, scale * distance, np.stack([zero, zero], axis=-1), distance)
    center = found.mean(axis=1) - pose.project(points).mean(axis=1)
    return dataclasses.replace(pose, center=center)
