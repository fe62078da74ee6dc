"""Where the faces of a photograph are, and their five points.

A detector is called with an image and the photograph's name, and returns a list of `Detection`. It
has a `spec`, a text that changes whenever its results may change (for the keys of caches),
`no_face`, which says what it means that it found none, and `searches`, whether it looks at the
image.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf
from absl import logging

from data_pipeline.csv_rows import CsvTable, read_csv
from data_pipeline.detected_face import Detection
from data_pipeline.feature_cache import FeatureCache
from data_pipeline.mtcnn_detector import MtcnnDetector
from model.alignment import similarity_transform
from model.crop import FIVE_POINTS, Crop
from model.identity.canonical_crops import FIVE_POINT_CROP
from storage.printable import printable


class Detector(Protocol):
    """What finds faces in photographs.

    Attributes:
      spec: a text that changes whenever the results may change.
      no_face: what it means that no face was found.
      searches: whether it looks at the image, so that a part of the image is worth another look.
    """

    spec: str
    no_face: str
    searches: bool

    def __call__(self, image: np.ndarray, name: str = "") -> list[Detection]:
        """Finds the faces of a photograph, the largest first.

        Args:
          image: uint8 RGB [H, W, 3].
          name: the photograph's name, for detectors that look it up.
        """


class PointsByName:
    """Points that were found before: a detector that looks a photograph up by its name."""

    searches = False

    def __init__(self, points: Mapping[str, Sequence[np.ndarray]], spec: str, no_face: str):
        """Takes the five points, float32 [5, 2], of each face of each photograph."""
        self._points = points
        self.spec, self.no_face = spec, no_face

    def __call__(self, image: np.ndarray | None, name: str = "") -> list[Detection]:
        """Returns the faces of the photograph `name`, the largest first; the image is ignored."""
        del image
        faces = [_around(points) for points in self._points.get(name, ())]
        return sorted(faces, key=lambda face: -face.area)


def _around(points):
    """A face of certain points; its box is as large as they ask for."""
    box = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
    return Detection(box, 1.0, points)


# The columns of the five points in a file of landmarks.
POINT_COLUMNS = tuple(f"{point}_{axis}" for point in FIVE_POINTS for axis in "xy")


class LandmarkFile(PointsByName):
    """Five points a face from a CSV file.

    Columns: `file` (the photograph's name) and `<point>_x`, `<point>_y` for each of `FIVE_POINTS`,
    in pixels, integers at pixel centers; other columns are ignored. A photograph of several faces
    has a row for each. The file may say which detector made it: in a column `detector`, or in a
    line `# detector: NAME` before the header.
    """

    def __init__(self, path: str | os.PathLike):
        """Reads the file.

        Raises:
          FileNotFoundError: the file does not exist.
          ValueError: names the line and the column that is missing or no finite number.
        """
        table = read_csv(path, ["file", *POINT_COLUMNS])
        try:
            points = points_of(table)
        except ValueError as error:
            raise ValueError(f"{printable(path)}:{error}") from error
        super().__init__(points, f"landmarks {table.sha256}", "no row in the file of landmarks")
        self.made_by = made_by(table)


def points_of(table: CsvTable) -> dict[str, list[np.ndarray]]:
    """The five points, float32 [5, 2], of each face of each photograph of a landmark file.

    Raises:
      ValueError: begins with the number of the line that is wrong.
    """
    points = {}
    for line, row in table.rows:
        try:
            own = _finite([row[name] for name in POINT_COLUMNS])
        except ValueError as error:
            raise ValueError(f"{line}: {error}") from error
        points.setdefault(row["file"], []).append(own)
    return points


def made_by(table: CsvTable) -> str:
    """The detector that a landmark file names; empty if it names none, several joined by "and"."""
    notes = [note.split(":", 1) for note in table.notes if ":" in note]
    names = [name.strip() for title, name in notes if title.strip().lower() == "detector"]
    names += [row.get("detector", "").strip() for _, row in table.rows]
    return " and ".join(dict.fromkeys(name for name in names if name))


def _finite(texts):
    """Ten numbers as text to float32 [5, 2]."""
    try:
        points = np.array([float(text) for text in texts], np.float32)
    except ValueError as error:
        raise ValueError(f"{error}; expected ten numbers") from error
    if not np.all(np.isfinite(points)):
        raise ValueError("landmarks must be finite")
    return points.reshape(5, 2)


class KnownPoints(PointsByName):
    """The five points of a cache of features, for a second network on the same photographs.

    So the photographs of an evaluation are searched once, and every network judges the same faces.
    """

    def __init__(self, cache: FeatureCache):
        """Takes the points of the photographs in `cache`; the others have no face."""
        points = {name: [own] for name, own in zip(cache.names, cache.points, strict=True)}
        super().__init__(points, cache.key.detector, "no face found before")


class AlignedFaces:
    """The points of images that are aligned already: they lie where the crop has them.

    The images may be of any size; each shows what the crop shows.
    """

    no_face = "no face"
    searches = False

    def __init__(self, crop: Crop):
        """Takes the crop by which the images were cut.

        Raises:
          ValueError: the crop squeezes faces, and so cannot be cut out of its own images.
        """
        if crop.aspect != 1.0:
            raise ValueError(
                "--aligned: this network sees faces squeezed into a square, and variants cannot be "
                "cut from such images; give photographs that are not cut, or another network"
            )
        self._crop = crop
        self.spec = f"aligned already by {crop}"

    def __call__(self, image: np.ndarray, name: str = "") -> list[Detection]:
        """Returns the one face of the image; points that the crop does not have lie where usual."""
        del name
        own = self._crop.canonical_points()
        usual = FIVE_POINT_CROP.canonical_points()
        indices = list(self._crop.point_indices)
        to_own = similarity_transform(tf.constant(usual[indices]), tf.constant(own)).numpy()
        points = usual @ to_own[:, :2].T + to_own[:, 2]
        points[indices] = own
        size = np.array([image.shape[1], image.shape[0]])
        points = (points + 0.5) * (size / self._crop.image_size) - 0.5
        return [_around(points.astype(np.float32))]


def make_detector(landmarks: str | os.PathLike | None = None) -> Detector:
    """Returns the detector of a `--landmarks` flag: that file, or MTCNN if there is none.

    Renders and the shipped decoder are aligned to MTCNN's points. A file of another detector puts
    photographs elsewhere, which is said.
    """
    if not landmarks:
        return MtcnnDetector()
    file = LandmarkFile(landmarks)
    if not file.made_by.startswith("mtcnn"):
        logging.warning(
            "%s: %s. Renders and the shipped decoder are aligned to the points of mtcnn; to move "
            "these there: python -m data_pipeline.calibrate_landmarks --landmarks=%s --photos=DIR "
            "--output=NEW.csv",
            printable(landmarks),
            f"was made by {file.made_by}"
            if file.made_by
            else "does not say by which detector it was made",
            printable(landmarks),
        )
    return file
