"""Measures where the detector sees the five points of faces, beside the landmarks.

The faces are photographs to which the face model was fitted, or renders where there are none.
"""

from typing import NamedTuple

import numpy as np
import scipy.optimize
import tensorflow as tf
from tqdm import tqdm

from data_pipeline.detection import Detector
from data_pipeline.synthetic import draw_face
from model.crop import FIVE_POINTS, MIRRORED_POINTS, Crop
from model.face_model_contents import FaceModelContents
from model.face_models.photographed.portraits import LandmarkedPortraits
from model.face_renderer import FaceRenderer
from model.fitting.landmark_fit import LandmarkFitter
from model.fitting.points_on_mesh import PointsOnMesh
from model.landmarks import five_points
from model.morphable_model import MorphableModel
from model.scene import SceneRanges, random_scene

# A loose crop with the face in its middle, as detectors want it.
LOOSE_CROP = Crop(
    image_size=256,
    point_indices=(0, 1, 2, 3, 4),
    points=((100, 106), (156, 106), (128, 134), (105, 162), (151, 162)),
)
_RANGES = SceneRanges(yaw_deg=25.0, pitch_deg=12.0, camera_distance=(1000.0, 3000.0))
MIN_FACES = 20


class MeasuredOffsets(NamedTuple):
    """Where a detector sees the five points of a face model.

    Attributes:
      offsets: float64 [5, 3] mm from the landmarks, in the face model's frame; symmetric.
      left_over: the median distance between the points and where the offsets put them, in pixels
        of the images: of `LOOSE_CROP` for renders, in which the eyes are 56 pixels apart.
      faces: how many faces it found.
    """

    offsets: np.ndarray
    left_over: float
    faces: int


def measure_offsets(
    model: MorphableModel, detector: Detector, faces: int, seed: int = 0
) -> MeasuredOffsets:
    """Renders random faces, detects them, and solves for one offset for each of the five points.

    Args:
      model: the face model.
      detector: finds the points.
      faces: how many random faces to look at.
      seed: the seed of the faces.

    Raises:
      ValueError: the detector found too few of the faces.
    """
    equations = []
    bar = tqdm(range(faces), desc="detecting rendered faces", unit="face", mininterval=5)
    renderer = FaceRenderer(model, LOOSE_CROP)
    for index in bar:
        equations += _equations_of_face(renderer, detector, seed, index)
    return _solve(equations, f"{faces} rendered faces")


def measure_offsets_on_photographs(
    face_model: FaceModelContents,
    model: MorphableModel,
    points: PointsOnMesh,
    portraits: LandmarkedPortraits,
    detector: Detector,
) -> MeasuredOffsets:
    """Fits the face model to photographs, detects these, and solves for the same offsets.

    Photographs are what the detector is for: renders have no hair, and it sees the depth of a nose
    or a mouth on them less well.

    Args:
      face_model: the face model with its expressions, since people on photographs smile.
      model: the same face model.
      points: where the dense landmarks lie on it.
      portraits: photographs with dense landmarks.
      detector: finds the points.

    Raises:
      ValueError: the detector found a single face on too few of the photographs.
    """
    fitter = LandmarkFitter(face_model, points)
    fit = fitter(portraits.points)
    landmarks = five_points(model, dict.fromkeys(FIVE_POINTS, (0.0, 0.0, 0.0)))
    bases = landmarks(fitter.vertices(fit)).numpy().astype(np.float64)
    equations = []
    bar = tqdm(range(len(portraits)), desc="detecting photographs", unit="photo", mininterval=5)
    for index in bar:
        detections = detector(portraits.image(index))
        if len(detections) == 1:
            pose, base = fit.pose[[index]], bases[index]
            right = detections[0].points - pose.project(base[None])[0]
            equations.append((_projection_rows(pose, base), right))
    return _solve(equations, f"{len(portraits)} photographs")


def _projection_rows(pose, base):
    """How the pixels of points [5, 3] move with them: float [5, 2, 3], by central differences."""
    steps = np.eye(3)
    moved = [
        pose.project((base + step)[None])[0] - pose.project((base - step)[None])[0]
        for step in steps
    ]
    return np.stack(moved, axis=-1) / 2


def _solve(equations, what):
    """Solves for the offsets of all faces at once."""
    if len(equations) < MIN_FACES:
        raise ValueError(f"the detector found {len(equations)} of {what}; {MIN_FACES} are needed")
    # Rows [faces, 5, 2, 3] and right sides [faces, 5, 2] to one system for each point.
    rows, right = (np.swapaxes(np.stack(part), 0, 1) for part in zip(*equations, strict=True))
    rows, right = rows.reshape(5, -1, 3), right.reshape(5, -1)
    offsets = _symmetric(np.stack(list(map(_solve_robustly, rows, right))))
    residuals = np.einsum("pnd,pd->pn", rows, offsets) - right
    left_over = np.median(np.hypot(*residuals.reshape(-1, 2).T))
    return MeasuredOffsets(offsets, float(left_over), len(equations))


def _equations_of_face(renderer, detector, seed, index):
    """Rows [5, 2, 3] and right sides [5, 2] of one random face; nothing if it was not found."""
    model = renderer.face_model
    sizes = model.shape_components, model.texture_components
    face = draw_face(seed, tf.constant(index, tf.int64), *sizes)
    scene = random_scene(face["scene_noise"][None], _RANGES)
    vertices = model.decode_shape(face["shape"][None])
    colors = model.decode_texture(face["texture"][None])
    image = renderer.render_meshes(vertices, colors, scene)[0, 0].numpy()
    detections = detector(np.uint8(image * 255 + 0.5))
    if len(detections) != 1:
        return []
    landmarks = five_points(model, dict.fromkeys(FIVE_POINTS, (0.0, 0.0, 0.0)))
    matrix = renderer.model_to_clip(vertices, scene)[0, 0].numpy()
    pairs = zip(landmarks(vertices)[0].numpy(), detections[0].points, strict=True)
    systems = [_linear_equations(matrix, base, pixel) for base, pixel in pairs]
    return [tuple(np.stack(part) for part in zip(*systems, strict=True))]


def _linear_equations(matrix, base, pixel):
    """Two equations in an offset, in pixels: base + offset is projected to the pixel."""
    ndc = (pixel + 0.5) * (2.0 / LOOSE_CROP.image_size) - 1.0
    ndc[1] *= -1.0
    w = matrix[3] @ np.append(base, 1.0)
    to_pixels = LOOSE_CROP.image_size / (2.0 * w)
    rows = (matrix[:2] - ndc[:, None] * matrix[3]) * to_pixels
    return rows[:, :3], -(rows @ np.append(base, 1.0))


def _solve_robustly(rows, right):
    """Solves rows @ x = right; a point that the detector misplaced by far counts little."""
    return scipy.optimize.least_squares(
        lambda x: rows @ x - right, np.zeros(3), lambda x: rows, loss="soft_l1"
    ).x


def _symmetric(offsets):
    mirrored = offsets[list(MIRRORED_POINTS)] * (-1.0, 1.0, 1.0)
    return (offsets + mirrored) / 2
