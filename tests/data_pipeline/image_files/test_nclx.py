"""Color spaces that AVIF files name by numbers, against files that bring a profile of the same."""

import io
import logging

import numpy as np
import pytest
from PIL import Image, features

from data_pipeline.image_files.icc import SRGB_CHROMATICITIES, matrix_profile
from data_pipeline.image_files.nclx import find_nclx, nclx_profile
from data_pipeline.photographs import read_image

P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
BT_2020 = (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF")


def _colors():
    colors = [(224, 172, 150), (141, 85, 62), (60, 40, 33), (176, 96, 92), (128, 128, 128)]
    return np.array(colors, np.uint8)[None].repeat(16, axis=0).repeat(16, axis=1)


def _avif(primaries, transfer, **options):
    """An AVIF file whose colors are named by these numbers."""
    file = io.BytesIO()
    Image.fromarray(_colors()).save(file, "AVIF", quality=100, subsampling="4:4:4", **options)
    data = bytearray(file.getvalue())
    start = data.find(b"colrnclx") + 8
    data[start : start + 4] = primaries.to_bytes(2, "big") + transfer.to_bytes(2, "big")
    return bytes(data)


@needs_avif
@pytest.mark.parametrize(
    "numbers, chromaticities, exponent",
    [
        ((12, 13), P3, None),
        ((12, 1), P3, None),
        ((12, 2), P3, None),
        ((9, 4), BT_2020, 2.2),
        ((1, 8), SRGB_CHROMATICITIES, 1.0),
    ],
)
def test_numbers_mean_what_a_profile_means(tmp_path, numbers, chromaticities, exponent):
    (tmp_path / "x.avif").write_bytes(_avif(*numbers))
    profile = matrix_profile(chromaticities, exponent)
    Image.fromarray(_colors()).save(tmp_path / "x.png", icc_profile=profile)
    by_numbers, by_profile = (read_image(tmp_path / name) for name in ("x.avif", "x.png"))
    assert np.abs(by_numbers.astype(int) - by_profile).max() <= 3
    assert np.abs(by_numbers.astype(int) - _colors()).max() > 5


@needs_avif
@pytest.mark.parametrize("numbers", [(1, 13), (2, 2), (1, 1), (1, 6)])
def test_srgb_and_unspecified_colors_stay(tmp_path, numbers):
    (tmp_path / "x.avif").write_bytes(_avif(*numbers))
    assert np.abs(read_image(tmp_path / "x.avif").astype(int) - _colors()).max() <= 2


@needs_avif
@pytest.mark.parametrize("numbers", [(9, 16), (9, 18), (12, 16), (99, 13)])
def test_high_dynamic_range_is_read_with_a_warning(tmp_path, caplog, numbers):
    (tmp_path / "x.avif").write_bytes(_avif(*numbers))
    with caplog.at_level(logging.WARNING):
        assert np.abs(read_image(tmp_path / "x.avif").astype(int) - _colors()).max() <= 2
    assert "its color profile is ignored: primaries" in caplog.text


@needs_avif
def test_a_profile_counts_more_than_numbers(tmp_path):
    data = _avif(1, 13, icc_profile=matrix_profile(P3, None))
    (tmp_path / "x.avif").write_bytes(data)
    assert np.abs(read_image(tmp_path / "x.avif").astype(int) - _colors()).max() > 5


def test_boxes_that_are_not_there():
    assert find_nclx(b"") is None
    assert find_nclx(b"\0\0\0\x13colrnclx\0\x0c") is None
    assert find_nclx(b"\0\0\0\x13colrnclx\0\x0c\0\x0d\0\6\x80") == (12, 13)
    assert nclx_profile(1, 13) is None
