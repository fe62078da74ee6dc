"""Brings images to sRGB from the color space that their file names.

The same numbers mean other colors in Display P3, as phones write, or in Adobe RGB and ProPhoto, as
cameras and photographers do; a recognition network takes another space for another face.
"""

import functools
import io

import numpy as np
from absl import logging
from PIL import Image, ImageCms

from data_pipeline.image_files.icc import (
    ADOBE_CHROMATICITIES,
    ADOBE_EXPONENT,
    SRGB_CHROMATICITIES,
    matrix_profile,
)
from data_pipeline.image_files.nclx import nclx_profile

# Relative colorimetric with black point compensation keeps every color that sRGB has, and maps
# white to white and black to black. Perceptual would compress the others more gently, but each
# profile's maker decides how, and profiles of displays and cameras do not have it at all.
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION

# By the color space of a profile, the mode of the images that it can be for.
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}

# PNG's gamma of an sRGB image is stated as 1 / 2.2, which is near its curve but not the same.
_SRGB_GAMMA = 1 / 2.2

_EXIF, _INTEROPERABILITY, _COLOR_SPACE = 0x8769, 0xA005, 0xA001


def to_srgb(image: Image.Image, source: Image.Image, name: str = "image") -> Image.Image:
    """Converts colors to sRGB; a profile that is broken is ignored with a warning.

    Args:
      image: 8-bit pixels without transparency, of mode L, RGB, CMYK, LAB or another that Pillow
        converts to RGB.
      source: the opened file that they are from, with its metadata.
      name: what the file is called in a warning.

    Returns:
      An image of mode RGB. Its pixels are untouched where the file names sRGB or no color space.
    """
    if image.mode == "LAB":
        return _transform(b"", "LAB").apply(image)
    try:
        profile = _profile(source)
        if profile:
            return _apply(image, profile)
    # What littleCMS and Pillow raise on a broken profile is not documented.
    except Exception as error:
        reason = str(error) or type(error).__name__
        logging.warning("%s: its color profile is ignored: %s", name, reason)
    return image.convert("RGB")


def _apply(image, profile):
    mode = _mode(profile)
    # Gray images often come with a profile of RGB; gray is RGB with equal parts.
    if mode == "RGB" and image.mode != "CMYK":
        image = image.convert("RGB")
    if image.mode != mode:
        raise ValueError(f"it is for {mode} pixels, but the image has {image.mode}")
    transform = _transform(profile, mode)
    return image.convert("RGB") if transform is None else transform.apply(image)


def _profile(source):
    """Returns the ICC profile of an opened file, or one made of what the file says instead."""
    if source.info.get("icc_profile"):
        return source.info["icc_profile"]
    if source.info.get("nclx"):
        return nclx_profile(*source.info["nclx"])
    if source.format == "PNG":
        return _png_profile(source.info)
    return matrix_profile(ADOBE_CHROMATICITIES, ADOBE_EXPONENT) if _is_adobe_rgb(source) else None


def _png_profile(info):
    """Returns a profile of the chunks gAMA and cHRM; None where they say nothing or sRGB."""
    if "srgb" in info or not {"gamma", "chromaticity"} & set(info):
        return None
    gamma = info.get("gamma", _SRGB_GAMMA)
    if gamma <= 0:
        raise ValueError(f"its gamma is {gamma}")
    exponent = None if abs(gamma - _SRGB_GAMMA) < 0.01 else 1 / gamma
    return matrix_profile(info.get("chromaticity", SRGB_CHROMATICITIES), exponent)


def _is_adobe_rgb(source):
    """Says whether a camera marked a photograph as Adobe RGB, which needs no profile (DCF 2.0)."""
    try:
        exif = source.getexif()
        details = exif.get_ifd(_EXIF)
        marks = exif.get_ifd(_INTEROPERABILITY) if _INTEROPERABILITY in details else {}
    # Pillow raises whatever it stumbles on in broken EXIF data.
    except Exception:
        return False
    return marks.get(1, "")[:3] in ("R03", b"R03") or details.get(_COLOR_SPACE) == 2


@functools.lru_cache(maxsize=8)
def _mode(profile):
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    space = opened.profile.xcolor_space.strip()
    if space not in _MODES:
        raise ValueError(f"it is for {space}")
    return _MODES[space]


@functools.lru_cache(maxsize=8)
def _transform(profile, mode):
    """Returns the map of a profile's pixels to sRGB, or None if they are sRGB already.

    Args:
      profile: the ICC profile; none for CIELAB.
      mode: Pillow's mode of the pixels.
    """
    opened = io.BytesIO(profile) if profile else ImageCms.createProfile("LAB")
    transform = ImageCms.buildTransform(
        opened, ImageCms.createProfile("sRGB"), mode, "RGB", _INTENT, _FLAGS
    )
    sample = _sample(mode)
    if sample is not None:
        moved = np.int16(transform.apply(sample)) - np.int16(sample.convert("RGB"))
        # There are many profiles of sRGB, equal up to rounding, and most photographs have one.
        if np.abs(moved).max() <= 1:
            return None
    return transform


def _sample(mode):
    """Returns an image of colors from all over a space; None where sRGB cannot be that space."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    if mode == "RGB":
        levels = np.linspace(0, 255, 18).round().astype(np.uint8)
        grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1)
        return Image.fromarray(grid.reshape(18, -1, 3))
    return None
