"""What the arguments of a command stand for."""

import cv2
import numpy as np
import pytest
from PIL import Image

from programs.photograph_arguments import collect, frame_of, label, shown


def _image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), "gray").save(path)
    return path


def _video(path, frames=7):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (32, 32))
    for k in range(frames):
        writer.write(np.full((32, 32, 3), 20 * k, np.uint8))
    writer.release()
    return path


def test_each_photograph_is_collected_once_and_no_result_is(tmp_path):
    first = _image(tmp_path / "photos" / "a.png")
    second = _image(tmp_path / "photos" / "sub" / "b.png")
    _image(tmp_path / "photos" / "out" / "a_render.png")
    arguments = [str(first), str(tmp_path / "photos"), str(second)]
    photos = collect(arguments, tmp_path / "photos" / "out", 30)
    assert [photo.path for photo in photos] == [first, second]


def test_patterns_that_the_shell_left(tmp_path):
    first = _image(tmp_path / "trip" / "a.png")
    second = _image(tmp_path / "trip" / "day" / "b.png")
    photos = collect([str(tmp_path / "trip" / "**" / "*.png")], tmp_path / "out", 30)
    assert [photo.path for photo in photos] == [first, second]
    # A folder that a pattern fits is a folder; results are never photographs.
    again = collect([str(tmp_path / "*")], tmp_path / "trip" / "day", 30)
    assert [photo.path for photo in again] == [first]
    assert len(collect([str(tmp_path / "trip" / "**")], tmp_path / "trip" / "day", 30)) == 1
    with pytest.raises(FileNotFoundError, match="no file fits this pattern"):
        collect([str(tmp_path / "trip" / "*.gif")], tmp_path / "out", 30)


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path):
    path = _image(tmp_path / "me[1].png")
    assert [photo.path for photo in collect([str(path)], tmp_path / "out", 30)] == [path]


def test_frames_of_videos_alone_and_in_folders(tmp_path):
    (tmp_path / "films").mkdir()
    video = _video(tmp_path / "films" / "me.avi")
    for argument in (video, tmp_path / "films"):
        photos = collect([str(argument)], tmp_path / "out", 3)
        assert [frame_of(photo) for photo in photos] == [0, 3, 6]
        assert shown(photos[1]) == f"{video}#000003"
        assert label(photos[1]).stem == "me_000003"
        assert abs(int(photos[2].read().mean()) - 120) < 5


def test_missing_argument(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such photograph, video or folder"):
        collect([str(tmp_path / "absent")], tmp_path, 30)


def test_a_video_that_is_none(tmp_path):
    (tmp_path / "me.mp4").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not a readable video"):
        collect([str(tmp_path / "me.mp4")], tmp_path / "out", 30)


def test_results_do_not_go_where_the_photographs_are(tmp_path):
    _image(tmp_path / "a.png")
    with pytest.raises(ValueError, match="need different folders"):
        collect([str(tmp_path)], tmp_path, 30)
