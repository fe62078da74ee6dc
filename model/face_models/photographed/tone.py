"""Skin tone: where human skin lies, and the components of a color model that move along it.

Tone has components of its own, the first ones of the model. The color of a photographed cheek
depends more on exposure and color cast than on the skin, so tones are not learned from photographs:
they follow measured skin (`painting.skin_tones` cites it), spread so that both ends of humankind
lie within 2.5 deviations. What else changes with tone (lips, brows and whites against the skin) is
learned.
"""

import numpy as np

from model.face_models.painting.skin_tones import lab_to_srgb, srgb_to_lab

# Knots of the arc of facial skin in CIELAB (D65): L*, a*, b*.
_ARC = np.array(
    [
        (20.0, 7.0, 7.0),
        (28.0, 9.5, 10.0),
        (36.0, 11.5, 13.5),
        (44.0, 13.0, 17.0),
        (52.0, 14.0, 19.0),
        (60.0, 13.5, 19.5),
        (68.0, 12.0, 18.5),
        (76.0, 10.0, 16.5),
        (84.0, 8.0, 14.0),
        (92.0, 5.0, 9.0),
    ]
)
LIGHTNESS_MEAN = 54.0
LIGHTNESS_DEVIATION = 10.7
# Deviations about the arc: of blood (mostly a*) and of yellow (mostly b*).
_BLOOD = np.array([-0.9, 1.8, 0.6])
_YELLOW = np.array([0.0, -0.4, 1.8])
COMPONENTS = 3


def arc(lightness: np.ndarray) -> np.ndarray:
    """CIELAB [..., 3] of facial skin of some L* [...]."""
    return np.stack([np.interp(lightness, _ARC[:, 0], _ARC[:, k]) for k in range(3)], axis=-1)


def draw_tones(count: int, seed: int) -> np.ndarray:
    """Skin tones [count, 3] sRGB of a population that has all of them, evenly about its mean."""
    generator = np.random.default_rng(seed)
    lightness, blood, yellow = np.clip(generator.normal(size=[3, count]), -2.7, 2.7)
    lab = arc(LIGHTNESS_MEAN + LIGHTNESS_DEVIATION * lightness)
    return lab_to_srgb(lab + blood[:, None] * _BLOOD + yellow[:, None] * _YELLOW)


def darkness(tone: np.ndarray) -> np.ndarray:
    """How dark tones [..., 3] sRGB are: 0 at L* 60, 1 at L* 50, ..., within -2 and 3."""
    lab = srgb_to_lab(np.reshape(tone, [-1, 3]))
    return np.clip((60.0 - lab[:, 0]) / 10.0, -2.0, 3.0).reshape(np.shape(tone)[:-1])
