"""The frames of a video: those of a video file, or the pictures in a folder."""

import os
import pathlib
from collections.abc import Iterator

import cv2
import numpy as np

from data_pipeline.photographs import list_photographs, read_image
from data_pipeline.video_frames import SUFFIXES
from storage.printable import printable


def is_video(path: pathlib.Path) -> bool:
    """Whether a file is a video, by its suffix."""
    return path.suffix.lower() in SUFFIXES


def read_frames(path: str | os.PathLike, step: int = 1) -> Iterator[tuple[str, np.ndarray | str]]:
    """Reads each `step`-th frame of a video.

    Args:
      path: a video file, or a folder of frames.
      step: 1 for all frames.

    Yields:
      The frame's name, and its pixels uint8 RGB [H, W, 3]; or the reason why it cannot be read.

    Raises:
      FileNotFoundError: there is no such file or folder.
      ValueError: the file is no video.
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{printable(path)}: no such video or folder of frames")
    yield from _of_folder(path, step) if path.is_dir() else _of_video(path, step)


def _of_folder(path, step):
    for photo in list_photographs(path).photographs[::step]:
        try:
            yield photo.name, read_image(photo.path)
        except (OSError, ValueError) as error:
            yield photo.name, str(error)


def _of_video(path, step):
    # The library would take a name with % for a pattern of pictures.
    video = cv2.VideoCapture(os.fspath(path.absolute()), cv2.CAP_FFMPEG)
    try:
        if not video.isOpened():
            raise ValueError(f"{printable(path)}: not a readable video")
        number = 0
        while video.grab():
            if number % step == 0:
                good, image = video.retrieve()
                yield f"{number:06d}", image[..., ::-1].copy() if good else "not decodable"
            number += 1
        if not number:
            raise ValueError(f"{printable(path)}: a video without frames")
    finally:
        video.release()
