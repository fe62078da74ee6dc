"""Which photographs are reconstructed, and what is never overwritten."""

import pytest
from PIL import Image

from data_pipeline.photographs import Photograph
from programs import reconstruction


def _image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), "gray").save(path)
    return path


def test_each_photograph_is_collected_once_and_no_result_is(tmp_path):
    first = _image(tmp_path / "photos" / "a.png")
    second = _image(tmp_path / "photos" / "sub" / "b.png")
    _image(tmp_path / "photos" / "out" / "a_render.png")
    arguments = [str(first), str(tmp_path / "photos"), str(second)]
    photos = reconstruction.collect(arguments, tmp_path / "photos" / "out")
    assert [photo.path for photo in photos] == [first, second]


def test_missing_argument(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such photograph or folder"):
        reconstruction.collect([str(tmp_path / "absent")], tmp_path)


def test_results_do_not_go_where_the_photographs_are(tmp_path):
    _image(tmp_path / "a.png")
    with pytest.raises(ValueError, match="need different folders"):
        reconstruction.collect([str(tmp_path)], tmp_path)


def test_a_photograph_is_not_overwritten_by_its_texture(tmp_path):
    path = _image(tmp_path / "me.png")
    with pytest.raises(ValueError, match="would be overwritten"):
        reconstruction.check_overwrites_no_photograph(
            [Photograph(path, "me.png")], ["me"], tmp_path
        )
