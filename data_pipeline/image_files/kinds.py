"""The kinds of image files that are read, and how the first bytes of a file tell them.

A file's suffix only says how somebody named it. Phones, browsers and messengers call a HEIC file
`.jpg`, and a JPEG file `.JPG_large` or nothing at all.
"""

import re

# As many bytes as `image_kind` looks at.
HEAD_BYTES = 64

# A file with one of these suffixes is usually an image, so a listing does not look into it.
USUAL_SUFFIXES = frozenset(
    ".avif .bmp .gif .heic .heif .jfif .jpe .jpeg .jpg .pbm .pgm .png .ppm .tif .tiff .webp".split()
)

_BEGINNINGS = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF.{4}WEBPVP8[ LX]",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    # "BM" and "P6" may begin a text as well: what follows must be a header.
    "BMP": rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    "PPM": rb"P[1-6]\s+[#0-9]",
    "JPEG2000": rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
}
_PATTERNS = {kind: re.compile(start, re.DOTALL) for kind, start in _BEGINNINGS.items()}

# Both are boxes of the ISO base media file format, as MP4 videos are: their brands tell them.
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)

KINDS = (*_BEGINNINGS, "AVIF", "HEIF")


def image_kind(head: bytes) -> str | None:
    """Returns the kind of an image file, one of `KINDS`, or None if it is none of them.

    Args:
      head: the first `HEAD_BYTES` of the file, or all of a shorter one.
    """
    for kind, pattern in _PATTERNS.items():
        if pattern.match(head):
            return kind
    brands = _brands(head)
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def _brands(head):
    """Returns the four-byte brands in the first box of a media file; none of another file."""
    if head[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    # Bytes 12 to 15 are the version of the first brand.
    return frozenset(head[start : start + 4] for start in (8, *range(16, end - 3, 4)))
