"""What the arguments of a command stand for: photographs, folders, patterns and videos."""

import glob
import pathlib
import sys
from collections.abc import Sequence

from data_pipeline.photographs import Photograph, list_photographs
from data_pipeline.video_frames import VideoFrame, frames_of, is_video, list_frames
from programs.output_folder import check_apart, without_results
from storage.printable import printable


def collect(arguments: Sequence[str], output: pathlib.Path, video_every: int) -> list[Photograph]:
    """Gathers the photographs that arguments stand for, each once.

    Args:
      arguments: files of photographs and of videos, folders, and patterns such as "trip/*.jpg",
        for shells that leave them as they are ("**" stands for any folders).
      output: the folder of the results; what lies in it is no photograph.
      video_every: of videos every n-th frame counts.

    Raises:
      FileNotFoundError: an argument is none of these, or a pattern fits nothing.
      ValueError: a folder has no photograph, or is where the results go; a video cannot be read.
    """
    photos = {}
    for path in _paths(arguments, output.resolve()):
        for photo in _photographs(path, output, video_every):
            photos.setdefault((photo.path.resolve(), frame_of(photo)), photo)
    return list(photos.values())


def frame_of(photo: Photograph) -> int | None:
    """The number of a frame in its video; None for a photograph."""
    return photo.frame if isinstance(photo, VideoFrame) else None


def shown(photo: Photograph) -> str:
    """What a photograph is called in messages: its path, and for a frame "#" and its number."""
    frame = frame_of(photo)
    return printable(photo.path) + ("" if frame is None else f"#{frame:06d}")


def label(photo: Photograph) -> pathlib.Path:
    """The path after which a photograph's files are named; frames have their number in it."""
    frame = frame_of(photo)
    if frame is None:
        return photo.path
    return photo.path.with_name(f"{photo.path.stem}_{frame:06d}{photo.path.suffix}")


def _paths(arguments, output):
    for argument in arguments:
        path = pathlib.Path(argument)
        if path.exists() or not glob.has_magic(argument):
            yield path
            continue
        found = map(pathlib.Path, sorted(glob.glob(argument, recursive=True)))
        found = [path for path in found if not path.resolve().is_relative_to(output)]
        if not found:
            raise FileNotFoundError(f"{printable(argument)}: no file fits this pattern")
        yield from found


def _photographs(path, output, video_every):
    if path.is_dir():
        return _in_folder(path, output, video_every)
    if not path.exists():
        raise FileNotFoundError(f"{printable(path)}: no such photograph, video or folder")
    if is_video(path):
        return frames_of(path, video_every)
    return [Photograph(path, path.name)]


def _in_folder(folder, output, video_every):
    check_apart(output, folder)
    frames = list_frames(folder, video_every)
    listing = list_photographs(folder, frames=frames)
    if not frames and (summary := listing.passed_over_summary()):
        print(f"{printable(folder)}: {summary}", file=sys.stderr)
    return without_results(listing, output).photographs
