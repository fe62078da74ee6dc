"""The kinds of image files, as the programs that write them begin their files."""

import io

import numpy as np
import pytest
from PIL import Image, features

from data_pipeline.image_files.kinds import HEAD_BYTES, KINDS, image_kind

SAVED = ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "JPEG2000", "AVIF"]


def _saved(kind, mode="RGB", **options):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()[:HEAD_BYTES]


@pytest.mark.parametrize("kind", SAVED)
def test_what_pillow_writes_is_known(kind):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    assert image_kind(_saved(kind)) == kind
    assert kind in KINDS


@pytest.mark.parametrize(
    "kind, options",
    [
        ("TIFF", {"big_tiff": True}),
        ("WEBP", {"lossless": True}),
        ("PPM", {"mode": "1"}),
        ("PPM", {"mode": "L"}),
        ("BMP", {"mode": "1"}),
        ("JPEG2000", {"no_jp2": True}),
        ("PNG", {"save_all": True, "append_images": [Image.new("RGB", (16, 16))]}),
        ("WEBP", {"save_all": True, "append_images": [Image.new("RGB", (16, 16))]}),
    ],
)
def test_variants_of_the_formats_are_known(kind, options):
    assert image_kind(_saved(kind, **options)) == kind


def _media_file(major, *compatible):
    brands = b"".join([major, b"\0\0\0\0", *compatible])
    return (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands + b"\0\0\1\0meta" + b"heicavif"


@pytest.mark.parametrize(
    "head, kind",
    [
        (_media_file(b"heic", b"mif1", b"heic"), "HEIF"),
        (_media_file(b"heix", b"mif1"), "HEIF"),
        (_media_file(b"hevc", b"msf1"), "HEIF"),
        (_media_file(b"mif1", b"heic"), "HEIF"),
        (_media_file(b"avif", b"mif1", b"miaf"), "AVIF"),
        (_media_file(b"mif1", b"miaf", b"avif"), "AVIF"),
        (_media_file(b"isom", b"iso2", b"mp41"), None),
        (_media_file(b"qt  "), None),
    ],
)
def test_brands_tell_photographs_from_videos(head, kind):
    assert image_kind(head) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xd8",
        b"BMW is a maker of cars, and of motorcycles as well",
        b"P6 is a format of images",
        b"II* of the notes",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"%PDF-1.7",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"<svg xmlns=",
        b"8BPS\0\1",
        b"\x00\x00\x00\x0cJXL \r\n\x87\n",
    ],
)
def test_other_files_are_of_no_kind(head):
    assert image_kind(head) is None
