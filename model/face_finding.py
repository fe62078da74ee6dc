"""Finds the face that a photograph is about; the one way for training, evaluation and users.

A detector is any callable that takes a photograph (uint8 RGB [H, W, 3]) and its name, and returns
the faces in it with their `points`, `box` and `confidence`. Its attribute `no_face` is the sentence
for a photograph in which it found none.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

Box = tuple[float, float, float, float]
# Of `FoundFace.eye_ratio`: that of a face which is turned by about 60 degrees.
_PROFILE_RATIO = 0.55


class NoFaceError(ValueError):
    """No face was found in a photograph, or none where it should be."""


def eyes_to_mouth(points: np.ndarray) -> np.ndarray:
    """The way from the middle of the eyes to that of the mouth: float64 (x, y) in pixels.

    Args:
      points: [5, 2], the `model.crop.FIVE_POINTS` in pixels; x points right and y down.
    """
    points = np.asarray(points, np.float64)
    return points[3:].mean(axis=0) - points[:2].mean(axis=0)


def is_upright(points: np.ndarray) -> bool:
    """Whether a face stands: its mouth lies below its eyes rather than beside or above them.

    Args:
      points: [5, 2], as for `eyes_to_mouth`.
    """
    right, down = eyes_to_mouth(points)
    return bool(down > abs(right))


@dataclasses.dataclass(frozen=True)
class FoundFace:
    """The face that a photograph is about; pixel coordinates with integers at pixel centers.

    Attributes:
      points: float32 [5, 2], the `model.crop.FIVE_POINTS` in the photograph.
      box: left, top, right, bottom in the photograph.
      confidence: the detector's, 0..1.
      others: how many further faces the detector found in the photograph.
      by_box: whether a listing said where the face is; otherwise the largest face was taken.
    """

    points: np.ndarray
    box: Box
    confidence: float
    others: int = 0
    by_box: bool = False

    def note(self) -> str:
        """Says which of several faces was taken; the text is empty if there is one face."""
        if not self.others:
            return ""
        taken = "the one in the box of the listing" if self.by_box else "the largest one"
        return f"{self.others + 1} faces found; {taken} is taken"

    def eye_ratio(self) -> float:
        """The distance of the eyes by that from their middle to the mouth's, both in pixels.

        It is .87 on average where faces look at the camera, .74 if they are turned by 35 degrees,
        and .36 in profile.
        """
        right_eye, left_eye = np.asarray(self.points, np.float64)[:2]
        length = np.linalg.norm(eyes_to_mouth(self.points))
        return float(np.linalg.norm(left_eye - right_eye) / max(length, 1e-9))

    def profile_note(self) -> str:
        """Warns of a face that is turned far to a side; the text is empty if it is not."""
        if self.eye_ratio() >= _PROFILE_RATIO:
            return ""
        return "the face is turned far to a side, so what is hidden is a guess"

    def roll_note(self) -> str:
        """Warns of a face that does not stand; the text is empty if its mouth is below its eyes."""
        if is_upright(self.points):
            return ""
        return "the face lies on its side or upside down; if it does not, the detector was misled"

    @property
    def notes(self) -> tuple[str, ...]:
        """All that is to be said of the face."""
        return tuple(filter(None, (self.note(), self.profile_note(), self.roll_note())))


def find_face(
    image: np.ndarray, detector: Callable[..., Sequence], name: str = "", box: Box | None = None
) -> FoundFace:
    """Finds the largest face of a photograph, or the one that a listing means.

    Args:
      image: uint8 RGB [H, W, 3].
      detector: see above.
      name: the photograph's name, which some detectors look up.
      box: left, top, right, bottom of the face that a listing means, in pixels. The face that
        overlaps it most (intersection over union) is taken.

    Raises:
      NoFaceError: there is no face, or none that touches the box.
    """
    faces = detector(image, name)
    if not faces:
        raise NoFaceError(detector.no_face)
    if box is None:
        chosen = max(faces, key=lambda face: area(face.box))
    else:
        chosen = max(faces, key=lambda face: overlap(face.box, box))
        if not overlap(chosen.box, box) > 0:
            raise NoFaceError("no face in the box of the listing")
    others, by_box = len(faces) - 1, box is not None
    return FoundFace(chosen.points, chosen.box, chosen.confidence, others, by_box)


def find_all_faces(
    image: np.ndarray, detector: Callable[..., Sequence], name: str = ""
) -> list[FoundFace]:
    """Finds all faces of a photograph, the largest first; see `find_face`.

    Raises:
      NoFaceError: there is no face.
    """
    faces = sorted(detector(image, name), key=lambda face: -area(face.box))
    if not faces:
        raise NoFaceError(detector.no_face)
    return [FoundFace(face.points, face.box, face.confidence) for face in faces]


def area(box: Box) -> float:
    """The area of a box in square pixels."""
    left, top, right, bottom = box
    return max(right - left, 0.0) * max(bottom - top, 0.0)


def overlap(a: Box, b: Box) -> float:
    """The intersection of two boxes by their union, 0..1."""
    shared = area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    return shared / (area(a) + area(b) - shared) if shared else 0.0
