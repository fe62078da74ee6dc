"""Camera matrices, as in google/tf_mesh_renderer: they act on column vectors from the left."""

import math

import numpy as np
import tensorflow as tf

from mesh_renderer import inputs
from mesh_renderer.inputs import TensorLike

# Shorter vectors count as having no direction.
_SHORTEST = 1e-6


def perspective(
    aspect_ratio: TensorLike, fov_y: TensorLike, near_clip: TensorLike, far_clip: TensorLike
) -> tf.Tensor:
    """Makes perspective projections, as gluPerspective does.

    Args:
      aspect_ratio: float32 scalar or [B], width / height of the images.
      fov_y: float32 [B], vertical fields of view in degrees, as in the original: between 0 and 180.
      near_clip: float32 [B], distances of the near clipping planes, above 0.
      far_clip: float32 [B], distances of the far clipping planes, above those of the near ones.

    Returns:
      float32 [B, 4, 4], from right-handed eye space (the camera looks along -z) to left-handed
      clip space, where -w <= z <= w lies between the planes.

    Raises:
      InvalidArgumentError: a wrong shape or dtype; or a value out of its range, where it is known.
    """
    aspect_ratio = inputs.as_tensor(aspect_ratio, "aspect_ratio", (), ("batch",))
    fov_y = inputs.as_tensor(fov_y, "fov_y", ("batch",))
    near_clip = inputs.as_tensor(near_clip, "near_clip", ("batch",))
    far_clip = inputs.as_tensor(far_clip, "far_clip", ("batch",))
    depth = far_clip - near_clip
    for values, name in ((aspect_ratio, "aspect_ratio"), (near_clip, "near_clip")):
        inputs.check_known(values, name, _is_positive, "above 0")
    inputs.check_known(fov_y, "fov_y", lambda v: (v > 0) & (v < 180), "between 0 and 180 degrees")
    inputs.check_known(depth, "far_clip - near_clip", _is_positive, "above 0")
    focal_length = 1.0 / tf.tan(fov_y * (math.pi / 360.0))
    zero, one = tf.zeros_like(depth), tf.ones_like(depth)
    rows = [
        [focal_length / aspect_ratio, zero, zero, zero],
        [zero, focal_length, zero, zero],
        [zero, zero, -(far_clip + near_clip) / depth, -2.0 * (far_clip * near_clip / depth)],
        [zero, zero, -one, zero],
    ]
    return _stack(rows)


def look_at(
    eye: TensorLike, center: TensorLike, world_up: TensorLike, legacy: bool = False
) -> tf.Tensor:
    """Makes views from a point toward another, as gluLookAt does.

    Args:
      eye: float32 [B, 3], where the camera is.
      center: float32 [B, 3], a point that it looks at.
      world_up: float32 [B, 3], a direction that appears upwards in the image.
      legacy: whether the result is NaN where eye and center coincide or up has no direction across
        the gaze, as in the original. Otherwise the camera looks along -z in the first case, and in
        the second takes the axis farthest from its gaze for up; no gradient passes through what was
        replaced.

    Returns:
      float32 [B, 4, 4], from world space to right-handed eye space.

    Raises:
      InvalidArgumentError: a wrong shape or dtype.
    """
    legacy = inputs.as_flag(legacy, "legacy")
    eye = inputs.as_tensor(eye, "eye", ("batch", 3))
    center = inputs.as_tensor(center, "center", ("batch", 3))
    world_up = inputs.as_tensor(world_up, "world_up", ("batch", 3))
    gaze = center - eye
    if not legacy:
        gaze = _where_too_short(gaze, gaze, tf.constant([0.0, 0.0, -1.0]))
    forward = gaze / tf.norm(gaze, axis=1, keepdims=True)
    to_side = tf.linalg.cross(forward, world_up)
    if not legacy:
        axis = tf.one_hot(tf.argmin(tf.abs(forward), axis=1), 3)
        to_side = _where_too_short(to_side, to_side, tf.linalg.cross(forward, axis))
    to_side = to_side / tf.norm(to_side, axis=1, keepdims=True)
    cam_up = tf.linalg.cross(to_side, forward)
    rotation = tf.stack([to_side, cam_up, -forward], axis=1)
    translation = -tf.linalg.matvec(rotation, eye)
    top = tf.concat([rotation, translation[..., None]], axis=2)
    bottom = tf.broadcast_to(tf.constant([0.0, 0.0, 0.0, 1.0]), tf.shape(top[:, :1]))
    return tf.concat([top, bottom], axis=1)


def euler_matrices(angles: TensorLike) -> tf.Tensor:
    """Makes rotations about x, then y, then z (XYZ Tait-Bryan angles).

    Args:
      angles: float32 [B, 3], radians about x, y and z.

    Returns:
      float32 [B, 4, 4].

    Raises:
      InvalidArgumentError: a wrong shape or dtype.
    """
    angles = inputs.as_tensor(angles, "angles", ("batch", 3))
    sx, sy, sz = tf.unstack(tf.sin(angles), axis=1)
    cx, cy, cz = tf.unstack(tf.cos(angles), axis=1)
    zero, one = tf.zeros_like(sx), tf.ones_like(sx)
    rows = [
        [cz * cy, cz * sy * sx - cx * sz, sz * sx + cz * cx * sy, zero],
        [cy * sz, cz * cx + sz * sy * sx, cx * sz * sy - cz * sx, zero],
        [-sy, cy * sx, cy * cx, zero],
        [zero, zero, zero, one],
    ]
    return _stack(rows)


def transform_homogeneous(matrices: TensorLike, vertices: TensorLike) -> tf.Tensor:
    """Applies matrices to points, which get w = 1.

    Args:
      matrices: float32 [B, 4, 4].
      vertices: float32 [B, V, 3].

    Returns:
      float32 [B, V, 4].

    Raises:
      InvalidArgumentError: a wrong shape or dtype.
    """
    matrices = inputs.as_tensor(matrices, "matrices", ("batch", 4, 4))
    vertices = inputs.as_tensor(vertices, "vertices", ("batch", "vertices", 3))
    # Appending ones to the vertices would cost more than the product.
    return tf.matmul(vertices, matrices[:, :, :3], transpose_b=True) + matrices[:, None, :, 3]


def _is_positive(values):
    return (values > 0) & np.isfinite(values)


def _stack(rows):
    """Makes matrices [B, 4, 4] from rows of entries [B]."""
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)


def _where_too_short(vectors, tested, replacement):
    """Replaces vectors [B, 3] where `tested` [B, 3] has no direction."""
    short = tf.reduce_sum(tf.square(tested), axis=1, keepdims=True) <= _SHORTEST**2
    return tf.where(short, replacement, vectors)
