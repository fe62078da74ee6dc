"""The five points of a face on the surface of a morphable model."""

import dataclasses

import numpy as np
import tensorflow as tf

from model.crop import FIVE_POINTS
from model.morphable_model import MorphableModel

# Each point is the middle of these landmarks of the face model, plus an offset.
_LANDMARKS = {
    "right_eye": ("right.eye.corner_outer", "right.eye.corner_inner"),
    "left_eye": ("left.eye.corner_outer", "left.eye.corner_inner"),
    "nose": ("center.nose.tip",),
    "right_mouth": ("right.lips.corner",),
    "left_mouth": ("left.lips.corner",),
}

# Where the detector (mtcnn) sees each point, relative to the landmarks: millimeters in the model's
# frame, averaged over rendered faces. Without them photographs and renders are aligned differently.
# Made by `python -m data_pipeline.calibrate_landmarks`.
DETECTOR_OFFSETS_MM = {
    "right_eye": (-0.3, 3.9, 3.6),
    "left_eye": (0.3, 3.9, 3.6),
    "nose": (0.0, -2.7, -0.7),
    "right_mouth": (0.1, 0.2, 0.9),
    "left_mouth": (-0.1, 0.2, 0.9),
}


@dataclasses.dataclass(frozen=True)
class FivePoints:
    """The `FIVE_POINTS` as means of vertices plus offsets.

    Attributes:
      vertex_indices: int32 [5, 2]; a point with one vertex has it twice.
      offsets: float32 [5, 3] mm.
    """

    vertex_indices: np.ndarray
    offsets: np.ndarray

    def __call__(self, vertices: tf.Tensor) -> tf.Tensor:
        """Vertices [B, N, 3] mm to points [B, 5, 3] mm."""
        pairs = tf.gather(vertices, self.vertex_indices, axis=1)
        return tf.reduce_mean(pairs, axis=2) + self.offsets


def five_points(
    face_model: MorphableModel, offsets_mm: dict[str, tuple[float, float, float]] | None = None
) -> FivePoints:
    """The five points of a face model, where the detector would put them.

    Args:
      face_model: a model with the Basel Face Model's landmark names.
      offsets_mm: an offset for each of `FIVE_POINTS`; the measured ones by default.

    Raises:
      ValueError: the model lacks one of the landmarks.
    """
    offsets_mm = DETECTOR_OFFSETS_MM if offsets_mm is None else offsets_mm
    names = [_LANDMARKS[point] for point in FIVE_POINTS]
    pairs = [face_model.landmark_indices((pair[0], pair[-1])) for pair in names]
    offsets = np.array([offsets_mm[point] for point in FIVE_POINTS], np.float32)
    return FivePoints(np.stack(pairs), offsets)
