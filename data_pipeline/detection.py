"""Where the faces of a photograph are, and their five points.

A detector is called with an image and the photograph's name. It has a `spec`, a text that changes
whenever its results may change (for the keys of caches), and `no_face`, which says what it means
that it found none.
"""

import dataclasses
import importlib.metadata
import pathlib

import cv2
import mtcnn
import numpy as np
from mtcnn.stages import StageONet, StagePNet, StageRNet

from data_pipeline.csv_rows import read_csv
from model.crop import FIVE_POINTS
from storage.printable import printable

# Detection takes 0.1 s on a small photograph and grows with its area: 3.8 s at 3000 x 2000.
LONG_SIDE = 1024

# Smaller photographs are enlarged: at 48 pixels the points of 41 portraits moved by 0.9 pixels (in
# pixels of the 224 of the originals) when enlarged and by 1.4 as they were; at 16 none was found.
SHORT_SIDE = 224

# The first network of the cascade sees windows of 12 pixels, at a scale of at most 0.6.
_MIN_SIDE = 20


@dataclasses.dataclass(frozen=True)
class Detection:
    """One face in a photograph; pixel coordinates with integers at pixel centers.

    Attributes:
      box: left, top, right, bottom.
      confidence: 0..1.
      points: float32 [5, 2], the `FIVE_POINTS`.
    """

    box: tuple[float, float, float, float]
    confidence: float
    points: np.ndarray

    @property
    def area(self):
        """Area of the box in square pixels."""
        left, top, right, bottom = self.box
        return max(right - left, 0.0) * max(bottom - top, 0.0)


class MtcnnDetector:
    """MTCNN (Zhang et al. 2016) of the package `mtcnn`, with the weights that it brings.

    One photograph a call: the results of that package depend on what else is in a batch. Its points
    need no half-pixel shift: compared with those of mirror images they are off by 0.1 pixels in
    the middle of an image (its cropping makes that 0.6 at the borders).
    """

    no_face = "no face found"

    def __init__(self, long_side=LONG_SIDE, short_side=SHORT_SIDE):
        """Loads the weights.

        Args:
          long_side: photographs are shrunk until width and height are at most this many pixels.
          short_side: before that, they are enlarged until both are at least this many pixels.
        """
        self._long_side, self._short_side = long_side, short_side
        self._network = mtcnn.MTCNN(
            stages=[
                StagePNet(weights=_weights("pnet.lz4")),
                StageRNet(weights=_weights("rnet.lz4")),
                StageONet(weights=_weights("onet.lz4")),
            ]
        )
        version = importlib.metadata.version("mtcnn")
        self.spec = f"mtcnn {version} long_side={long_side} short_side={short_side}"

    def __call__(self, image, name=""):
        """Finds the faces of a photograph.

        Args:
          image: uint8 RGB [H, W, 3].
          name: ignored; detectors that look a photograph up need it.

        Returns:
          list of `Detection`, the largest face first.
        """
        del name
        resized, scale = self._resize(image)
        if min(resized.shape[:2]) < _MIN_SIDE:
            return []
        rows = self._network.detect_faces(resized, box_format="xyxy", output_type="numpy")
        detections = [_to_detection(row, scale) for row in rows]
        return sorted(detections, key=lambda face: (-face.area, face.box))

    def _resize(self, image):
        """Brings an image to a size that suits detection; returns it and (x scale, y scale)."""
        height, width = image.shape[:2]
        factor = max(1.0, self._short_side / min(height, width))
        factor = min(factor, self._long_side / max(height, width))
        size = max(1, round(width * factor)), max(1, round(height * factor))
        method = cv2.INTER_AREA if factor < 1.0 else cv2.INTER_LINEAR
        resized = cv2.resize(image, size, interpolation=method)
        return resized, np.array([size[0] / width, size[1] / height])


def _weights(name):
    """Returns the absolute path of a weight file of the installed package.

    Given a bare name, the package would unpickle a file of that name in the working directory.
    """
    path = pathlib.Path(mtcnn.__file__).resolve().parent / "assets" / "weights" / name
    if not path.is_file():
        raise FileNotFoundError(f"{path}: missing from the package mtcnn; reinstall it")
    return str(path)


def _to_detection(row, scale):
    """Converts `index, box, confidence, 5 x, 5 y` (the image's left eye first)."""
    points = np.stack([row[6:11], row[11:16]], axis=-1)
    corners = row[1:5].reshape(2, 2)
    left_top, right_bottom = (corners + 0.5) / scale - 0.5
    # The image's left eye is the subject's right eye: the order is that of FIVE_POINTS already.
    points = ((points + 0.5) / scale - 0.5).astype(np.float32)
    return Detection((*left_top.tolist(), *right_bottom.tolist()), float(row[5]), points)


class LandmarkFile:
    """Five points a photograph from a CSV file, with the interface of a detector.

    Columns: `file` (the photograph's name) and `<point>_x`, `<point>_y` for each of `FIVE_POINTS`,
    in pixels, integers at pixel centers; other columns are ignored.
    """

    no_face = "no row in the file of landmarks"

    def __init__(self, path):
        """Reads the file.

        Raises:
          FileNotFoundError: the file does not exist.
          ValueError: names the line and the column that is missing or no finite number.
        """
        columns = [f"{point}_{axis}" for point in FIVE_POINTS for axis in "xy"]
        table = read_csv(path, ["file", *columns])
        self._points = {}
        for line, row in table.rows:
            try:
                self._points[row["file"]] = _finite_points([row[column] for column in columns])
            except ValueError as error:
                raise ValueError(f"{printable(path)}:{line}: {error}") from error
        self.spec = f"landmarks {table.sha256}"

    def __call__(self, image, name=""):
        """Looks the photograph `name` up; returns one `Detection`, or none if it is not listed."""
        del image
        points = self._points.get(name)
        if points is None:
            return []
        box = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
        return [Detection(box, 1.0, points)]


def _finite_points(texts):
    """Ten numbers as text to float32 [5, 2]."""
    try:
        points = np.array([float(text) for text in texts], np.float32)
    except ValueError as error:
        raise ValueError(f"{error}; expected ten numbers") from error
    if not np.all(np.isfinite(points)):
        raise ValueError("landmarks must be finite")
    return points.reshape(5, 2)


def make_detector(landmarks=None):
    """Returns the detector of a `--landmarks` flag: that file, or MTCNN if there is none."""
    return LandmarkFile(landmarks) if landmarks else MtcnnDetector()


def choose_face(detections, box=None):
    """Chooses the face that a photograph is about.

    Args:
      detections: list of `Detection`.
      box: left, top, right, bottom of the face that a listing means, or None.

    Returns:
      The face that overlaps `box` most (intersection over union), without a box the largest one;
      None if there is no face, or none that touches the box.
    """
    if box is None:
        return max(detections, key=lambda face: face.area, default=None)
    best = max(detections, key=lambda face: _overlap(face.box, box), default=None)
    return best if best and _overlap(best.box, box) > 0 else None


def _overlap(a, b):
    """Intersection over union of two boxes."""
    area_a, area_b = ((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (area_a + area_b - shared) if shared else 0.0
