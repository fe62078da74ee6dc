"""Damaged, mislabeled and hostile image files: one clear error each, and soon."""

import io
import os
import socket
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from data_pipeline.image_files import opening
from data_pipeline.photographs import list_photographs, read_image

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8))


def _saved(kind, **options):
    buffer = io.BytesIO()
    NOISE.save(buffer, kind, **options)
    return buffer.getvalue()


def _png(width, height, pixels=b"", depth=8):
    """A PNG file with any header that one likes."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(pixels, 9)),
        (b"IEND", b""),
    ]
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in chunks:
        data += struct.pack(">I", len(body)) + name + body
        data += struct.pack(">I", zlib.crc32(name + body))
    return data


def _webp(width, height):
    """A WebP file that claims a canvas of any size."""
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4)
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


KINDS_AND_OPTIONS = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("PNG", {}),
    ("GIF", {}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("BMP", {}),
    ("PPM", {}),
    ("JPEG2000", {}),
    ("AVIF", {}),
]


@pytest.mark.parametrize("kind, options", KINDS_AND_OPTIONS)
@pytest.mark.parametrize("part", [0.05, 0.6, 0.95])
def test_truncated_image_is_refused(tmp_path, kind, options, part):
    data = _saved(kind, **options)
    (tmp_path / "x").write_bytes(data[: int(part * len(data))])
    with pytest.raises(ValueError, match="not a readable image") as error:
        read_image(tmp_path / "x")
    # The path once, no Python object, one line.
    assert str(error.value).count("x: not") == 1
    assert "<" not in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "data, complaint",
    [
        (_png(2**31 - 1, 2**31 - 1), "exceeds limit|more than"),
        (_png(10_000, 9_000), "10000 x 9000 pixels are more than 80000000"),
        (_png(8_900, 8_900, bytes(9_000)), "8900 x 8900 pixels in .* bytes are no photograph"),
        (_png(8_000, 8_000, bytes(8_000 * 1_001), depth=1), "are no photograph"),
        (_webp(2**24, 200), "exceeds limit|more than"),
        (b"P6 60000 60000 255\n", "exceeds limit|more than"),
        (b"P5 8000 8000 255\nxxxx", "are no photograph"),
    ],
)
def test_claims_of_gigabytes_are_refused_before_memory_is_taken(
    tmp_path, data, complaint, monkeypatch
):
    (tmp_path / "x.png").write_bytes(data)

    def load(image):
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    with pytest.raises(ValueError, match=complaint):
        read_image(tmp_path / "x.png")


def test_large_file_is_not_read_into_memory(tmp_path):
    """A sparse file: it has a header and, it says, gigabytes of data."""
    with open(tmp_path / "x.avif", "wb") as file:
        file.write(_saved("WEBP")[:64])
        file.truncate(opening.MAX_FILE_BYTES + 1)
    with pytest.raises(ValueError, match="bytes are more than"):
        read_image(tmp_path / "x.avif")


def test_warnings_of_the_library_stay_away(tmp_path, recwarn):
    (tmp_path / "x.png").write_bytes(_png(10_000, 9_000))
    with pytest.raises(ValueError):
        read_image(tmp_path / "x.png")
    assert not recwarn.list


@pytest.mark.parametrize(
    "data",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n{} loop\n",
        b"\xc5\xd0\xd3\xc6" + struct.pack("<I", 32) + bytes(24) + b"%!PS-Adobe-3.0\n",
        b"%PDF-1.4\n",
        b"8BPS\0\1" + bytes(30),
        b"\xd7\xcd\xc6\x9a" + bytes(60),
        b"<html>404 Not Found</html>",
        b"",
    ],
)
def test_other_kinds_are_not_opened_whatever_their_name(tmp_path, data, monkeypatch):
    def start(*arguments, **options):
        raise AssertionError(f"started {arguments}")

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(subprocess, "check_call", start)
    for name in ("x.jpg", "x.eps", "x.png"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match="no known format"):
            read_image(tmp_path / name)


def _fifo(path):
    os.mkfifo(path)


def _socket(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def _device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [_fifo, _socket, _device])
@pytest.mark.parametrize("name", ["x.jpg", "x", "x.dat"])
def test_only_regular_files_are_listed_and_opened(tmp_path, monkeypatch, make, name):
    # A socket's path must be short.
    monkeypatch.chdir(tmp_path)
    make(tmp_path.relative_to(tmp_path) / name)
    NOISE.save(tmp_path / "a.png")
    listing = list_photographs(tmp_path)
    assert [photo.name for photo in listing.photographs] == ["a.png"]
    assert listing.passed_over == (("special (pipe, socket or device)", 1),)
    with pytest.raises(ValueError, match="is no regular file"):
        read_image(tmp_path / name)


@pytest.mark.timeout(20)
def test_pipes_in_the_layout_of_vgg_face_are_left_alone(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "images" / "Ann").mkdir(parents=True)
    (tmp_path / "files" / "Ann.txt").write_text(
        "1 http://a.org/x.jpg 1 2 3 4 2.00 3.12 1\n2 http://a.org/y.jpg 1 2 3 4 2.00 3.12 1\n"
    )
    os.mkfifo(tmp_path / "files" / "Bo.txt")
    os.mkfifo(tmp_path / "images" / "Ann" / "1.jpg")
    NOISE.save(tmp_path / "images" / "Ann" / "2.jpg")
    listing = list_photographs(tmp_path)
    assert [photo.name for photo in listing.photographs] == ["images/Ann/2.jpg"]
    assert listing.missing == ("images/Ann/1.jpg",)


@pytest.mark.parametrize("tags", [{254: 1}, {50706: b"\1\4\0\0"}])
def test_raw_data_of_cameras_are_refused(tmp_path, tags):
    """Pillow would read the thumbnail that such a file begins with."""
    NOISE.save(tmp_path / "x.nef", "TIFF", tiffinfo=tags)
    with pytest.raises(ValueError, match="raw data"):
        read_image(tmp_path / "x.nef")


def test_git_lfs_pointer_is_named(tmp_path):
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    (tmp_path / "x.jpg").write_text(text)
    with pytest.raises(ValueError, match="git lfs pull"):
        read_image(tmp_path / "x.jpg")


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0nothing",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x05\0\x01\0\0\0\xff\0\0\0\0\0\0\0",
    ],
)
def test_broken_exif_does_not_lose_the_photograph(tmp_path, exif):
    NOISE.save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "x.png"), np.asarray(NOISE))
