"""Measures where the five points lie in the detector's box.

    python -m data_pipeline.calibrate_boxes

Networks that were trained on a detector's box see renders through the same crop as photographs: a
similarity of the five points. This command averages over photographs where the points lie in
mtcnn's box; its result belongs in `model.identity.canonical_crops`.
"""

import argparse
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

import command_line
import open_parts
from data_pipeline.detected_face import Detection
from data_pipeline.photographs import list_photographs, read_image
from model.crop import FIVE_POINTS, MIRRORED_POINTS
from storage.printable import printable


class MeasuredBoxes(NamedTuple):
    """Where the five points lie in boxes, on average.

    Attributes:
      points: float64 [5, 2], fractions of the box's width and height; symmetric.
      aspect: the box's width by its height.
      faces: how many were averaged.
    """

    points: np.ndarray
    aspect: float
    faces: int


def relative_points(face: Detection) -> np.ndarray:
    """The five points as fractions of the width and height of the box: float64 [5, 2]."""
    left, top, right, bottom = face.box
    return (face.points - np.array([left, top])) / np.array([right - left, bottom - top])


def measure_boxes(
    folder: str | pathlib.Path, detector: Callable[..., list[Detection]]
) -> MeasuredBoxes:
    """Averages the places of the points in the boxes of the largest faces that stand upright.

    Args:
      folder: of photographs.
      detector: finds the faces; see `data_pipeline.detection.Detector`.

    Raises:
      ValueError: no photograph has a face.
    """
    points, aspects = [], []
    for photo in tqdm(list_photographs(folder).photographs, unit="photo", mininterval=5):
        try:
            faces = detector(read_image(photo.path), photo.name)
        except ValueError as error:
            tqdm.write(str(error))
            continue
        if faces and faces[0].stands:
            left, top, right, bottom = faces[0].box
            points.append(relative_points(faces[0]))
            aspects.append((right - left) / (bottom - top))
    if not points:
        raise ValueError(f"{printable(folder)}: no face found in any photograph")
    mean = np.mean(points, axis=0)
    mirrored = (mean * (-1, 1) + (1, 0))[list(MIRRORED_POINTS)]
    return MeasuredBoxes((mean + mirrored) / 2, float(np.mean(aspects)), len(points))


def calibrate(options: argparse.Namespace) -> None:
    """Prints the places of the points."""
    command_line.import_tensorflow()
    from data_pipeline.mtcnn_detector import MtcnnDetector

    measured = measure_boxes(options.photos, MtcnnDetector())
    print(f"{measured.faces} faces, width / height of the box: {measured.aspect:.3f}")
    for name, (x, y) in zip(FIVE_POINTS, measured.points, strict=True):
        print(f"{name:12} ({x:.3f}, {y:.3f})")


def make_parser() -> command_line.ArgumentParser:
    """Makes the parser of the command."""
    parser = command_line.ArgumentParser(
        prog="python -m data_pipeline.calibrate_boxes",
        description="Measures where the five points lie in the detector's box.",
    )
    parser.add_argument(
        "--photos",
        default=open_parts.PHOTOS,
        help="folder of photographs; by default the embedded ones",
    )
    parser.set_defaults(run=calibrate)
    return parser


if __name__ == "__main__":
    command_line.run_subcommand("data_pipeline.calibrate_boxes", make_parser())
