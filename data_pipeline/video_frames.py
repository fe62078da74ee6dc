"""Frames of videos as photographs."""

import dataclasses
import functools
import logging
import os
import pathlib

import cv2
import numpy as np

from data_pipeline.photographs import Photograph, files_below
from storage.printable import printable

_LOG = logging.getLogger(__name__)
# What OpenCV and FFmpeg print about a broken file says less than our own line.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
SUFFIXES = frozenset(".avi .m4v .mjpeg .mjpg .mkv .mov .mp4 .mpeg .mpg .webm .wmv".split())


@dataclasses.dataclass(frozen=True, slots=True)
class VideoFrame(Photograph):
    """A frame of a video; its name is the video's with the number of the frame behind a "#".

    Attributes:
      frame: its number; the first is 0.
    """

    frame: int = 0

    def read(self) -> np.ndarray:
        """Reads the frame, uint8 RGB [H, W, 3], upright as the video says.

        Raises:
          ValueError: the video cannot be read, or is shorter than it says.
        """
        return _opened(self.path).read(self.frame)

    def stamp(self) -> tuple:
        """What tells the video from another version of it, and the number."""
        return (*_stamp_of(self.path), self.frame)


def list_frames(folder: str | os.PathLike, every: int) -> list[VideoFrame]:
    """Lists every n-th frame of the videos below a folder, in the order of their names.

    The folder of a video is the identity of its frames, as it is that of a photograph. Videos that
    cannot be read are named in a warning.

    Args:
      folder: any folder.
      every: n.
    """
    folder = pathlib.Path(folder)
    frames = []
    for path in sorted(path for path in files_below(folder) if is_video(path)):
        relative = path.relative_to(folder)
        try:
            frames += frames_of(path, every, relative.as_posix(), relative.parent.name or None)
        except ValueError as error:
            _LOG.warning("%s", error)
    return frames


def is_video(path: pathlib.Path) -> bool:
    """Says whether a file's suffix is that of a video."""
    return path.suffix.lower() in SUFFIXES


def frames_of(
    path: pathlib.Path, every: int, name: str | None = None, identity: str | None = None
) -> list[VideoFrame]:
    """Lists every n-th frame of a video.

    Args:
      path: the video.
      every: n.
      name: what its frames are called before the "#"; by default the file's own name.
      identity: whose video it is.

    Raises:
      ValueError: it cannot be read.
    """
    name = name or path.name
    return [
        VideoFrame(path, f"{name}#{k:06d}", identity, frame=k)
        for k in range(0, _count(path), every)
    ]


class _Video:
    """An open video; frames that follow each other are read without going back."""

    def __init__(self, path: pathlib.Path):
        self._path = path
        self._capture, self._next = _open(path), 0

    def read(self, frame: int) -> np.ndarray:
        if frame < self._next:
            self._capture, self._next = _open(self._path), 0
        # Going to a frame by its number is exact for few formats; reading up to it is for all.
        while self._next <= frame:
            if not self._capture.grab():
                raise ValueError(f"{printable(self._path)}: the video ends at frame {self._next}")
            self._next += 1
        ok, image = self._capture.retrieve()
        if not ok or image is None:
            raise ValueError(f"{printable(self._path)}: frame {frame} cannot be decoded")
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


@functools.lru_cache(maxsize=1)
def _opened(path: pathlib.Path) -> _Video:
    return _Video(path)


@functools.lru_cache(maxsize=1)
def _stamp_of(path: pathlib.Path) -> tuple:
    return Photograph(path, path.name).stamp()


def _open(path: pathlib.Path) -> cv2.VideoCapture:
    # An absolute path is no address of a camera or a stream, whatever the file is called.
    capture = cv2.VideoCapture(os.fspath(path.resolve()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise ValueError(f"{printable(path)}: not a readable video")
    return capture


def _count(path: pathlib.Path) -> int:
    """How many frames a video has, as it says, or as can be counted where it does not."""
    capture = _open(path)
    said = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if said > 0:
        return said
    counted = 0
    while capture.grab():
        counted += 1
    return counted
