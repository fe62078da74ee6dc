"""The five points of a face on the surface of a morphable model, where the detector sees them.

A detector puts "the eye" or "the nose" a few millimeters off the landmarks of a face model.
Photographs are aligned by its points and renders by the model's, so each face model needs to know
that difference. `python -m data_pipeline.calibrate_landmarks` measures it and writes it into a file
beside the face model's: `NAME.landmarks.json` beside `NAME.h5`.
"""

import dataclasses
import functools
import hashlib
import json
import os
import pathlib

import numpy as np
import tensorflow as tf
from absl import logging

from model.crop import FIVE_POINTS
from model.morphable_model import MorphableModel
from storage.atomic import write_text
from storage.printable import printable

# For each of `FIVE_POINTS`: x, y and z in millimeters of the face model's frame.
Offsets = dict[str, tuple[float, float, float]]

# Each of `FIVE_POINTS` is the middle of these landmarks of the face model, plus an offset.
LANDMARKS = {
    "right_eye": ("right.eye.corner_outer", "right.eye.corner_inner"),
    "left_eye": ("left.eye.corner_outer", "left.eye.corner_inner"),
    "nose": ("center.nose.tip",),
    "right_mouth": ("right.lips.corner",),
    "left_mouth": ("left.lips.corner",),
}

# Where the detector (mtcnn) sees each point of the embedded face model, averaged over photographs
# to which it was fitted. Without them photographs and renders are aligned differently.
EMBEDDED_OFFSETS_MM: Offsets = {
    "right_eye": (-0.9, 2.2, 0.4),
    "left_eye": (0.9, 2.2, 0.4),
    "nose": (0.0, -3.8, -7.9),
    "right_mouth": (-1.3, 1.2, -1.2),
    "left_mouth": (1.3, 1.2, -1.2),
}
# Tells its mesh, as `mesh_digest` does.
EMBEDDED_MESH = "d04597266904ea8fe774bba7d2a458461214c626164d16fa51ad093b06042dc8"

FORMAT = "landmark offsets 1"
_COMMAND = "python -m data_pipeline.calibrate_landmarks --face_model="
_MAX_BYTES = 65536
# A larger offset is no detector's habit, but a mistake.
_MAX_MM = 40.0


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


def five_points(face_model: MorphableModel, offsets_mm: Offsets | None = None) -> FivePoints:
    """The five points of a face model, where the detector would put them.

    Args:
      face_model: a model with the Basel Face Model's landmark names.
      offsets_mm: an offset for each of `FIVE_POINTS`; by default those that were measured on the
        face model, or else on the embedded one.

    Raises:
      ValueError: the model lacks one of the landmarks.
    """
    offsets_mm = offsets_mm or face_model.detector_offsets_mm or EMBEDDED_OFFSETS_MM
    names = [LANDMARKS[point] for point in FIVE_POINTS]
    pairs = [face_model.landmark_indices((pair[0], pair[-1])) for pair in names]
    offsets = np.array([offsets_mm[point] for point in FIVE_POINTS], np.float32)
    return FivePoints(np.stack(pairs), offsets)


def offsets_path(face_model_path: str | os.PathLike) -> pathlib.Path:
    """The file of a face model's offsets: `NAME.landmarks.json` beside `NAME.h5`."""
    return pathlib.Path(face_model_path).with_suffix(".landmarks.json")


def mesh_digest(face_model: MorphableModel) -> str:
    """SHA-256 of what offsets are measured from: the triangles, and which vertices are landmarks.

    It is the same for a face model with fewer components or other colors, whose fingerprint is
    another but whose landmarks lie in the same places.
    """
    digest = hashlib.sha256(np.ascontiguousarray(face_model.triangles, np.int32).tobytes())
    names = sorted({name for pair in LANDMARKS.values() for name in pair})
    digest.update(repr([face_model.landmarks.get(name) for name in names]).encode())
    return digest.hexdigest()


def detector_offsets(face_model_path: str | os.PathLike, face_model: MorphableModel) -> Offsets:
    """The offsets of a face model that was read from a file.

    Args:
      face_model_path: the face model's file; its offsets are looked for beside it.
      face_model: what was read from it.

    Returns:
      The offsets in the file beside it. Without one, those of the embedded face model; that these
      were not measured on this mesh is said once.

    Raises:
      ValueError: the file beside it is damaged, or was measured on another mesh.
    """
    beside, mesh = offsets_path(face_model_path), mesh_digest(face_model)
    if beside.is_file():
        try:
            return _read(beside, mesh)
        # Deeply nested brackets end in the second of these.
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"{printable(beside)}: no offsets of landmarks: {error}; remove the file, or make "
                f"it again: {_COMMAND}{printable(face_model_path)}"
            ) from error
    if mesh != EMBEDDED_MESH:
        _say_not_measured(printable(face_model_path))
    return EMBEDDED_OFFSETS_MM


@functools.cache
def _say_not_measured(path):
    logging.warning(
        "%s: where the detector sees its eyes, nose and mouth was not measured; the embedded face "
        "model's offsets are used. To measure its own: %s%s",
        path,
        _COMMAND,
        path,
    )


def _read(path, mesh):
    with path.open("rb") as file:
        text = file.read(_MAX_BYTES)
    content = json.loads(text)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT!r}")
    if content.get("mesh") != mesh:
        raise ValueError("it was measured on another mesh than that of the face model beside")
    return _checked(content.get("offsets_mm"))


def _checked(offsets):
    """Three finite numbers for each of the five points, or a ValueError that names the point."""
    if not isinstance(offsets, dict):
        raise ValueError("it has no offsets_mm")
    checked = {}
    for point in FIVE_POINTS:
        value = offsets.get(point)
        numbers = isinstance(value, list) and all(type(x) in (int, float) for x in value)
        if not numbers or len(value) != 3 or not np.all(np.abs(value) <= _MAX_MM):
            raise ValueError(f"{point} is {value}, not three numbers within {_MAX_MM:g} mm")
        checked[point] = tuple(float(x) for x in value)
    return checked


def write_offsets(
    path: str | os.PathLike, face_model: MorphableModel, offsets_mm: Offsets, notes: dict
) -> None:
    """Writes the offsets of a face model.

    Args:
      path: the file, for example `offsets_path(face_model_path)`.
      face_model: what they were measured on.
      offsets_mm: the offsets.
      notes: what else a reader may want to know of how they were made, as JSON takes it.
    """
    content = {"format": FORMAT, "mesh": mesh_digest(face_model), **notes}
    content["offsets_mm"] = {point: list(offsets_mm[point]) for point in FIVE_POINTS}
    write_text(path, json.dumps(content, indent=2) + "\n")
