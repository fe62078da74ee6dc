"""Photographs on disk: which there are, who is in them, and their pixels.

Understood are any folder (searched recursively; where it has a subfolder per person, as LFW has,
the subfolder's name is the identity) and the layout of the VGG-Face dataset (Parkhi et al. 2015):
`files/<Person>.txt` beside `images/<Person>/<id>.jpg`.
"""

import csv
import dataclasses
import os
import pathlib

import numpy as np
from absl import logging
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = frozenset(
    ".avif .bmp .gif .heic .heif .jfif .jpe .jpeg .jpg .pgm .png .ppm .tif .tiff .webp".split()
)
HEIF_SUFFIXES = frozenset((".heic", ".heif"))

# A decoded photograph takes 3 bytes a pixel, and a hostile file of a few kB can claim billions.
MAX_PIXELS = 80_000_000


@dataclasses.dataclass(frozen=True)
class Photograph:
    """One photograph on disk.

    Attributes:
      path: the image file.
      name: its path relative to the folder that was listed, with forward slashes; unique there.
      identity: whose photograph it is, or None where nobody says.
      box: where a listing says the face is: left, top, right, bottom in pixels; or None.
    """

    path: pathlib.Path
    name: str
    identity: str | None = None
    box: tuple[float, float, float, float] | None = None


@dataclasses.dataclass(frozen=True)
class Listing:
    """What a folder offers: its photographs, sorted by name, and what it names but lacks."""

    photographs: tuple[Photograph, ...]
    missing: tuple[str, ...] = ()


def list_photographs(folder, photo_list=None, photo_split=None):
    """Lists the photographs of a folder, in an order that depends on their names alone.

    Args:
      folder: any folder of images, or one in the VGG-Face layout.
      photo_list: a CSV file with a column `file` (names relative to `folder`) that restricts the
        listing; names that it has and the folder lacks are reported as missing.
      photo_split: keeps only the rows of the list whose column `split` has this value; without
        `photo_list` the list is the `splits.csv` of the folder.

    Returns:
      A `Listing`.

    Raises:
      FileNotFoundError: the folder or the list does not exist.
      ValueError: the list lacks a column or a split, or nothing is left.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; give a folder of photographs")
    listing = _list_vgg_face(folder) if is_vgg_face(folder) else _list_folder(folder)
    if photo_split and not photo_list:
        photo_list = folder / "splits.csv"
    if photo_list:
        listing = _restrict(listing, read_photo_list(photo_list, photo_split))
    if not listing.photographs:
        raise ValueError(
            f"{folder}: no photograph found ({len(listing.missing)} named but missing); "
            f"expected files ending in {' '.join(sorted(SUFFIXES))}"
        )
    return listing


def read_photo_list(path, split=None):
    """Reads the names in column `file` of a CSV file, of one split if given.

    Raises:
      FileNotFoundError: the file does not exist.
      ValueError: a column is missing, or no row has that split.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such list of photographs")
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        wanted = {"file"} | ({"split"} if split else set())
        lacking = wanted - set(reader.fieldnames or ())
        if lacking:
            raise ValueError(f"{path}: no column {sorted(lacking)}; found {reader.fieldnames}")
        rows = list(reader)
    names = [row["file"] for row in rows if not split or row["split"] == split]
    if not names:
        splits = sorted({row["split"] for row in rows if row.get("split")})
        raise ValueError(f"{path}: no row of split {split!r}; found {splits}")
    return names


def _restrict(listing, names):
    """Keeps the photographs whose names are given."""
    names = set(names)
    kept = tuple(photo for photo in listing.photographs if photo.name in names)
    missing = sorted(names - {photo.name for photo in kept})
    return Listing(kept, tuple(missing))


def _list_folder(folder):
    """Lists all images below a folder; hidden files and folders are skipped."""
    photographs = []
    for path in _walk(folder):
        relative = path.relative_to(folder)
        identity = relative.parent.name or None
        photographs.append(Photograph(path, relative.as_posix(), identity))
    return Listing(tuple(sorted(photographs, key=lambda photo: photo.name)))


def _walk(folder):
    """Yields the image files below a folder, following links to folders, each folder once."""
    seen = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        # Sorted, so that of two links to one folder always the same one is followed.
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in files:
            if pathlib.PurePath(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield pathlib.Path(place, name)


def is_vgg_face(folder):
    """Says whether a folder has the listing of the VGG-Face dataset."""
    return any(pathlib.Path(folder, "files").glob("*.txt"))


def _list_vgg_face(folder):
    """Lists the images that the VGG-Face listing names and that are on disk."""
    photographs, missing = [], []
    for listing in sorted(folder.glob("files/*.txt")):
        for number, line in enumerate(listing.read_text("utf-8", "replace").splitlines(), 1):
            image_id, box = _parse_vgg_face(line, f"{listing}:{number}")
            if image_id is None:
                continue
            path = folder / "images" / listing.stem / f"{image_id}.jpg"
            name = path.relative_to(folder).as_posix()
            if path.is_file():
                photographs.append(Photograph(path, name, listing.stem, box))
            else:
                missing.append(name)
    return Listing(tuple(sorted(photographs, key=lambda photo: photo.name)), tuple(missing))


def _parse_vgg_face(line, where):
    """Parses `id [uid] url left top right bottom pose score curation`; (None, None) if not so."""
    fields = line.split()
    try:
        if len(fields) not in (9, 10):
            raise ValueError(f"{len(fields)} fields, expected 9 or 10")
        if not fields[0].isalnum():
            raise ValueError(f"id {fields[0]!r} is not alphanumeric")
        return fields[0], tuple(float(value) for value in fields[-7:-3])
    except ValueError as error:
        if fields:
            logging.warning("%s: row skipped: %s", where, error)
        return None, None


def read_image(path):
    """Reads an image file of any common kind, turned upright as its EXIF tag says.

    Gray, palette, CMYK and 16-bit images become 8-bit RGB, what is transparent becomes white, and
    of an animation the first frame is taken. HEIC is read where `pillow-heif` is installed.

    Returns:
      uint8 RGB [H, W, 3].

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file cannot be read as an image, or it is too large.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if path.suffix.lower() in HEIF_SUFFIXES:
        _register_heif(path)
    # Pillow's decoders raise whatever they stumble on in a broken file (OSError, SyntaxError,
    # struct.error, IndexError, ...): here each of them means the same.
    try:
        with Image.open(path) as image:
            _check_size(image)
            return np.array(_to_rgb(ImageOps.exif_transpose(image)))
    except UnidentifiedImageError as error:
        raise ValueError(f"{path}: not a readable image: no known format") from error
    except Exception as error:
        raise ValueError(f"{path}: not a readable image: {error}") from error


def _check_size(image):
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width} x {height} pixels are more than {MAX_PIXELS}; shrink it")


def _to_rgb(image):
    """Converts a Pillow image of any mode to mode RGB."""
    if image.mode.startswith("I"):
        levels = np.asarray(image).astype(np.int64)
        if levels.min() < 0 or levels.max() > 65535:
            raise ValueError("integer pixels beyond 16 bits; save it with 8 or 16 bits")
        return Image.fromarray((levels // 257).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise ValueError("floating-point pixels have no agreed range; save it with 8 or 16 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _register_heif(path):
    try:
        import pillow_heif
    except ImportError as error:
        raise ValueError(
            f"{path}: HEIC needs the package pillow-heif (pip install pillow-heif), or save the "
            "photograph as JPEG"
        ) from error
    pillow_heif.register_heif_opener()
