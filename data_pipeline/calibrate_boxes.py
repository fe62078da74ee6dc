"""Measures where the five points lie in the detector's box.

    python -m data_pipeline.calibrate_boxes

Networks that were trained on a detector's box see renders through the same crop as photographs: a
similarity of the five points. This command averages over photographs where these lie in mtcnn's
box; its result belongs into `model.identity.canonical_crops`.
"""

import pathlib

import numpy as np
from absl import app, flags
from tqdm import tqdm

import open_parts
from data_pipeline.detected_face import Detection
from data_pipeline.mtcnn_detector import MtcnnDetector
from data_pipeline.photographs import list_photographs, read_image
from model.crop import FIVE_POINTS, MIRRORED_POINTS
from storage.printable import printable


def relative_points(face: Detection) -> np.ndarray:
    """The five points as fractions of the box's width and height, float64 [5, 2]."""
    left, top, right, bottom = face.box
    return (face.points - np.array([left, top])) / np.array([right - left, bottom - top])


def measure_boxes(
    folder: str | pathlib.Path, detector: MtcnnDetector
) -> tuple[np.ndarray, float, int]:
    """Averages the places of the points in the boxes of the largest faces.

    Returns:
      Fractions float64 [5, 2], made symmetric; the box's width by its height; the number of faces.
    """
    points, aspects = [], []
    for photo in tqdm(list_photographs(folder).photographs, unit="photo", mininterval=5):
        faces = detector(read_image(photo.path))
        if faces:
            left, top, right, bottom = faces[0].box
            points.append(relative_points(faces[0]))
            aspects.append((right - left) / (bottom - top))
    if not points:
        raise ValueError(f"{printable(folder)}: no face found in any photograph")
    mean = np.mean(points, axis=0)
    mirrored = (mean * (-1, 1) + (1, 0))[list(MIRRORED_POINTS)]
    return (mean + mirrored) / 2, float(np.mean(aspects)), len(points)


def main(_):
    points, aspect, faces = measure_boxes(flags.FLAGS.photos, MtcnnDetector())
    print(f"{faces} faces, width / height of the box: {aspect:.3f}")
    for name, (x, y) in zip(FIVE_POINTS, points, strict=True):
        print(f"{name:12} ({x:.3f}, {y:.3f})")


if __name__ == "__main__":
    flags.DEFINE_string("photos", str(open_parts.PHOTOS), "Folder of photographs.")
    app.run(main)
