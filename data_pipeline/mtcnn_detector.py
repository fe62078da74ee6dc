"""MTCNN: finds faces and their five points in photographs, whichever side is up."""

import importlib.metadata
import pathlib

import cv2
import mtcnn
import numpy as np
import tensorflow as tf
from mtcnn.stages import StageONet, StagePNet, StageRNet
from mtcnn.stages.base import StageBase

from data_pipeline.detected_face import Detection

# Detection takes time in proportion to a photograph's area.
LONG_SIDE = 1024

# Smaller photographs are enlarged: at 48 pixels the points of 41 portraits moved by 0.9 pixels (in
# pixels of the 224 of the originals) when enlarged and by 1.4 as they were; at 16 none was found.
SHORT_SIDE = 224

# In a third of the portraits that lie on a side mtcnn finds a face whose points are all misplaced,
# but seldom with the first of these confidences. Below it the other sides are searched. A face that
# is found there must have the second one to take the place of a face that stands upright. With
# these numbers none of 812 upright portraits gets another face, and of 139 that were laid on their
# left, on their right and upside down, 99 %, 96 % and 91 % get the face that they have when they
# stand.
_DOUBTFUL, _SURE = 0.985, 0.99

# The first network of the cascade sees windows of 12 pixels, at a scale of at most 0.6.
_MIN_SIDE = 20


class MtcnnDetector:
    """MTCNN (Zhang et al. 2016) of the package `mtcnn`, with the weights that it brings.

    It knows faces that stand upright, more or less. Where it finds none, or a doubtful one, the
    photograph is searched again on its other three sides: scans, and files that lost their EXIF
    tag, often lie. The points are those in the photograph as it lies.

    One photograph a call: the results of that package depend on what else is in a batch. Its points
    need no half-pixel shift: compared with those of mirror images they are off by 0.1 pixels in
    the middle of an image (its cropping makes that 0.6 at the borders).
    """

    no_face = "no face found"
    searches = True

    def __init__(self, long_side: int = LONG_SIDE, short_side: int = SHORT_SIDE):
        """Loads the weights.

        Args:
          long_side: photographs are shrunk until width and height are at most this many pixels.
          short_side: before that, they are enlarged until both are at least this many pixels.
        """
        self._long_side, self._short_side = long_side, short_side
        self._network = mtcnn.MTCNN(
            stages=[
                _as_graph(StagePNet(weights=_weights("pnet.lz4")), None),
                _as_graph(StageRNet(weights=_weights("rnet.lz4")), 24),
                _as_graph(StageONet(weights=_weights("onet.lz4")), 48),
            ]
        )
        version = importlib.metadata.version("mtcnn")
        self.spec = f"mtcnn {version} long_side={long_side} short_side={short_side} sides=4"

    def __call__(self, image: np.ndarray, name: str = "") -> list[Detection]:
        """Finds the faces of a photograph.

        Args:
          image: uint8 RGB [H, W, 3].
          name: ignored; detectors that look a photograph up need it.

        Returns:
          The faces on one side of the photograph, the largest first.
        """
        del name
        faces = self._find(image)
        if _stands(faces) and _surest(faces).confidence >= _DOUBTFUL:
            return faces
        others = [(self._find(np.ascontiguousarray(np.rot90(image, k))), k) for k in (1, 2, 3)]
        others = [(found, turns) for found, turns in others if _stands(found)]
        if not others:
            return faces
        found, turns = max(others, key=lambda side: _surest(side[0]).confidence)
        if _stands(faces) and _surest(found).confidence < _SURE:
            return faces
        size = image.shape[1], image.shape[0]
        return [face.turned_back(turns, size) for face in found]

    def _find(self, image):
        """Finds the faces that stand upright, the largest first."""
        return self.find_upright(*self._resize(image))

    def find_upright(
        self, image: np.ndarray, scale: np.ndarray | tuple[float, float] = (1.0, 1.0)
    ) -> list[Detection]:
        """Finds the faces that stand upright in an image as large as it is, the largest first.

        Args:
          image: uint8 RGB [H, W, 3].
          scale: by which it was enlarged in x and y. Faces are those of the image before.
        """
        if min(image.shape[:2]) < _MIN_SIDE:
            return []
        rows = self._network.detect_faces(image, box_format="xyxy", output_type="numpy")
        detections = [_to_detection(row, np.asarray(scale)) for row in rows]
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


def _as_graph(stage: StageBase, size: int | None) -> StageBase:
    """Lets a stage run its network, whose images are of one size or of any, as one graph.

    Layer by layer, as the package calls it, it takes four times as long for the same numbers.
    """
    images = tf.TensorSpec([None, size, size, 3], tf.float32)
    # The network as a whole, not its `call`: what Keras 2 and Keras 3 hand to that differs.
    stage._model = tf.function(stage.model, input_signature=[images], autograph=False)
    return stage


def _to_detection(row, scale):
    """Converts `index, box, confidence, 5 x, 5 y` (the image's left eye first)."""
    points = np.stack([row[6:11], row[11:16]], axis=-1)
    corners = row[1:5].reshape(2, 2)
    left_top, right_bottom = (corners + 0.5) / scale - 0.5
    # The image's left eye is the subject's right eye: the order is that of FIVE_POINTS already.
    points = ((points + 0.5) / scale - 0.5).astype(np.float32)
    return Detection((*left_top.tolist(), *right_bottom.tolist()), float(row[5]), points)


def _surest(faces):
    return max(faces, key=lambda face: face.confidence)


def _stands(faces):
    return bool(faces) and _surest(faces).stands
