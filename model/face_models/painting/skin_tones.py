"""Gives colors of human skin: from melanin and blood to sRGB, along measured chromaticities.

Human skin lies on an arc of CIELAB: a* hardly differs between people, b* more; chroma is greatest
at medium lightness and falls toward very light and very dark skin (Wang, Xiao, Wuerger, Cheung,
Luo, "Measuring human skin colour", CIC 2015; Xiao et al., Skin Research and Technology 23, 2017).
The knots below follow that arc over the six classes of the individual typology angle (Chardon,
Cretois, Hourseau, International Journal of Cosmetic Science 13, 1991), from very light to dark;
the knots themselves are set by hand.
"""

import numpy as np

from model.color import lab_to_srgb, srgb_to_lab

# L*, a*, b* (D65) at melanin 0, 0.2, ..., 1.
_ARC = np.array(
    [
        (74.0, 10.0, 15.5),
        (66.0, 12.0, 17.5),
        (57.5, 13.5, 19.0),
        (48.5, 14.0, 18.5),
        (39.5, 12.5, 15.0),
        (31.0, 10.0, 10.5),
    ]
)
# What blood does: a unit reddens by this much and darkens a little.
_BLOOD = np.array((-1.6, 3.2, 0.6))

# Between these lies facial skin: L*, and the hue angle in degrees.
LIGHTNESS_RANGE = (20.0, 80.0)
HUE_RANGE_DEG = (25.0, 80.0)


def skin_color(melanin: np.ndarray, blood: np.ndarray, yellow: float) -> np.ndarray:
    """Computes the color of skin.

    Args:
      melanin: float [N], 0 for very light and 1 for very dark skin; the arc's ends hold beyond.
      blood: float [N], 0 on average, about 1 for a flush.
      yellow: added to b*.

    Returns:
      sRGB [N, 3].
    """
    knots = np.linspace(0, 1, len(_ARC))
    lab = np.stack([np.interp(melanin, knots, channel) for channel in _ARC.T], axis=-1)
    return lab_to_srgb(lab + np.asarray(blood)[..., None] * _BLOOD + (0, 0, yellow))


def is_human(color: np.ndarray) -> np.ndarray:
    """Says whether sRGB colors [N, 3] are those of some human skin: bool [N]."""
    lightness, a, b = np.moveaxis(srgb_to_lab(color), -1, 0)
    hue = np.degrees(np.arctan2(b, a))
    in_range = (lightness >= LIGHTNESS_RANGE[0]) & (lightness <= LIGHTNESS_RANGE[1])
    return in_range & (hue >= HUE_RANGE_DEG[0]) & (hue <= HUE_RANGE_DEG[1])
