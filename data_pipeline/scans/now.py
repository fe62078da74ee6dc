"""The layout of the NoW benchmark's validation data.

imagepathsvalidation.txt                       a line `subject/challenge/picture.jpg` for each
NoW_Dataset/final_release_version/iphone_pictures/<subject>/<challenge>/<picture>.jpg
scans/<subject>/*.obj                          one scan of each subject, in mm
scans_lmks_onlypp/<subject>/*.pp               its seven landmarks
"""

import dataclasses
import os
import pathlib

from storage.printable import printable

IMAGE_LIST = "imagepathsvalidation.txt"
PICTURES = "NoW_Dataset/final_release_version/iphone_pictures"
SCANS, LANDMARKS = "scans", "scans_lmks_onlypp"
CHALLENGES = ("multiview_neutral", "multiview_expressions", "multiview_occlusions", "selfie")
# The order of the landmarks among the 68 points, from 0: right eye's outer and inner corner, left
# eye's inner and outer corner, bottom of the nose, right and left corner of the mouth.
SEVEN_OF_68 = (36, 39, 42, 45, 33, 48, 54)


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture of the benchmark.

    Attributes:
      subject, challenge: whose it is, and under which condition.
      path: the file.
      scan: the subject's scan.
      landmarks: the scan's seven landmarks.
    """

    subject: str
    challenge: str
    path: pathlib.Path
    scan: pathlib.Path
    landmarks: pathlib.Path

    def prediction(self, folder: pathlib.Path) -> pathlib.Path:
        """The path of its prediction in a folder of submissions, without the suffix."""
        return folder / self.subject / self.challenge / self.path.stem


def read_now(folder: str | os.PathLike) -> list[Picture]:
    """Lists the pictures of the validation set.

    Raises:
      FileNotFoundError: the list, or a scan or landmarks that it needs, is missing.
      ValueError: a line of the list is no picture's, or there is none.
    """
    folder = pathlib.Path(folder)
    listing = folder / IMAGE_LIST
    if not listing.is_file():
        raise FileNotFoundError(
            f"{printable(listing)}: missing; the folder must be that of the NoW validation data"
        )
    pictures = []
    for number, line in enumerate(listing.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.strip().split("/")
        if parts == [""]:
            continue
        if len(parts) < 3 or ".." in parts:
            raise ValueError(
                f"{printable(listing)}:{number}: {line!r} is not subject/challenge/picture"
            )
        subject, challenge, name = parts[-3:]
        path = folder / PICTURES / subject / challenge / name
        scan = _only(folder / SCANS / subject, ".obj")
        pictures.append(
            Picture(subject, challenge, path, scan, _only(folder / LANDMARKS / subject, ".pp"))
        )
    if not pictures:
        raise ValueError(f"{printable(listing)}: names no picture")
    return pictures


def _only(folder, suffix):
    found = sorted(p for p in folder.glob("*") if p.suffix.lower() == suffix)
    if not found:
        raise FileNotFoundError(f"{printable(folder)}: has no {suffix} file; NoW has one there")
    return found[0]
