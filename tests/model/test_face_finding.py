"""Which face of a photograph is taken."""

import types

import numpy as np
import pytest

from model.face_finding import FoundFace, NoFaceError, find_face, overlap

IMAGE = np.zeros([100, 100, 3], np.uint8)


def face(*box):
    return types.SimpleNamespace(points=np.array(box[:2]), box=box, confidence=0.9)


SMALL, LARGE = face(0, 0, 10, 10), face(50, 50, 90, 90)


class Detector:
    no_face = "nobody here"

    def __init__(self, *faces):
        self.faces = list(faces)

    def __call__(self, image, name):
        return self.faces


def test_the_largest_face_is_taken_and_the_others_are_counted():
    found = find_face(IMAGE, Detector(SMALL, LARGE, SMALL))
    assert found.box == LARGE.box and found.others == 2 and found.confidence == 0.9
    assert found.note() == "3 faces found; the largest one is taken"
    alone = find_face(IMAGE, Detector(SMALL))
    assert alone.others == 0 and alone.note() == ""


def test_the_face_of_a_box_is_taken():
    found = find_face(IMAGE, Detector(LARGE, SMALL), box=(2, 2, 12, 12))
    assert found.box == SMALL.box
    assert found.note() == "2 faces found; the one in the box of the listing is taken"
    with pytest.raises(NoFaceError, match="no face in the box of the listing"):
        find_face(IMAGE, Detector(LARGE, SMALL), box=(20, 20, 40, 40))


def test_no_face_is_said_in_the_detectors_words():
    with pytest.raises(NoFaceError, match="nobody here"):
        find_face(IMAGE, Detector())


def test_points_on_a_line_are_a_face_all_the_same():
    assert find_face(IMAGE, Detector(face(3, 5, 3, 9))).box == (3, 5, 3, 9)


def test_overlap_is_intersection_by_union():
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 2, 2), (2, 0, 3, 2)) == 0 and overlap((0, 0, 2, 2), (0, 0, 2, 2)) == 1


@pytest.mark.parametrize("degrees, warned", [(0, False), (35, False), (80, True), (-80, True)])
def test_a_face_in_profile_is_told_by_its_eyes(degrees, warned):
    turn = np.radians(degrees)
    eye, mouth = 31 * np.cos(turn), 25 * np.cos(turn)
    points = np.array([[-eye, 0], [eye, 0], [0, 30], [-mouth, 70], [mouth, 70]])
    # Neither the size of the picture nor a lean of the head counts.
    lean = np.array([[0.8, 0.6], [-0.6, 0.8]]) * 3
    found = FoundFace(points @ lean, (0, 0, 1, 1), 0.9)
    assert bool(found.profile_note()) == warned
    assert found.notes == (found.profile_note(),) * warned


@pytest.mark.parametrize("degrees, warned", [(0, False), (40, False), (-50, True), (150, True)])
def test_a_face_that_does_not_stand_is_told_by_its_mouth(degrees, warned):
    points = np.array([[-31, 0], [31, 0], [0, 30], [-25, 70], [25, 70]])
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    found = FoundFace(points @ np.array([[cos, sin], [-sin, cos]]), (0, 0, 1, 1), 0.9)
    assert ["upside down" in note for note in found.notes] == [True] * warned
