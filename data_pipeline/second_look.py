"""Looks again at faces whose points may be wrong, as those of heads in profile often are.

Of a head that is turned by 60 degrees or more mtcnn sometimes takes an ear for an eye, or its whole
side for a face that lies. Such points look like those of another head, so that nothing in them
tells: they fit a head's pose as well as right ones do. But they are not found again where the
photograph is mirrored or has another size, and right ones are.
"""

import os
from collections.abc import Sequence

import cv2
import numpy as np
from absl import logging

from data_pipeline.detected_face import Detection
from data_pipeline.detection import Detector, make_detector
from data_pipeline.mtcnn_detector import MtcnnDetector
from model.alignment import mirror_points
from model.face_finding import FoundFace, NoFaceError, eyes_to_mouth, overlap

# A face is looked at again if its confidence is smaller, or its `FoundFace.eye_ratio`, which is .74
# at 35 degrees. Of 812 portraits 49 are, all by the confidence.
_DOUBTFUL, _TURNED_RATIO = 0.985, 0.75
# The short sides in pixels of what is looked at: in all of them a head is found that fills it by
# half. Each is looked at as it is and mirrored.
_SIZES = (96, 128, 160, 192, 256, 320)
# What is looked at reaches so far from the middle of a face, as a part of its box's size.
_REACH = 1.2
# What a look sees counts from this confidence. So many have to agree, whose points are this far
# apart at most (root mean square, as a part of the distance from the eyes to the mouth).
_SURE, _AGREEING, _APART = 0.95, 4, 0.25
# mtcnn is less sure of heads in profile, also where it is right: of turned faces that is enough.
_SURE_OF_TURNED = 0.8
# A face from the front is confirmed by as many looks of any confidence that are so near to it. Of
# the 812 portraits one needs that, whose first confidence is .82.
_NEAR = 0.1
# What is said of a face without certain points.
_UNCERTAIN = (
    "is in full profile, or the detector was misled: it sees eyes, nose and mouth in other places "
    "at each look"
)


class SecondLooks:
    """A detector that looks again where mtcnn is in doubt, and finds no face where looks differ."""

    no_face, searches = MtcnnDetector.no_face, True

    def __init__(self, detector: MtcnnDetector):
        """Takes the detector that looks."""
        self._detector = detector
        self.spec = f"{detector.spec} doubtful faces by {_AGREEING} of {2 * len(_SIZES)} looks"

    def __call__(self, image: np.ndarray, name: str = "") -> list[Detection]:
        """Finds the faces of a photograph uint8 RGB [H, W, 3], the largest first.

        Raises:
          NoFaceError: there are faces, but of none the points are certain.
        """
        first = self._detector(image, name)
        if not first:
            return [face for face in [self._again(image, None)] if face]
        faces = [self._again(image, face) if is_doubtful(face) else face for face in first]
        certain = [face for face in faces if face]
        if not certain:
            raise NoFaceError(f"the face {_UNCERTAIN}; give a photograph that shows both eyes")
        if uncertain := len(faces) - len(certain):
            logging.warning("%s: %s", name or "image", _left_out(uncertain))
        return sorted(certain, key=lambda face: -face.area)

    def _again(self, image: np.ndarray, face: Detection | None) -> Detection | None:
        """What several looks at a face agree on, or at a whole photograph without one."""
        part, corner = (image, np.zeros(2)) if face is None else _around(image, face.box)
        shift = np.tile(corner, 2)
        box = None if face is None else tuple(np.array(face.box) - shift)
        sides = [0] if face is None or face.stands else [0, _turns_to_stand(face)]
        looks = [
            [_shifted(seen, corner) for seen in self._looks(part, turns, box)] for turns in sides
        ]
        # Looks at a face from the front only confirm it: its points are those of the training.
        if face is not None and not _is_turned(face):
            near = [sum(_distance(face, seen) < _NEAR for seen in side) for side in looks]
            if max(near) >= _AGREEING:
                return face
        found, count = _best_agreement(looks, _SURE)
        if count >= _AGREEING:
            return found
        found, count = _best_agreement(looks, _SURE_OF_TURNED)
        return found if count >= _AGREEING and _is_turned(found) else None

    def _looks(self, part, turns, box):
        """What is seen in several sizes, as it is and mirrored, after quarter turns."""
        turned = np.ascontiguousarray(np.rot90(part, turns))
        looks = [(size, mirrored) for size in _SIZES for mirrored in (False, True)]
        seen = [self._look(turned, *look) for look in looks]
        size = part.shape[1], part.shape[0]
        seen = [[face.turned_back(turns, size) for face in faces] for faces in seen]
        if box is not None:
            seen = [[face for face in faces if overlap(face.box, box) > 0] for faces in seen]
        return [max(faces, key=lambda face: face.area) for faces in seen if faces]

    def _look(self, part, size, mirrored):
        """The faces that stand in an image, when it is of a certain size."""
        scale = size / min(part.shape[:2])
        width, height = (max(1, round(side * scale)) for side in (part.shape[1], part.shape[0]))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = cv2.resize(part, (width, height), interpolation=method)
        image = np.ascontiguousarray(image[:, ::-1]) if mirrored else image
        faces = self._detector.find_upright(image)
        faces = [_mirrored(face, width) if mirrored else face for face in faces if face.stands]
        back = np.array([part.shape[1] / width, part.shape[0] / height])
        return [_scaled(face, back) for face in faces]


def is_doubtful(face: Detection) -> bool:
    """Whether a face is worth a second look: it is turned, does not stand, or is not certain."""
    return face.confidence < _DOUBTFUL or not face.stands or _is_turned(face)


def agreement(faces: Sequence[Detection]) -> tuple[Detection | None, int]:
    """What most of several looks at one face see.

    Returns:
      The face with the median of their points, boxes and confidences, and how many agree.
    """
    groups = [[other for other in faces if _distance(face, other) < _APART] for face in faces]
    if not groups:
        return None, 0
    most = max(groups, key=lambda group: (len(group), sum(face.confidence for face in group)))
    box, confidence, points = (
        np.median([getattr(face, field) for face in most], axis=0)
        for field in ("box", "confidence", "points")
    )
    return Detection(tuple(box.tolist()), float(confidence), points.astype(np.float32)), len(most)


def make_careful_detector(landmarks: str | os.PathLike | None = None) -> Detector:
    """Returns the detector for faces that people see: `make_detector`, which looks again.

    Training has no use for it: it would be another detector to caches that were made before.
    """
    detector = make_detector(landmarks)
    return SecondLooks(detector) if isinstance(detector, MtcnnDetector) else detector


def _best_agreement(looks, sure):
    """What most of the looks agree on whose confidence is at least `sure`, and how many do.

    Of a face that lies there are looks from two sides, of which the better one counts.
    """
    sides = ([seen for seen in side if seen.confidence >= sure] for side in looks)
    return max(map(agreement, sides), key=lambda one: one[1])


def _left_out(count: int) -> str:
    """Says that so many faces of a photograph are left out, though others are taken."""
    if count == 1:
        return f"one more face is left out, which {_UNCERTAIN}"
    return f"{count} more faces are left out; each {_UNCERTAIN}"


def _is_turned(face):
    return FoundFace(face.points, face.box, face.confidence).eye_ratio() < _TURNED_RATIO


def _distance(face, other):
    """How far apart the points of two faces are, in eye-to-mouth distances of the first one."""
    length = np.linalg.norm(eyes_to_mouth(face.points))
    apart = np.sqrt(np.mean(np.sum((face.points - other.points) ** 2, axis=1)))
    return apart / max(length, 1e-9)


def _turns_to_stand(face):
    """The counterclockwise quarter turns, 1 to 3, after which a face that lies stands."""
    right, down = eyes_to_mouth(face.points)
    if abs(right) < abs(down):
        return 2
    return 3 if right > 0 else 1


def _around(image, box):
    """Cuts the square around a box out of an image; also returns the place of its corner."""
    left, top, right, bottom = box
    middle = np.array([left + right, top + bottom]) / 2
    reach = _REACH * np.sqrt(max(right - left, 1.0) * max(bottom - top, 1.0))
    size = np.array([image.shape[1], image.shape[0]])
    low = np.clip(np.floor(middle - reach), 0, size - 1).astype(int)
    high = np.clip(np.ceil(middle + reach), low + 1, size).astype(int)
    return np.ascontiguousarray(image[low[1] : high[1], low[0] : high[0]]), low


def _shifted(face, corner):
    box = np.array(face.box) + np.tile(corner, 2)
    points = (face.points + corner).astype(np.float32)
    return Detection(tuple(box.tolist()), face.confidence, points)


def _mirrored(face, width):
    left, top, right, bottom = face.box
    box = (width - 1 - right, top, width - 1 - left, bottom)
    return Detection(box, face.confidence, mirror_points(face.points, width))


def _scaled(face, factor):
    box = (np.reshape(face.box, (2, 2)) + 0.5) * factor - 0.5
    points = (face.points + 0.5) * factor - 0.5
    return Detection(tuple(box.ravel().tolist()), face.confidence, points.astype(np.float32))
