"""The names of the files of faces."""

import pathlib

import pytest

from data_pipeline.photographs import Photograph
from programs.face_formats import SUFFIXES
from programs.face_names import FurtherNames, output_names


def _paths(*names):
    return [pathlib.Path(name) for name in names]


def test_names_are_those_of_the_photographs():
    assert output_names(_paths("a/me.jpg", "b/you.png")) == ["me", "you"]


def test_equal_names_are_told_apart_by_folder_then_number():
    paths = _paths("anna/1.jpg", "berta/1.jpg", "x/anna/1.JPG", "2.jpg")
    names = output_names(paths)
    assert names == ["anna_1", "berta_1", "anna_1_2", "2"]


def test_names_that_differ_in_case_only_are_equal():
    names = output_names(_paths("a/Me.jpg", "b/me.jpg"))
    assert len({name.casefold() for name in names}) == 2


@pytest.mark.parametrize(
    "paths", [("bob.jpg", "bob_render.jpg"), ("bob_render.jpg", "bob.jpg"), ("a.jpg",) * 3]
)
def test_no_two_files_of_faces_share_a_name(paths):
    names = output_names(_paths(*paths))
    files = [name + suffix for name in names for suffix in SUFFIXES]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("my photo (1).jpg", "my_photo_1"),
        ("Zoë & Łukasz.png", "Zoë_Łukasz"),
        ("--help.jpg", "help"),
        ("???.jpg", "face"),
        ("line\nbreak.jpg", "line_break"),
    ],
)
def test_names_are_harmless(name, expected):
    assert output_names([pathlib.Path(name)]) == [expected]


def test_long_names_leave_room_for_endings():
    (name,) = output_names([pathlib.Path("界" * 84 + ".jpg")])
    assert len(f"{name}_coefficients.npz.partial".encode()) < 255


def test_bytes_that_are_no_text_become_harmless():
    assert output_names([pathlib.Path("b\udcff.jpg")]) == ["b"]


def test_further_faces_take_no_name_and_no_photograph(tmp_path):
    photo = tmp_path / "a_face3.png"
    names = FurtherNames(["a", "A_Face2"], [Photograph(photo, photo.name)], tmp_path)
    found = [names("a", 2), names("a", 3), names("a", 4)]
    assert found == ["a_face2_", "a_face3_", "a_face4"]


def test_ten_thousand_names_are_given_at_once():
    names = output_names([pathlib.Path(f"{k}.jpg") for k in range(10_000)])
    assert len(set(names)) == 10_000
