"""Which faces are accepted, and where they are looked for."""

import numpy as np
import pytest

import open_parts
from data_pipeline.detected_face import Detection
from data_pipeline.detection import AlignedFaces, LandmarkFile
from data_pipeline.face_cutting import Acceptance, cut_face, points_in_box, sharpness
from data_pipeline.photographs import Photograph, list_photographs, read_image
from model.alignment import warp_photograph
from model.identity.canonical_crops import EYES_CROP, FIVE_POINT_CROP, margin_crop, square_crop

PHOTO = list_photographs(open_parts.PHOTOS).photographs[0]
LANDMARKS = LandmarkFile(open_parts.LANDMARKS)


class Finds:
    """Finds one face where it is told, of certain confidence."""

    spec, no_face, searches = "fake", "no face found", True

    def __init__(self, find):
        self.find, self.images = find, []

    def __call__(self, image, name=""):
        self.images.append(image)
        return self.find(image)


def face_at(left, top, size, confidence=0.9):
    points = np.float32(
        [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.75], [0.65, 0.75]]
    ) * size + np.float32([left, top])
    return Detection((left, top, left + size, top + size), confidence, points)


def test_a_face_that_is_too_small_or_doubtful_is_rejected():
    detector = Finds(lambda image: [face_at(50, 40, 60)])
    cut_face(PHOTO, detector, FIVE_POINT_CROP, (), Acceptance(eye_distance=23.9, confidence=0.9))
    with pytest.raises(ValueError, match="too small: the eyes are 24.0 pixels apart"):
        cut_face(PHOTO, detector, FIVE_POINT_CROP, (), Acceptance(eye_distance=24.1))
    with pytest.raises(ValueError, match="too doubtful: confidence 0.900"):
        cut_face(PHOTO, detector, FIVE_POINT_CROP, (), Acceptance(confidence=0.95))


def test_a_blurred_face_is_rejected(tmp_path):
    crops, _ = cut_face(PHOTO, LANDMARKS, FIVE_POINT_CROP, ("plain",))
    sharp = sharpness(crops[0])
    gray = sharpness(np.full([32, 32, 3], 90, np.uint8))
    assert gray == 0.0 and sharp > 50
    cut_face(PHOTO, LANDMARKS, FIVE_POINT_CROP, (), Acceptance(sharpness=sharp - 1))
    with pytest.raises(ValueError, match="too blurred: sharpness"):
        cut_face(PHOTO, LANDMARKS, FIVE_POINT_CROP, (), Acceptance(sharpness=sharp + 1))


def test_what_is_accepted_is_part_of_the_key():
    assert Acceptance().text == ""
    assert Acceptance(10.0, trust_boxes=True).text == "eye_distance=10 trust_boxes=1"


def boxed(*box):
    return Photograph(PHOTO.path, PHOTO.name, None, box)


def test_a_second_look_is_taken_around_the_box_of_the_listing():
    def find(image):
        # Found only where the photograph was cut to the surroundings of the box: 80 pixels square.
        return [face_at(25, 22, 36)] if image.shape[:2] == (81, 81) else []

    detector = Finds(find)
    box = (80.0, 70.0, 120.0, 110.0)
    _, points = cut_face(boxed(*box), detector, FIVE_POINT_CROP, ("plain",))
    np.testing.assert_allclose(points, face_at(25 + 60, 22 + 50, 36).points, atol=1e-4)
    whole = read_image(PHOTO.path)
    np.testing.assert_array_equal(detector.images[1], whole[50:131, 60:141])


@pytest.mark.parametrize("box", [(300.0, 300.0, 340.0, 340.0), (-90.0, -90.0, -40.0, -40.0)])
def test_a_box_beside_the_photograph_is_rejected(box):
    with pytest.raises(ValueError, match="no face found"):
        cut_face(boxed(*box), Finds(lambda image: []), FIVE_POINT_CROP, ("plain",))


def test_boxes_are_trusted_where_asked_for():
    box, nothing = (80.0, 70.0, 120.0, 110.0), Finds(lambda image: [])
    with pytest.raises(ValueError, match="no face found"):
        cut_face(boxed(*box), nothing, FIVE_POINT_CROP, ("plain",))
    accepted = Acceptance(trust_boxes=True)
    _, points = cut_face(boxed(*box), nothing, FIVE_POINT_CROP, ("plain",), accepted)
    np.testing.assert_array_equal(points, points_in_box(box))
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    assert 80 < left < right < 120 and 70 < top < bottom < 110
    with pytest.raises(ValueError, match="no face found"):
        cut_face(PHOTO, nothing, FIVE_POINT_CROP, ("plain",), accepted)


@pytest.mark.parametrize("crop", [FIVE_POINT_CROP, EYES_CROP, square_crop(64, 0.3)])
@pytest.mark.parametrize("scale", [1, 2])
def test_aligned_crops_are_taken_as_they_are(crop, scale):
    (face,) = LANDMARKS(None, PHOTO.name)
    large = crop.resized(crop.image_size * scale)
    aligned = warp_photograph(read_image(PHOTO.path), face.points, large)
    (found,) = AlignedFaces(crop)(aligned)
    again = warp_photograph(aligned, found.points, crop)
    expected = warp_photograph(read_image(PHOTO.path), face.points, crop)
    inside = np.s_[4:-4, 4:-4]
    difference = np.abs(again.astype(float) - expected)[inside].mean()
    assert difference < (1.0 if scale == 1 else 4.0)


def test_squeezed_crops_cannot_be_cut_again():
    with pytest.raises(ValueError, match="squeezed into a square"):
        AlignedFaces(margin_crop(64, 10))
