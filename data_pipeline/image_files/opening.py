"""Opens image files that may be damaged, mislabeled or hostile.

Everything here happens before any pixel is decoded: only decoders of the kinds that are meant are
started, and a file that claims more pixels than it can hold is refused before memory is set aside.
"""

import contextlib
import os
import warnings
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from data_pipeline.image_files import nclx
from data_pipeline.image_files.kinds import HEAD_BYTES, image_kind
from storage.lfs_pointer import is_lfs_pointer

# A decoded photograph takes 3 bytes a pixel, and a hostile file of a few kB can claim billions.
MAX_PIXELS = 80_000_000

# Some decoders read the whole file first. This is twice what `MAX_PIXELS` need uncompressed.
MAX_FILE_BYTES = 1_000_000_000

# A photograph takes at least a byte for some 200 pixels, even in AVIF at its worst quality. An
# image that is large and takes less shows nothing, or claims pixels that it does not have.
_LARGE_PIXELS = 16_000_000
_MAX_PIXELS_PER_BYTE = 1000

# The tags by which TIFF says that an image is a preview, and that a file is a camera's raw data.
_NEW_SUBFILE_TYPE = 254
_DNG_VERSION = 50706


@contextlib.contextmanager
def open_image(file: BinaryIO) -> Iterator[Image.Image]:
    """Opens an image by the one decoder that its first bytes call for.

    Left to itself Pillow tries all decoders that it has; one of them starts Ghostscript, which runs
    the program that a PostScript file is.

    Args:
      file: a regular file, opened for reading, at its beginning.

    Yields:
      The image. Its pixels are decoded when they are first used, which may raise anything. Its
      `info` has "nclx", what `nclx.find_nclx` returns.

    Raises:
      ValueError: the file is no image of a known kind, it is damaged, too large, or a camera's raw
        data; or HEIC cannot be read here.
    """
    size = os.fstat(file.fileno()).st_size
    head = file.read(HEAD_BYTES)
    kind = image_kind(head)
    if is_lfs_pointer(head):
        raise ValueError("a Git LFS pointer, not the photograph; run `git lfs pull`")
    if kind is None:
        raise ValueError("no known format")
    if size > MAX_FILE_BYTES:
        raise ValueError(f"{size} bytes are more than {MAX_FILE_BYTES}; shrink it")
    if kind == "HEIF":
        _register_heif()
    boxes = head + file.read(nclx.HEAD_BYTES) if kind in ("AVIF", "HEIF") else b""
    with warnings.catch_warnings():
        # Pillow warns of what is refused here anyway, or of metadata that nobody asked for.
        warnings.simplefilter("ignore")
        try:
            opened = Image.open(file, formats=[kind])
        except UnidentifiedImageError as error:
            raise ValueError(f"damaged {kind} file") from error
        with opened as image:
            _check_size(image, size)
            _check_is_no_preview(image)
            image.info["nclx"] = nclx.find_nclx(boxes)
            yield image


def _check_size(image, file_bytes):
    width, height = image.size
    pixels = width * height
    if pixels > MAX_PIXELS:
        raise ValueError(f"{width} x {height} pixels are more than {MAX_PIXELS}; shrink it")
    if pixels > max(_LARGE_PIXELS, _MAX_PIXELS_PER_BYTE * file_bytes):
        raise ValueError(f"{width} x {height} pixels in {file_bytes} bytes are no photograph")


def _check_is_no_preview(image):
    """Refuses the raw data of cameras: what Pillow finds in them is a thumbnail."""
    if image.format != "TIFF":
        return
    kind = image.tag_v2.get(_NEW_SUBFILE_TYPE, 0)
    is_preview = isinstance(kind, int) and kind & 1
    if is_preview or _DNG_VERSION in image.tag_v2:
        raise ValueError(
            "it begins with a preview, as the raw data of cameras do, which are not read; save the "
            "photograph as JPEG"
        )


def _register_heif():
    try:
        import pillow_heif
    except ImportError as error:
        raise ValueError(
            "HEIC needs the package pillow-heif (pip install pillow-heif); install it, or save the "
            "photograph as JPEG"
        ) from error
    pillow_heif.register_heif_opener()
