"""Pixels of 16 bits, of which cameras and scanners fill 10, 12, 14 or all."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from data_pipeline.photographs import read_image

BITS = [8, 10, 12, 14, 16]


def _ramp(bits):
    """Levels from nothing to the highest, and the 8 bits that they mean."""
    levels = np.linspace(0, (1 << bits) - 1, 256).round().astype(np.uint16).reshape(16, 16)
    return levels, np.round(levels * (255 / ((1 << bits) - 1)))


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm", ".jp2"])
def test_gray_is_stretched_by_its_significant_bits(tmp_path, bits, suffix):
    levels, expected = _ramp(bits)
    Image.fromarray(levels).save(tmp_path / f"x{suffix}")
    # JPEG 2000 as Pillow writes it loses the last bit or two.
    tolerance = 1.5 if suffix == ".jp2" else 0.51
    read = read_image(tmp_path / f"x{suffix}")
    assert np.abs(read[..., 0] - expected).max() < tolerance
    assert (read[..., :1] == read).all()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".ppm", ".jp2"])
def test_colors_are_stretched_by_their_significant_bits(tmp_path, bits, suffix):
    levels, expected = _ramp(bits)
    # Channels that differ, so that none may stand for another.
    colors = np.dstack([levels, levels[::-1] // 2, levels.T])
    # JPEG 2000 as OpenCV writes it has at least 64 pixels a side, and loses the last bit or two.
    size = 4 if suffix == ".jp2" else 1
    cv2.imwrite(str(tmp_path / f"x{suffix}"), colors.repeat(size, 0).repeat(size, 1))
    tolerance = 1.5 if suffix == ".jp2" else 0.51
    read = read_image(tmp_path / f"x{suffix}").astype(float)[::size, ::size]
    assert np.abs(read[..., 2] - expected).max() < tolerance
    assert np.abs(read[..., 1] - expected[::-1] / 2).max() < tolerance + 0.5
    assert np.abs(read[..., 0] - expected.T).max() < tolerance


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_deep_colors_with_transparency(tmp_path, suffix):
    levels, expected = _ramp(12)
    alpha = np.where(np.arange(16) < 8, 65535, 0)[:, None].repeat(16, 1)
    deep = np.dstack([levels, levels, levels, alpha]).astype(np.uint16)
    cv2.imwrite(str(tmp_path / f"x{suffix}"), deep)
    read = read_image(tmp_path / f"x{suffix}").astype(float)
    assert np.abs(read[:8] - expected[:8, :, None]).max() < 0.51
    assert (read[8:] == 255).all()


@pytest.mark.parametrize("bits", BITS)
def test_deep_gray_with_transparency(tmp_path, bits):
    levels, expected = _ramp(bits)
    alpha = np.where(np.arange(16) < 8, 65535, 0)[:, None].repeat(16, 1)
    rows = np.dstack([levels, alpha]).astype(">u2").reshape(16, -1)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", 16, 16, 16, 4, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks)))
    read = read_image(tmp_path / "x.png").astype(float)
    assert np.abs(read[:8] - expected[:8, :, None]).max() < 0.51
    assert (read[8:] == 255).all()


def _chunk(chunk):
    """A chunk of a PNG file; Pillow writes none with gray and alpha of 16 bits."""
    kind, data = chunk
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_declared_range_is_kept(tmp_path):
    """A portable gray map says what its highest level is; a dark one stays dark."""
    (tmp_path / "x.pgm").write_bytes(b"P5 2 1 4095\n" + np.array([0, 2048], ">u2").tobytes())
    assert abs(int(read_image(tmp_path / "x.pgm")[0, 1, 0]) - 128) <= 1
    (tmp_path / "x.ppm").write_bytes(b"P6 1 1 4095\n" + np.array([0, 2048, 4095], ">u2").tobytes())
    assert np.abs(read_image(tmp_path / "x.ppm")[0, 0].astype(int) - (0, 128, 255)).max() <= 1


def test_truncated_deep_colors_are_refused(tmp_path):
    levels = np.random.default_rng(0).integers(0, 4096, (64, 64, 3)).astype(np.uint16)
    for suffix in (".png", ".tiff"):
        path = tmp_path / f"x{suffix}"
        cv2.imwrite(str(path), levels)
        path.write_bytes(path.read_bytes()[:-6000])
        with pytest.raises(ValueError, match="not a readable image"):
            read_image(path)


def test_deep_photograph_is_turned_upright(tmp_path):
    levels, expected = _ramp(12)
    Image.fromarray(levels).save(tmp_path / "x.tif", tiffinfo={274: 6})
    read = read_image(tmp_path / "x.tif")[..., 0]
    np.testing.assert_array_equal(read, np.rot90(expected, -1))


@pytest.mark.parametrize("low, high", [(-1, 100), (0, 65536)])
def test_levels_beyond_16_bits_are_refused(tmp_path, low, high):
    Image.fromarray(np.array([[low, high]], np.int32)).save(tmp_path / "x.tif")
    with pytest.raises(ValueError, match="beyond 16 bits"):
        read_image(tmp_path / "x.tif")
