"""MICC's layout, with its irregularities, and the frames of its videos."""

import cv2
import numpy as np
import pytest

from data_pipeline.scans.frames import read_frames
from data_pipeline.scans.micc import read_micc


def _jpeg(value, size=32):
    return cv2.imencode(".jpg", np.full((size, size, 3), value, np.uint8))[1].tobytes()


def _touch(path, data=b""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.fixture
def folder(tmp_path):
    one, two = tmp_path / "subject_01", tmp_path / "Subject_02"
    _touch(one / "Model/frontal1/obj/110920150325.obj")
    _touch(one / "Model/frontal1/obj/110920150325.ljson")
    _touch(one / "Model/frontal2/obj/110920150330.obj")
    _touch(one / "Model/frontal2/marks.ljson")
    _touch(one / "Video/Indoor-Cooperative.mjpg", _jpeg(10) + _jpeg(90) + _jpeg(200))
    _touch(one / "Video/PTZ-Indoor/clip.mpg")
    for k in (2, 10, 1):
        _touch(one / f"Video/PTZ-Outdoor/{k:03d}.jpg", _jpeg(k))
    _touch(two / "Model/sider/obj/1.OBJ")
    _touch(tmp_path / "subject_03/Model/frontal1/obj/readme.txt")
    _touch(tmp_path / "readme.txt")
    return tmp_path


def test_the_layout(folder):
    two, one = read_micc(folder)
    assert (one.name, two.name) == ("subject_01", "Subject_02")
    assert list(one.scans) == ["frontal1", "frontal2"] and list(two.scans) == ["sider"]
    assert one.scans["frontal1"].landmarks.name == "110920150325.ljson"
    assert one.scans["frontal2"].landmarks.name == "marks.ljson"
    assert two.scans["sider"].landmarks is None and not two.videos
    names = {condition: path.name for condition, path in one.videos.items()}
    assert names == {
        "cooperative": "Indoor-Cooperative.mjpg",
        "indoor": "clip.mpg",
        "outdoor": "PTZ-Outdoor",
    }


def test_folders_that_are_no_such_data_set(tmp_path):
    with pytest.raises(ValueError, match="has no subject_XX/Model/frontal1"):
        read_micc(tmp_path)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        read_micc(tmp_path / "absent")


def test_frames_of_a_video_and_of_a_folder(folder):
    one = read_micc(folder)[1]
    frames = dict(read_frames(one.videos["cooperative"]))
    assert [int(image.mean().round()) for image in frames.values()] == [10, 90, 200]
    assert list(dict(read_frames(one.videos["cooperative"], step=2))) == ["000000", "000002"]
    frames = list(read_frames(one.videos["outdoor"]))
    assert [name for name, _ in frames] == ["001.jpg", "002.jpg", "010.jpg"]
    with pytest.raises(ValueError, match="clip.mpg: not a readable video"):
        list(read_frames(one.videos["indoor"]))


def test_a_damaged_frame_is_reported_in_its_place(folder):
    place = folder / "subject_01/Video/PTZ-Outdoor"
    (place / "002.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    frames = dict(read_frames(place))
    assert "not a readable image" in frames["002.jpg"] and frames["001.jpg"].shape == (32, 32, 3)
