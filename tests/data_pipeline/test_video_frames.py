"""Frames of videos as photographs."""

import cv2
import numpy as np
import pytest

from data_pipeline.photographs import list_photographs
from data_pipeline.video_frames import list_frames

LEVELS = np.arange(12) * 20


@pytest.fixture(name="folder")
def _folder(tmp_path):
    """A folder with a video whose frames are of a known gray, and what looks like one."""
    (tmp_path / "Ann").mkdir()
    path = tmp_path / "Ann" / "walk 50%d.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for level in LEVELS:
        writer.write(np.full([48, 64, 3], (level, level // 2, 0), np.uint8))
    writer.release()
    (tmp_path / "broken.mp4").write_bytes(b"not a video")
    cv2.imwrite(str(tmp_path / "still.png"), np.zeros([8, 8, 3], np.uint8))
    return tmp_path


def test_every_nth_frame_in_any_order(folder):
    frames = list_frames(folder, 5)
    assert [frame.name for frame in frames] == [f"Ann/walk 50%d.avi#{k:06d}" for k in (0, 5, 10)]
    assert {frame.identity for frame in frames} == {"Ann"}
    for k in (2, 0, 1, 1):
        image = frames[k].read()
        assert image.shape == (48, 64, 3) and image.dtype == np.uint8
        # RGB, where OpenCV wrote BGR.
        level = LEVELS[5 * k]
        np.testing.assert_allclose(image.mean(axis=(0, 1)), [0, level // 2, level], atol=4)


def test_frames_are_listed_with_photographs(folder):
    listing = list_photographs(folder, frames=list_frames(folder, 6))
    names = [photo.name for photo in listing.photographs]
    assert names == sorted(names) and names[-1] == "still.png" and len(names) == 3
    assert listing.passed_over == ((".mp4", 1),), "the broken video is no photograph"
    assert set(list_photographs(folder).passed_over) == {(".avi", 1), (".mp4", 1)}


def test_a_broken_video_is_one_line(folder, capfd, caplog):
    list_frames(folder, 6)
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder / 'broken.mp4'}: not a readable video"
    ]
    assert capfd.readouterr().err == ""


def test_stamps_tell_frames_and_files_apart(folder):
    first, second = list_frames(folder, 6)
    assert first.stamp() != second.stamp()
    assert first.stamp() == list_frames(folder, 6)[0].stamp()


def test_a_video_that_ends_early_is_an_error(folder):
    frame = list_frames(folder, 11)[-1]
    longer = type(frame)(frame.path, frame.name, frame=400)
    with pytest.raises(ValueError, match="ends at frame 12"):
        longer.read()
