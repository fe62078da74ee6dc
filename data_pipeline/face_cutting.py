"""Finds the face of a photograph, judges whether it is of use, and cuts it out."""

import dataclasses
import logging
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from data_pipeline import crop_variants
from data_pipeline.photographs import Photograph
from model.alignment import mirror_points, warp_photograph
from model.crop import Crop
from model.face_finding import FoundFace, NoFaceError, find_face
from model.identity.canonical_crops import square_crop
from storage.printable import printable

_LOG = logging.getLogger(__name__)
# How far around the box of a listing a second look reaches, as a part of its width and height.
_AROUND = 0.5


@dataclasses.dataclass(frozen=True)
class Acceptance:
    """What a face must be to be of use; by default every face that the detector finds is.

    Attributes:
      eye_distance: between the eyes in the photograph, in pixels.
      confidence: the detector's, 0..1.
      sharpness: the variance of the Laplacian of the aligned gray crop, in squared levels of
        0..255; portraits have hundreds, what is blurred beyond use has less than ten.
      trust_boxes: whether a box of a listing in which the detector finds nothing is taken for a
        face, with its five points where they lie in a box on average. Some such boxes hold no face.
    """

    eye_distance: float = 0.0
    confidence: float = 0.0
    sharpness: float = 0.0
    trust_boxes: bool = False

    @property
    def text(self) -> str:
        """The limits as the key of a cache has them; empty where there are none."""
        limits = dataclasses.asdict(self).items()
        return " ".join(f"{name}={float(value):g}" for name, value in limits if value)

    def check_face(self, face: FoundFace) -> None:
        """Refuses a face that is too small or too doubtful.

        Raises:
          ValueError: says what it lacks.
        """
        distance = float(np.linalg.norm(face.points[1] - face.points[0]))
        if distance < self.eye_distance:
            raise ValueError(f"face too small: the eyes are {distance:.1f} pixels apart")
        if face.confidence < self.confidence:
            raise ValueError(f"face too doubtful: confidence {face.confidence:.3f}")

    def check_crop(self, crop: np.ndarray) -> None:
        """Refuses an aligned crop, uint8 RGB [S, S, 3], that is blurred.

        Raises:
          ValueError: says how sharp it is.
        """
        if (found := sharpness(crop)) < self.sharpness:
            raise ValueError(f"face too blurred: sharpness {found:.1f}")


def sharpness(crop: np.ndarray) -> float:
    """The variance of the Laplacian of an image uint8 RGB [H, W, 3], in squared gray levels."""
    return float(cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def cut_face(
    photo: Photograph,
    detector: Callable[..., Sequence],
    crop: Crop,
    variants: Sequence[str] = tuple(v.text for v in crop_variants.VARIANTS),
    acceptance: Acceptance = Acceptance(),
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the face of a photograph and cuts it out.

    Args:
      photo: the photograph; where its listing has a box, the face in that box is meant.
      detector: finds the faces; see `model.face_finding`.
      crop: the crop of the recognition network.
      variants: which variants are cut, by the names in `data_pipeline.feature_cache.VARIANTS`.
      acceptance: what the face must be.

    Returns:
      Crops uint8 RGB [variants, S, S, 3] in the order of `variants`, and the five points, float32
      [5, 2], in pixels of the photograph.

    Raises:
      FileNotFoundError, ValueError: there is no readable photograph, or no face of use in it.
    """
    image = photo.read()
    face = _find(image, detector, photo, acceptance.trust_boxes)
    if face.others:
        _LOG.info("%s: %s", printable(photo.name), face.note())
    acceptance.check_face(face)
    if acceptance.sharpness:
        acceptance.check_crop(warp_photograph(image, face.points, crop))
    return cut_variants(image, face.points, crop, variants), face.points


def cut_variants(
    image: np.ndarray, points: np.ndarray, crop: Crop, variants: Sequence[str]
) -> np.ndarray:
    """Cuts variants of a face whose points are known: uint8 RGB [variants, S, S, 3].

    The photograph is mirrored, not its crop: the eyes of the mirror image belong to the canonical
    points of the other side, which need not be symmetric.

    Args:
      image: the photograph, uint8 RGB [H, W, 3].
      points: float32 [5, 2], the five points in its pixels.
      crop, variants: as for `cut_face`.
    """
    mirrored = np.ascontiguousarray(image[:, ::-1])
    sides = {
        "plain": (image, points),
        "mirrored": (mirrored, mirror_points(points, image.shape[1])),
    }
    crops = dict(zip(crop_variants.CROPS, crop_variants.cropped(crop), strict=True))
    chosen = [variant for variant in crop_variants.VARIANTS if variant.text in variants]
    cut = [warp_photograph(*sides[variant.side], crops[variant.crop]) for variant in chosen]
    size = crop.image_size
    return np.array(cut, np.uint8).reshape(-1, size, size, 3)


def _find(
    image: np.ndarray, detector: Callable[..., Sequence], photo: Photograph, trust_boxes: bool
) -> FoundFace:
    """Finds the face; where a listing has a box and nothing is in it, a second look is taken there.

    A face that is small in its photograph is larger where only its surroundings are searched.
    """
    try:
        return find_face(image, detector, photo.name, photo.box)
    except NoFaceError as error:
        if photo.box is None:
            raise
        found = _look_closer(image, detector, photo)
        if found is None and trust_boxes:
            found = FoundFace(points_in_box(photo.box), photo.box, 0.0, by_box=True)
        if found is None:
            raise error
        return found


def _look_closer(
    image: np.ndarray, detector: Callable[..., Sequence], photo: Photograph
) -> FoundFace | None:
    """Searches the surroundings of the box of a listing alone."""
    part, corner = _surroundings(image, photo.box)
    if not getattr(detector, "searches", False) or min(part.shape[:2]) < 2:
        return None
    shift = np.array([*corner, *corner])
    try:
        face = find_face(part, detector, photo.name, tuple(photo.box - shift))
    except NoFaceError:
        return None
    points, box = face.points + np.float32(corner), tuple((face.box + shift).tolist())
    return dataclasses.replace(face, points=points, box=box)


def points_in_box(box: Sequence[float]) -> np.ndarray:
    """Where the five points lie in a box on average, float32 [5, 2], in pixels.

    Listings box faces in other ways than our detector, some in squares. So the points are those of
    the square around the box's center that has the mean of its width and height.
    """
    left, top, right, bottom = box
    side = (right - left + bottom - top) / 2
    center = np.array([left + right, top + bottom]) / 2
    return np.float32(square_crop(1, 0.0).canonical_points() * side + center)


def _surroundings(image: np.ndarray, box: Sequence[float]) -> tuple[np.ndarray, tuple[int, int]]:
    """Cuts a box with its surroundings out of an image; also returns the place of its corner."""
    left, top, right, bottom = box
    margin = _AROUND * np.array([right - left, bottom - top])
    low = np.maximum(np.floor([left, top] - margin), 0).astype(int)
    high = np.maximum(np.ceil([right, bottom] + margin), 0).astype(int)
    part = image[low[1] : high[1] + 1, low[0] : high[0] + 1]
    return np.ascontiguousarray(part), (int(low[0]), int(low[1]))
