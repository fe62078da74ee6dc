"""Faces whose points may be wrong are looked at again."""

import dataclasses

import numpy as np
import pytest

import open_parts
from data_pipeline.detected_face import Detection
from data_pipeline.mtcnn_detector import MtcnnDetector
from data_pipeline.photographs import read_image
from data_pipeline.second_look import SecondLooks, agreement, is_doubtful, make_careful_detector
from model.face_finding import NoFaceError

POINTS = np.float32([[29.5, 40], [69.5, 40], [49.5, 60], [34.5, 80], [64.5, 80]])
FACE = Detection((19.5, 10.0, 79.5, 95.0), 0.999, POINTS)
IMAGE = np.zeros([100, 100, 3], np.uint8)


def moved(pixels):
    return dataclasses.replace(FACE, points=POINTS + np.float32(pixels))


def test_most_looks_are_right_and_their_median_is_taken():
    # The mouth lies 40 pixels below the eyes, so that 10 pixels are apart enough to differ.
    looks = [moved([0, 0]), moved([50, 0]), moved([2, 1]), moved([50, 3]), moved([4, 2])]
    face, count = agreement(looks)
    assert count == 3
    np.testing.assert_array_equal(face.points, POINTS + [2, 1])
    assert agreement([]) == (None, 0)
    assert [agreement([FACE, moved([0, away])])[1] for away in (9.9, 10.1)] == [2, 1]


@pytest.mark.parametrize(
    "change, doubtful",
    [
        ({}, False),
        ({"confidence": 0.98}, True),
        ({"points": POINTS * np.float32([0.7, 1])}, True),
        ({"points": POINTS[:, ::-1]}, True),
    ],
)
def test_doubtful_are_faces_that_are_turned_lie_or_are_uncertain(change, doubtful):
    assert is_doubtful(dataclasses.replace(FACE, **change)) == doubtful


class Looker:
    """Sees a face in the photograph, and in the looks whatever it is told, by their sizes."""

    spec = "looker"

    def __init__(self, first, see):
        self.first, self.see = first, see

    def __call__(self, image, name=""):
        return self.first

    def find_upright(self, image):
        return self.see(image.shape[0])


def scaled(size, face=FACE):
    factor = size / 100
    points = (face.points + 0.5) * factor - 0.5
    box = (np.array(face.box) + 0.5) * factor - 0.5
    return Detection(tuple(box.tolist()), face.confidence, points.astype(np.float32))


DOUBTED = dataclasses.replace(FACE, confidence=0.9)


def test_a_face_that_is_seen_again_stays_as_it_was():
    assert SecondLooks(Looker([DOUBTED], lambda size: [scaled(size)]))(IMAGE) == [DOUBTED]


def test_a_face_that_is_seen_elsewhere_is_moved_there():
    wrong = dataclasses.replace(DOUBTED, points=POINTS + np.float32([15, 0]))
    (found,) = SecondLooks(Looker([wrong], lambda size: [scaled(size)]))(IMAGE)
    np.testing.assert_allclose(found.points, POINTS, atol=1e-4)
    np.testing.assert_allclose(found.box, FACE.box, atol=1e-4)


def test_a_face_that_no_search_found_is_found_by_looks():
    (found,) = SecondLooks(Looker([], lambda size: [scaled(size)]))(IMAGE)
    np.testing.assert_allclose(found.points, POINTS, atol=1e-4)
    assert SecondLooks(Looker([], lambda size: []))(IMAGE) == []


@pytest.mark.parametrize("width, found", [(0.7, 1), (1.0, 0)])
def test_looks_that_are_less_sure_count_for_a_turned_face_alone(width, found):
    points = POINTS * np.float32([width, 1])
    unsure = dataclasses.replace(FACE, confidence=0.85, points=points)
    looks = SecondLooks(Looker([], lambda size: [scaled(size, unsure)]))
    assert len(looks(IMAGE)) == found


def test_a_face_that_each_look_sees_elsewhere_is_left_out(caplog):
    def see(size):
        return [scaled(size, moved([size / 4, 0]))]

    with pytest.raises(NoFaceError, match="shows both eyes"):
        SecondLooks(Looker([DOUBTED], see))(IMAGE)
    sure = dataclasses.replace(FACE, box=(0.0, 0.0, 5.0, 5.0))
    assert SecondLooks(Looker([DOUBTED, sure], see))(IMAGE, "group.jpg") == [sure]
    assert "group.jpg: one more face is left out" in caplog.text


def test_a_photograph_from_the_front_is_confirmed_and_one_that_lies_is_turned_back():
    detector = make_careful_detector()
    image = read_image(open_parts.PHOTOS / "us_congress_A000022.jpg")
    (upright,) = MtcnnDetector()(image)
    doubted = dataclasses.replace(upright, confidence=0.9)
    part = detector._again(image, doubted)
    np.testing.assert_array_equal(part.points, upright.points)
    (lying,) = detector(np.ascontiguousarray(np.rot90(image)))
    back = lying.turned_back(1, (image.shape[1], image.shape[0]))
    distance = np.linalg.norm(upright.points[1] - upright.points[0])
    np.testing.assert_allclose(back.points, upright.points, atol=0.1 * distance)
