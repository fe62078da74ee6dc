"""Colors of other spaces against the published matrices between them and sRGB."""

import io
import logging

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

import open_parts
from data_pipeline.image_files.icc import (
    ADOBE_CHROMATICITIES,
    ADOBE_EXPONENT,
    SRGB_CHROMATICITIES,
    matrix_profile,
)
from data_pipeline.photographs import read_image
from tests.data_pipeline.image_files.icc_writer import cmyk_profile, gray_profile, icc_profile

P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
PROPHOTO = (0.34567, 0.35850, 0.734699, 0.265301, 0.159597, 0.840403, 0.036598, 0.000105)

# Linear light of each space to linear sRGB, adapted to D65 (Bradford): Lindbloom, and W3C's
# CSS Color 4.
TO_SRGB = {
    "p3": [[1.2249, -0.2249, 0.0], [-0.0420, 1.0420, 0.0], [-0.0197, -0.0786, 1.0983]],
    "adobe": [[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]],
}


def _skin():
    """Colors of skin, hair and lips, gray, and darks: all inside of every space."""
    colors = [(224, 172, 150), (141, 85, 62), (60, 40, 33), (176, 96, 92), (128, 128, 128)]
    colors += [(20, 18, 16), (8, 8, 8), (250, 248, 244)]
    return np.array(colors, np.uint8)[None].repeat(4, axis=0)


def _encode(linear):
    curve = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, curve)


def _decode(encoded):
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _expected(pixels, space):
    decoded = _decode(pixels / 255) if space == "p3" else (pixels / 255) ** ADOBE_EXPONENT
    linear = decoded @ np.array(TO_SRGB[space]).T
    return 255 * _encode(np.clip(linear, 0, 1))


@pytest.mark.parametrize(
    "space, profile",
    [
        ("p3", matrix_profile(P3, None)),
        ("adobe", matrix_profile(ADOBE_CHROMATICITIES, ADOBE_EXPONENT)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_profile_is_applied(tmp_path, space, profile, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    Image.fromarray(_skin()).save(tmp_path / "x", kind, icc_profile=profile, **options)
    read = read_image(tmp_path / "x").astype(float)
    assert np.abs(read - _expected(_skin(), space)).max() < 1.6
    assert np.abs(read - _skin()).max() > 8


def test_photograph_in_prophoto_is_the_same_photograph(tmp_path):
    """There and back through a space whose lights lie outside of what can be seen."""
    photo = Image.open(sorted(open_parts.PHOTOS.glob("*.jpg"))[0])
    profile = matrix_profile(tuple(max(c, 0.001) for c in PROPHOTO), 1.8)
    srgb = ImageCms.createProfile("sRGB")
    wide = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    turned = ImageCms.profileToProfile(photo, srgb, wide, outputMode="RGB")
    turned.save(tmp_path / "x.png", icc_profile=profile)
    original = np.asarray(photo).astype(float)
    assert np.abs(np.asarray(turned) - original).mean() > 10
    assert np.abs(read_image(tmp_path / "x.png") - original).mean() < 1.0


@pytest.mark.parametrize(
    "profile",
    [
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        matrix_profile(SRGB_CHROMATICITIES, None),
    ],
)
def test_srgb_is_left_untouched(tmp_path, profile):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png", icc_profile=profile)
    np.testing.assert_array_equal(read_image(tmp_path / "x.png"), pixels)


@pytest.mark.parametrize("mode", ["L", "LA", "P"])
def test_gray_and_palettes_have_profiles_too(tmp_path, mode):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = Image.fromarray(ramp)
    if mode == "P":
        image.convert("P").save(tmp_path / "x.png", icc_profile=matrix_profile(P3, 1.8))
    else:
        image.convert(mode).save(tmp_path / "x.png", icc_profile=gray_profile(1.8))
    expected = 255 * _encode((ramp / 255) ** 1.8)
    read = read_image(tmp_path / "x.png").astype(float)
    # A curve of one number has 8 bits after the point.
    assert np.abs(read - expected[..., None]).max() < 2.5
    assert np.abs(read - ramp[..., None]).max() > 15


def test_gray_with_a_profile_of_rgb(tmp_path):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "x.jpg", quality=100, icc_profile=matrix_profile(P3, 1.8))
    expected = 255 * _encode((ramp / 255) ** 1.8)
    assert np.abs(read_image(tmp_path / "x.jpg") - expected[..., None]).max() < 4


def test_inks_have_profiles(tmp_path):
    """An invented press: cyan is gray of L = 50, everything else is white or black."""

    def lab(c, m, y, k):
        return (0, 0, 0) if k else (100 - 50 * c, 0, 0)

    pixels = np.zeros((8, 24, 4), np.uint8)
    pixels[:, 8:16, 0] = 255
    pixels[:, 16:, 3] = 255
    image = Image.fromarray(pixels, "CMYK")
    image.save(tmp_path / "x.tif", icc_profile=cmyk_profile(lab))
    white, gray, black = read_image(tmp_path / "x.tif")[4, [4, 12, 20]].astype(int)
    # L = 50 is a luminance of 0.184.
    assert np.abs(gray - 255 * _encode(0.184)).max() < 4
    assert white.min() > 250 and black.max() < 5


def test_lab_is_read(tmp_path):
    lab = np.zeros((8, 8, 3), np.uint8)
    lab[...] = (round(50 * 2.55), 0, 0)
    Image.fromarray(lab, "LAB").save(tmp_path / "x.tif")
    assert np.abs(read_image(tmp_path / "x.tif") - 255 * _encode(0.184)).max() < 3


def test_transparency_survives(tmp_path):
    pixels = np.dstack([_skin(), np.full(_skin().shape[:2], 255, np.uint8)])
    pixels[:2, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "x.png", icc_profile=matrix_profile(P3, None))
    read = read_image(tmp_path / "x.png").astype(float)
    assert (read[:2] == 255).all()
    assert np.abs(read[2:] - _expected(_skin(), "p3")[2:]).max() < 1.6


@pytest.mark.parametrize(
    "profile, pixels",
    [
        (b"no profile at all", "RGB"),
        (matrix_profile(P3, None)[:300], "RGB"),
        (gray_profile(1.8), "RGB"),
        (matrix_profile(P3, None), "CMYK"),
        (icc_profile(b"HSV ", b"mntr", b"XYZ ", {}), "RGB"),
        (icc_profile(b"RGB ", b"mntr", b"XYZ ", {}), "RGB"),
    ],
)
def test_broken_or_foreign_profile_is_ignored_with_a_warning(tmp_path, caplog, profile, pixels):
    image = Image.fromarray(_skin()).convert(pixels)
    image.save(tmp_path / "x.tif", icc_profile=profile)
    with caplog.at_level(logging.WARNING):
        read = read_image(tmp_path / "x.tif")
    np.testing.assert_array_equal(read, np.asarray(image.convert("RGB")))
    assert "x.tif: its color profile is ignored" in caplog.text


def _png_chunks(path, pixels, **chunks):
    info = PngImagePlugin.PngInfo()
    for name, values in chunks.items():
        data = b"".join(round(value * 100_000).to_bytes(4, "big") for value in values)
        info.add(name.encode(), data if name != "sRGB" else b"\0")
    Image.fromarray(pixels).save(path, pnginfo=info)


@pytest.mark.parametrize(
    "chunks, expected",
    [
        ({"gAMA": [1 / 1.8]}, lambda p: 255 * _encode((p / 255) ** 1.8)),
        ({"gAMA": [1.0]}, lambda p: 255 * _encode(p / 255)),
        ({"gAMA": [1 / 2.2]}, lambda p: p),
        ({"gAMA": [1 / 2.2], "cHRM": SRGB_CHROMATICITIES}, lambda p: p),
        ({"cHRM": P3}, lambda p: _expected(p, "p3")),
        ({"gAMA": [0.45455], "cHRM": P3}, lambda p: _expected(p, "p3")),
        ({"sRGB": [], "gAMA": [1.0], "cHRM": P3}, lambda p: p),
    ],
)
def test_png_states_its_colors_by_numbers(tmp_path, chunks, expected):
    _png_chunks(tmp_path / "x.png", _skin(), **chunks)
    read = read_image(tmp_path / "x.png").astype(float)
    assert np.abs(read - expected(_skin())).max() < 1.6


@pytest.mark.parametrize(
    "chunks", [{"gAMA": [0.0]}, {"gAMA": [0.00001]}, {"cHRM": [0.0] * 8}, {"cHRM": [0.3] * 8}]
)
def test_impossible_numbers_are_ignored_with_a_warning(tmp_path, caplog, chunks):
    _png_chunks(tmp_path / "x.png", _skin(), **chunks)
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(read_image(tmp_path / "x.png"), _skin())
    assert "its color profile is ignored" in caplog.text


def test_adobe_rgb_by_the_mark_of_a_camera(tmp_path):
    exif = Image.Exif()
    exif[0x8769] = {0xA001: 0xFFFF, 0xA005: {1: "R03", 2: b"0100"}}
    Image.fromarray(_skin()).save(tmp_path / "x.webp", lossless=True, exif=exif)
    plain = Image.Exif()
    plain[0x8769] = {0xA001: 1, 0xA005: {1: "R98", 2: b"0100"}}
    Image.fromarray(_skin()).save(tmp_path / "y.webp", lossless=True, exif=plain)
    read = read_image(tmp_path / "x.webp").astype(float)
    assert np.abs(read - _expected(_skin(), "adobe")).max() < 1.6
    np.testing.assert_array_equal(read_image(tmp_path / "y.webp"), _skin())
