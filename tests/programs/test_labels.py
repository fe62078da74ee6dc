"""Labels of photographs, as users write them, and what is wrong with others."""

import pathlib

import numpy as np
import pytest

import open_parts
from data_pipeline.photographs import read_photo_list
from programs.labels import read_labels

LABELS = pathlib.Path(__file__).parents[2] / "docs" / "skin_tone_labels.csv"


def _written(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_labels_are_found_by_name(tmp_path):
    path = _written(tmp_path, "# by eye\nfile,dark,sex\na.jpg, 1 ,f\nb/c.jpg,,m\nd.jpg,0,\n")
    labels = read_labels(path)
    assert labels.columns == ("dark", "sex")
    names = ["d.jpg", "b/c.jpg", "unknown.jpg", "a.jpg"]
    np.testing.assert_array_equal(labels.dark(names), [0, np.nan, np.nan, 1])
    assert labels.cells("sex", names) == ["", "m", "", "f"]
    assert read_labels(path, ["sex"]).columns == ("sex",)
    # Who is dark is known whatever the groups are.
    assert read_labels(path, ["sex"]).dark(["a.jpg"]) == 1
    assert read_labels(_written(tmp_path, "file,sex\na.jpg,f\n")).dark(["a.jpg"]) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,dark\na,1\n", "no column"),
        ("file\na.jpg\n", "needs rows, and a column but 'file'"),
        ("file,dark\n", "needs rows"),
        ("file,dark\na.jpg,yes\n", r"labels.csv:2: 'dark' is 'yes'; write 1, 0 or nothing"),
        ("file,dark\na.jpg,1\nb.jpg,1\na.jpg,0\n", r"labels.csv:4: a.jpg is labeled twice"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_labels(_written(tmp_path, text))


def test_an_absent_column_is_named(tmp_path):
    path = _written(tmp_path, "file,dark\na.jpg,1\n")
    with pytest.raises(ValueError, match="age"):
        read_labels(path, ["age"])


def test_labels_of_other_photographs_are_refused(tmp_path):
    labels = read_labels(_written(tmp_path, "file,dark\na.jpg,1\n"))
    labels.check_names(["b.jpg", "a.jpg"])
    with pytest.raises(ValueError, match=r"names such as a.jpg, and a photograph is x/a.jpg"):
        labels.check_names(["x/a.jpg"])


def test_the_labels_of_our_photographs_can_be_read():
    labels = read_labels(LABELS)
    names = read_photo_list(open_parts.PHOTOS / "splits.csv", "test")
    assert set(labels.dark(names)) == {0, 1}
    assert labels.columns == ("dark",)
