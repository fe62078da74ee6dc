"""Measures where the detector sees the five points, relative to the face model's landmarks.

    python -m data_pipeline.calibrate_landmarks

Detectors put "the eye" or "the nose" a few millimeters off the landmarks of a face model.
Photographs are aligned by the detector's points and renders by the model's, so the constant
difference would shift every render against its photograph. This command renders random faces,
detects them, and solves for one 3-D offset a point, which belongs into `model.landmarks`.
"""

import numpy as np
import scipy.optimize
import tensorflow as tf
from absl import app, flags
from tqdm import tqdm

import open_parts
from data_pipeline.mtcnn_detector import MtcnnDetector
from data_pipeline.synthetic import draw_face
from model.crop import FIVE_POINTS, MIRRORED_POINTS, Crop
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.landmarks import five_points
from model.scene import random_scene
from model.scene_ranges import SceneRanges

# A loose crop with the face in its middle, as detectors want it.
_CROP = Crop(
    image_size=256,
    point_indices=(0, 1, 2, 3, 4),
    points=((100, 106), (156, 106), (128, 134), (105, 162), (151, 162)),
)
_RANGES = SceneRanges(yaw_deg=25.0, pitch_deg=12.0, camera_distance=(1000.0, 3000.0))


def measure_offsets(
    renderer: FaceRenderer, detector: MtcnnDetector, faces: int, seed: int = 0
) -> tuple[np.ndarray, float]:
    """Solves for the offsets of the five points.

    Args:
      renderer: draws with landmarks that have no offset, or any other: the result replaces them.
      detector: finds the points.
      faces: how many random faces to look at.
      seed: of the faces.

    Returns:
      Offsets float64 [5, 3] mm, symmetric, and the median distance that they leave, in pixels.

    Raises:
      ValueError: the detector found too few of the faces.
    """
    model = renderer.face_model
    landmarks = five_points(model, dict.fromkeys(FIVE_POINTS, (0.0, 0.0, 0.0)))
    equations, values = [[] for _ in FIVE_POINTS], [[] for _ in FIVE_POINTS]
    for index in tqdm(range(faces), desc="detecting rendered faces", unit="face", mininterval=5):
        face = draw_face(seed, tf.constant(index, tf.int64), *_sizes(model))
        scene = random_scene(face["scene_noise"][None], _RANGES)
        vertices = model.decode_shape(face["shape"][None])
        colors = model.decode_texture(face["texture"][None])
        image = renderer.render_meshes(vertices, colors, scene)[0, 0].numpy()
        detections = detector(np.uint8(image * 255 + 0.5))
        if len(detections) != 1:
            continue
        matrix = renderer.model_to_clip(vertices, scene)[0, 0].numpy()
        base = landmarks(vertices)[0].numpy()
        for point, pixel in enumerate(detections[0].points):
            rows, right = _linear_equations(matrix, base[point], pixel, _CROP.image_size)
            equations[point].append(rows)
            values[point].append(right)
    found = len(equations[0])
    if found < 20:
        raise ValueError(f"the detector found {found} of {faces} rendered faces; 20 are needed")
    systems = [
        (np.concatenate(a), np.concatenate(b)) for a, b in zip(equations, values, strict=True)
    ]
    offsets = _symmetric(np.stack([_solve_robustly(*system) for system in systems]))
    residuals = [a @ offset - b for (a, b), offset in zip(systems, offsets, strict=True)]
    return offsets, float(np.median(np.hypot(*np.reshape(residuals, [-1, 2]).T)))


def _solve_robustly(rows: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solves rows @ x = right; a point that the detector misplaced by far counts little."""
    return scipy.optimize.least_squares(
        lambda x: rows @ x - right, np.zeros(3), lambda x: rows, loss="soft_l1"
    ).x


def _linear_equations(matrix: np.ndarray, base: np.ndarray, pixel: np.ndarray, size: int):
    """Two equations in the offset that say where base + offset is projected to, in pixels."""
    ndc = (pixel + 0.5) * (2.0 / size) - 1.0
    ndc[1] *= -1.0
    w = matrix[3] @ np.append(base, 1.0)
    to_pixels = size / (2.0 * w)
    rows = (matrix[:2] - ndc[:, None] * matrix[3]) * to_pixels
    return rows[:, :3], -(rows @ np.append(base, 1.0))


def _symmetric(offsets: np.ndarray) -> np.ndarray:
    mirrored = offsets[list(MIRRORED_POINTS)] * (-1.0, 1.0, 1.0)
    return (offsets + mirrored) / 2


def _sizes(model) -> tuple[int, int]:
    return model.shape_components, model.texture_components


def main(argv: list[str]) -> None:
    del argv
    model = load_face_model(flags.FLAGS.face_model)
    renderer = FaceRenderer(model, _CROP)
    offsets, left_over = measure_offsets(renderer, MtcnnDetector(), flags.FLAGS.faces)
    print("DETECTOR_OFFSETS_MM = {")
    for name, offset in zip(FIVE_POINTS, offsets, strict=True):
        print(f'    "{name}": ({", ".join(f"{x:.1f}" for x in offset)}),')
    print("}")
    eyes = _CROP.points[1][0] - _CROP.points[0][0]
    print(f"left over: {left_over:.2f} pixels in the median, with the eyes {eyes} pixels apart")


if __name__ == "__main__":
    flags.DEFINE_string("face_model", str(open_parts.FACE_MODEL), "Face model file.")
    flags.DEFINE_integer("faces", 200, "Rendered faces to measure on.", lower_bound=20)
    app.run(main)
