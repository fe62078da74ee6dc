"""Photographs on disk: which there are, who is in them, and their pixels.

A folder is searched with all its subfolders. Where it has a subfolder for each person, as LFW has,
the subfolder's name is the identity. The layout of the VGG-Face dataset (Parkhi et al. 2015) is
known by its `files/<Person>.txt` beside `images/<Person>/<id>.jpg`.
"""

import collections
import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
from absl import logging

from data_pipeline.image_files.kinds import HEAD_BYTES, KINDS, USUAL_SUFFIXES, image_kind
from data_pipeline.image_files.opening import open_image
from data_pipeline.image_files.pixels import read_pixels
from data_pipeline.photo_lists import parse_vgg_face_row, read_identities, read_photo_list
from storage.printable import printable
from storage.regular_file import open_regular

# Only this much of each file is hashed for a stamp: a library of millions is checked in minutes.
_HASHED_BYTES = 65536

# The description of a set of photographs that was prepared, in the set's folder.
DESCRIPTION = "set.json"


@dataclasses.dataclass(frozen=True, slots=True)
class Photograph:
    """One photograph on disk.

    Attributes:
      path: the image file.
      name: its path relative to the folder that was listed, with forward slashes; unique there.
      identity: whose photograph it is; None if nothing says it.
      box: left, top, right and bottom in pixels of the face that a listing means; None without one.
    """

    path: pathlib.Path
    name: str
    identity: str | None = None
    box: tuple[float, float, float, float] | None = None

    def read(self) -> np.ndarray:
        """Reads the pixels; see `read_image`."""
        return read_image(self.path)

    def stamp(self) -> tuple:
        """What tells this photograph's file from another version of it: size and beginning."""
        try:
            with open_regular(self.path) as file:
                start = hashlib.sha256(file.read(_HASHED_BYTES)).hexdigest()
                return os.fstat(file.fileno()).st_size, start
        except OSError:
            return None, None


@dataclasses.dataclass(frozen=True)
class Listing:
    """What a folder offers.

    Attributes:
      photographs: sorted by name.
      missing: names of photographs that a list gives and the folder lacks.
      passed_over: why other files of the folder are no photographs (a suffix such as ".txt",
        "hidden", "linked to nothing", ...), and how many there are of each; most frequent first.
    """

    photographs: tuple[Photograph, ...]
    missing: tuple[str, ...] = ()
    passed_over: tuple[tuple[str, int], ...] = ()

    def passed_over_summary(self, reasons: int = 6) -> str:
        """Says what was passed over: "12 files are no photographs: 8 .txt, 4 .mp4", or nothing."""
        total = sum(count for _, count in self.passed_over)
        if not total:
            return ""
        shown = [f"{count} {reason}" for reason, count in self.passed_over[:reasons]]
        others = sum(count for _, count in self.passed_over[reasons:])
        shown += [f"{others} others"] if others else []
        files = "1 file is no photograph" if total == 1 else f"{total} files are no photographs"
        return f"{files}: {', '.join(shown)}"


def list_photographs(
    folder: str | os.PathLike,
    photo_list: str | os.PathLike | None = None,
    photo_split: str | None = None,
    frames: Sequence[Photograph] = (),
) -> Listing:
    """Lists the photographs of a folder, in an order that depends on their names alone.

    Args:
      folder: any folder of images, or one in the VGG-Face layout.
      photo_list: a CSV file with a column `file` (names relative to `folder`) that restricts the
        listing; names that it has and the folder lacks are reported as missing. If it has a column
        `identity`, that says whose photographs they are, where it is not empty.
      photo_split: keeps only the rows of the list whose column `split` has this value; without
        `photo_list` the list is the `splits.csv` of the folder.
      frames: further photographs, of the folder's videos; the list restricts them as well.

    Raises:
      FileNotFoundError: the folder or the list does not exist.
      ValueError: the list lacks a column or a split, the folder is a set that was prepared, or no
        photograph is left.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{printable(folder)}: no such folder; give a folder of photographs"
        )
    if is_photo_set(folder):
        raise ValueError(
            f"{printable(folder)}: is a set that was prepared for train.py; give the folder of the "
            "photographs themselves"
        )
    listing = _list_vgg_face(folder) if is_vgg_face(folder) else _list_folder(folder)
    if frames:
        photographs = sorted((*listing.photographs, *frames), key=lambda photo: photo.name)
        listing = dataclasses.replace(
            listing,
            photographs=tuple(photographs),
            passed_over=_without_videos(listing.passed_over, frames),
        )
    if photo_split and not photo_list:
        photo_list = folder / "splits.csv"
    if photo_list:
        listing = _restrict(listing, read_photo_list(photo_list, photo_split))
        listing = _with_identities(listing, read_identities(photo_list))
    if not listing.photographs:
        missing = f"{len(listing.missing)} photographs are named but missing"
        reasons = [missing] if listing.missing else []
        reasons += [listing.passed_over_summary() or "the folder has no other files"]
        raise ValueError(
            f"{printable(folder)}: no photograph found; {'; '.join(reasons)}. "
            f"Files of these kinds are photographs: {', '.join(KINDS)}"
        )
    return listing


def _without_videos(passed_over, frames):
    """Leaves out the videos whose frames are photographs."""
    left = collections.Counter(dict(passed_over))
    left.subtract(path.suffix.lower() for path in {frame.path for frame in frames})
    return tuple((reason, count) for reason, count in left.most_common() if count > 0)


def _with_identities(listing, identities):
    """Lets a list say whose photographs they are; those that it does not name stay as they are."""
    photographs = (
        dataclasses.replace(photo, identity=identities.get(photo.name, photo.identity))
        for photo in listing.photographs
    )
    return dataclasses.replace(listing, photographs=tuple(photographs))


def _restrict(listing, names):
    """Keeps the photographs whose names are given."""
    names = set(names)
    kept = tuple(photo for photo in listing.photographs if photo.name in names)
    missing = sorted(names - {photo.name for photo in kept})
    return Listing(kept, tuple(missing))


def _list_folder(folder):
    """Lists all images below a folder; hidden folders are skipped."""
    photographs, passed_over = [], collections.Counter()
    for entry in _files(folder):
        reason = _why_no_photograph(entry)
        if reason:
            passed_over[reason] += 1
            continue
        path = pathlib.Path(entry.path)
        relative = path.relative_to(folder)
        photographs.append(Photograph(path, relative.as_posix(), relative.parent.name or None))
    photographs.sort(key=lambda photo: photo.name)
    return Listing(tuple(photographs), (), tuple(passed_over.most_common()))


def files_below(folder: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Yields the regular files below a folder that are not hidden.

    Raises:
      FileNotFoundError: there is no such folder.
    """
    if not pathlib.Path(folder).is_dir():
        raise FileNotFoundError(f"{printable(folder)}: no such folder")
    for entry in _files(folder):
        if not entry.name.startswith(".") and _is(entry.is_file):
            yield pathlib.Path(entry.path)


def _files(folder):
    """Yields the entries below a folder that are no folders.

    Links to folders are followed, but each folder is entered once, and sets that were prepared are
    not, since they hold sheets of photographs. Entries are sorted, so that of
    two links to one folder always the same one is followed.
    """
    seen, waiting = set(), [folder]
    while waiting:
        place = waiting.pop()
        real = os.path.realpath(place)
        if real in seen:
            continue
        seen.add(real)
        try:
            with os.scandir(place) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            logging.warning("%s: the folder is left out: %s", printable(place), error.strerror)
            continue
        if any(entry.name == DESCRIPTION for entry in entries):
            continue
        folders = []
        for entry in entries:
            if not _is(entry.is_dir):
                yield entry
            elif not entry.name.startswith((".", "__MACOSX")):
                folders.append(entry.path)
        waiting += reversed(folders)


def _why_no_photograph(entry):
    """Says why a directory entry is no photograph; None if it is one.

    The file is opened only if its suffix does not say that it is an image: a folder may hold
    millions. What has the suffix of an image and is none is found out when it is read.
    """
    if entry.name.startswith("."):
        return "hidden"
    if not _is(entry.is_file):
        return (
            "special (pipe, socket or device)"
            if os.path.exists(entry.path)
            else "linked to nothing"
        )
    suffix = pathlib.PurePath(entry.name).suffix.lower()
    if suffix in USUAL_SUFFIXES:
        return None
    try:
        with open_regular(entry.path) as file:
            known = image_kind(file.read(HEAD_BYTES))
    except OSError:
        return "unreadable"
    return None if known else printable(suffix) or "without a suffix"


def _is(test):
    """Calls `is_file` or `is_dir` of a directory entry; False where a link leads nowhere."""
    try:
        return test()
    except OSError:
        return False


def is_photo_set(folder: str | os.PathLike) -> bool:
    """Says whether a folder is what `python -m data_pipeline.prepare` makes."""
    return pathlib.Path(folder, DESCRIPTION).is_file()


def is_vgg_face(folder: str | os.PathLike) -> bool:
    """Says whether a folder has the listing of the VGG-Face dataset."""
    return any(pathlib.Path(folder, "files").glob("*.txt"))


def _list_vgg_face(folder):
    """Lists the images that the VGG-Face listing names and that are on disk."""
    photographs, missing = {}, {}
    for listing in sorted(folder.glob("files/*.txt")):
        if not listing.is_file():
            continue
        for number, line in enumerate(listing.read_text("utf-8", "replace").splitlines(), 1):
            image_id, box = parse_vgg_face_row(line, f"{printable(listing)}:{number}")
            if image_id is None:
                continue
            path = folder / "images" / listing.stem / f"{image_id}.jpg"
            name = path.relative_to(folder).as_posix()
            # Of an image that is listed twice the first row counts.
            if path.is_file():
                photographs.setdefault(name, Photograph(path, name, listing.stem, box))
            else:
                missing[name] = None
    return Listing(tuple(photographs[name] for name in sorted(photographs)), tuple(missing))


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Reads an image file of any common kind, turned upright as its EXIF tag says.

    The kind is known by the file's content, not by its suffix. Gray, palette, CMYK and 16-bit
    images become 8-bit RGB, colors of other spaces become sRGB, what is transparent becomes white,
    and of an animation the first frame is taken. HEIC is read where `pillow-heif` is installed.

    Returns:
      uint8 sRGB [H, W, 3].

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file cannot be read as an image, or it is too large.
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{printable(path)}: no such file")
    # Pillow's decoders raise whatever they stumble on in a broken file (OSError, SyntaxError,
    # struct.error, IndexError, ...): here each of them means the same.
    try:
        with open_regular(path) as file, open_image(file) as image:
            return read_pixels(image, printable(path))
    except Exception as error:
        reason = str(error).removeprefix(f"{printable(path)}: ") or type(error).__name__
        raise ValueError(f"{printable(path)}: not a readable image: {reason}") from error
