"""One definition of alignment for photographs and renders.

A recognition network sees a face through a 2-D similarity that takes the face's landmarks to the
canonical points of the network's crop. A photograph is warped by that similarity; for a render the
same similarity is multiplied into the projection matrix (`model.face_renderer`), so that the image
arrives aligned without resampling.
"""

from collections.abc import Callable

import cv2
import numpy as np
import tensorflow as tf

from model.crop import MIRRORED_POINTS, Crop

# Below this scale bilinear sampling skips pixels, so the photograph is shrunk by areas first.
_ALIASING_SCALE = 0.7


def crop_transform(
    points: tf.Tensor, crop: Crop, fit: Callable[..., tf.Tensor] | None = None
) -> tf.Tensor:
    """Finds the map that takes a face's landmarks nearest to their places in a crop.

    Args:
      points: float [..., P, 2], the landmarks of `crop.point_indices` in pixels of a photograph, or
        in any other plane.
      crop: the crop.
      fit: `similarity_transform`, or the same as a graph.

    Returns:
      float [..., 2, 3], matrices M such that M @ [x, y, 1] is in pixels of the crop. They are
      similarities. Those of a `BoxCrop` have no rotation, and are followed by its squeeze.
    """
    squeeze = tf.constant([[crop.aspect], [1.0]], points.dtype)
    target = tf.cast(crop.canonical_points(), points.dtype) * squeeze[:, 0]
    return (fit or similarity_transform)(points, target, crop.upright) / squeeze


def similarity_transform(source: tf.Tensor, target: tf.Tensor, upright: bool = False) -> tf.Tensor:
    """Finds the least-squares similarity: rotation, uniform scale, translation; no reflection.

    The gradient flows to both arguments and is finite where all source points coincide.

    Args:
      source: float [..., P, 2], the points to map.
      target: float [P, 2] or [..., P, 2], where each of them belongs.
      upright: whether to leave out the rotation.

    Returns:
      float [..., 2, 3], matrices M such that M @ [x, y, 1] is nearest to the target points.
    """
    target = tf.broadcast_to(target, tf.shape(source))
    source_center = tf.reduce_mean(source, axis=-2)
    target_center = tf.reduce_mean(target, axis=-2)
    p = source - source_center[..., None, :]
    q = target - target_center[..., None, :]
    # Coinciding points have no scale: the epsilon (far below a squared pixel) keeps 0 / 0 away.
    norm = tf.reduce_sum(p * p, axis=[-2, -1]) + 1e-12
    a = tf.reduce_sum(p * q, axis=[-2, -1]) / norm
    b = tf.reduce_sum(p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0], axis=-1) / norm
    b = tf.zeros_like(b) if upright else b
    linear = tf.stack([tf.stack([a, -b], -1), tf.stack([b, a], -1)], axis=-2)
    translation = target_center - tf.linalg.matvec(linear, source_center)
    return tf.concat([linear, translation[..., None]], axis=-1)


# One graph takes a third of the time of its operations one by one. It gets no crop: each object
# that is new to it would make it another graph.
_similarity_graph = tf.function(similarity_transform)


def warp_photograph(image: np.ndarray, points: np.ndarray, crop: Crop) -> np.ndarray:
    """Cuts a network's crop out of a photograph.

    Args:
      image: uint8 RGB [H, W, 3].
      points: float [5, 2], the face's `FIVE_POINTS` in pixels.
      crop: the crop that the network wants.

    Returns:
      uint8 RGB [S, S, 3] with S = crop.image_size; the border of the photograph is replicated.

    Raises:
      ValueError: the points do not span a face.
    """
    points = np.asarray(points, np.float64)[list(crop.point_indices)]
    if not np.all(np.isfinite(points)) or np.ptp(points, axis=0).max() < 1.0:
        raise ValueError(f"landmarks {points.tolist()} do not span a face of at least one pixel")
    if crop.upright:
        image, points = _on_its_feet(image, points, crop)
    matrix = crop_transform(tf.constant(points), crop, _similarity_graph).numpy()
    # The vertical scale, which no crop squeezes.
    scale = np.hypot(matrix[1, 0], matrix[1, 1])
    if scale < _ALIASING_SCALE:
        image, to_shrunk = _shrink(image, scale)
        matrix = (np.vstack([matrix, [0, 0, 1]]) @ np.linalg.inv(to_shrunk))[:2]
    size = (crop.image_size, crop.image_size)
    return cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _on_its_feet(
    image: np.ndarray, points: np.ndarray, crop: Crop
) -> tuple[np.ndarray, np.ndarray]:
    """Turns a photograph that lies on its side, for crops that keep the roll of a face."""
    target = tf.constant(crop.canonical_points(), tf.float64)
    matrix = similarity_transform(tf.constant(points), target).numpy()
    clockwise = round(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])) / 90) % 4
    for _ in range(clockwise):
        points = np.stack([image.shape[0] - 1 - points[:, 1], points[:, 0]], axis=-1)
        image = np.ascontiguousarray(np.rot90(image, -1))
    return image, points


def mirror_points(points: np.ndarray, image_width: int) -> np.ndarray:
    """Mirrors five points.

    Args:
      points: float [..., 5, 2], in pixels of a photograph.
      image_width: the photograph's width in pixels.

    Returns:
      float [..., 5, 2], the five points of the mirrored photograph in its pixels. The right eye
      of the mirrored face is the left one of the face.
    """
    mirrored = np.array(points)[..., list(MIRRORED_POINTS), :]
    mirrored[..., 0] = image_width - 1 - mirrored[..., 0]
    return mirrored


def _shrink(image: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Shrinks an image by areas; also returns the 3×3 map from old to new pixel coordinates."""
    height, width = image.shape[:2]
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    shrunk = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_AREA)
    sx, sy = new_width / width, new_height / height
    return shrunk, np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5], [0, 0, 1]])
