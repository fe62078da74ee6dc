"""Moves the points of a landmark file to where another detector sees them.

Two detectors differ by a constant, in the frame of the face: one sees the nose lower than the
other. Renders and shipped decoders are aligned to one of them, so the other's points are moved.
"""

import csv
import io
import os
import pathlib
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from data_pipeline.csv_rows import CsvTable
from data_pipeline.detection import POINT_COLUMNS, Detector, choose_face, points_of
from data_pipeline.photographs import read_image
from model.alignment import crop_transform
from model.crop import MIRRORED_POINTS
from model.identity.canonical_crops import FIVE_POINT_CROP
from storage.atomic import write_bytes

MIN_PHOTOGRAPHS = 20
# In the frame of the face, lengths are pixels of this crop.
_FRAME = FIVE_POINT_CROP.resized(128)


class MeasuredShifts(NamedTuple):
    """By how much two detectors differ.

    Attributes:
      shifts: float64 [5, 2], to the right and down in the frame of the face, in pixels of a crop
        of 128; symmetric. Added to the points of the file they give those of the detector.
      before, after: the median distance between the two, without and with the shifts.
      photographs: how many were compared.
    """

    shifts: np.ndarray
    before: float
    after: float
    photographs: int


def measure_shifts(
    table: CsvTable, folder: str | os.PathLike, detector: Detector, photographs: int
) -> MeasuredShifts:
    """Compares the points of a landmark file with those that a detector finds.

    Args:
      table: the file, with the columns of `LandmarkFile`.
      folder: where the photographs are that it names.
      detector: whose points to move to.
      photographs: how many to look at, spread over the file.

    Raises:
      ValueError: a point is no number, or too few photographs could be compared.
    """
    faces = [(name, points) for name, own in points_of(table).items() for points in own]
    chosen = np.unique(np.linspace(0, len(faces) - 1, photographs).round().astype(int))
    differences = []
    for index in tqdm(chosen if faces else [], unit="photo", mininterval=5):
        differences += _difference(*faces[index], folder, detector)
    if len(differences) < MIN_PHOTOGRAPHS:
        raise ValueError(
            f"{len(differences)} photographs with points have a face that the detector finds; "
            f"{MIN_PHOTOGRAPHS} are needed. Give the folder of the photographs that the file names"
        )
    differences = np.stack(differences)
    shifts = _symmetric(np.median(differences, axis=0))
    before, after = (
        float(np.median(np.linalg.norm(d, axis=-1))) for d in (differences, differences - shifts)
    )
    return MeasuredShifts(shifts, before, after, len(differences))


def _difference(name, points, folder, detector):
    """From the file's points to the detector's, in the frame of the face; nothing if not found."""
    try:
        image = read_image(pathlib.Path(folder, name))
    except (OSError, ValueError):
        return []
    box = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
    face = choose_face(detector(image, name), box)
    return [] if face is None else [(face.points - points) @ _to_frame(points).T]


def _to_frame(points):
    """The linear part [2, 2] of the similarity from a photograph to the frame of a face in it."""
    return crop_transform(tf.constant(points, tf.float64), _FRAME).numpy()[:, :2]


def _symmetric(shifts):
    mirrored = shifts[list(MIRRORED_POINTS)] * (-1.0, 1.0)
    return (shifts + mirrored) / 2


def move_points(points: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Adds shifts in the frame of the face to five points float [5, 2] of a photograph."""
    return points + shifts @ np.linalg.inv(_to_frame(points)).T


def write_moved(path: str | os.PathLike, table: CsvTable, shifts: np.ndarray, made_by: str) -> None:
    """Writes a landmark file with moved points.

    Args:
      path: the CSV file to write.
      table: the file to move; its other columns are kept.
      shifts: as in `MeasuredShifts`.
      made_by: what to write into the column `detector`.
    """
    moved = {name: [move_points(p, shifts) for p in own] for name, own in points_of(table).items()}
    first = table.rows[0][1]
    columns = [column for column in first if column is not None and column != "detector"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*columns, "detector"], extrasaction="ignore")
    writer.writeheader()
    for _, row in table.rows:
        points = moved[row["file"]].pop(0).ravel()
        numbers = dict(zip(POINT_COLUMNS, (f"{value:.2f}" for value in points), strict=True))
        writer.writerow(row | numbers | {"detector": made_by})
    write_bytes(path, text.getvalue().encode("utf-8", "surrogateescape"))
