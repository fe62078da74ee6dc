"""Paints random people on a mean face.

Nothing here is measured but the range of skin tones (`skin_tones`, beside this file). A person gets
a skin of melanin and blood, the light and dark that scans bake into folds and ridges, brows, eyes,
lips, a beard's shadow, and smooth fields of whatever else differs. Hair and shadows darken the skin
by a factor that is at most 1.

The people are to be summed up by a Gaussian, which holds the mirror image of everything about the
mean as likely. So what is drawn is near normal, and what only darkens is painted on the average
face as well: its mirror image is a light patch in the tails alone, soonest around the eyes.
"""

import numpy as np

from model.face_models.painting.masks import (
    PaintMasks,
    lips,
    nasolabial_folds,
    paint_places,
    smooth_step,
)
from model.face_models.painting.skin_tones import skin_color

# Log brightness of what a scan bakes in: mean over people, and standard deviation.
_RELIEF = {
    "nasolabial folds": (-0.20, 0.24),
    "sides of the nose": (-0.08, 0.08),
    "wings of the nose": (-0.14, 0.07),
    "below the nose": (-0.07, 0.05),
    "ridge of the nose": (0.05, 0.05),
    "inner sockets": (-0.26, 0.28),
    "lid creases": (-0.29, 0.27),
    "upper sockets": (-0.25, 0.31),
    "below the eyes": (-0.20, 0.23),
    "cheek hollows": (-0.07, 0.08),
    "cheekbones": (0.05, 0.06),
    "jaw": (-0.08, 0.08),
    "chin crease": (-0.11, 0.07),
    "chin": (0.02, 0.05),
    "philtrum": (-0.05, 0.05),
    "temples": (-0.08, 0.08),
    "glabella": (-0.05, 0.09),
    "forehead": (0.04, 0.06),
    "mouth corners": (-0.25, 0.27),
    "marionette lines": (-0.11, 0.20),
    "upper lip": (-0.04, 0.18),
}
# The correlation of each part of the relief with age, which deepens all of them.
_AGE = 0.7
# Melanin and blood by place: mean and standard deviation.
_MELANIN = {"below the eyes": (0.03, 0.03), "forehead": (0.0, 0.015)}
_BLOOD = {
    "cheeks": (0.35, 0.4),
    "nose": (0.35, 0.4),
    "forehead": (0.0, 0.15),
    "chin": (0.1, 0.3),
    "lids": (0.2, 0.3),
}
# The brows among the 68 points, from their outer ends inward.
_BROWS = ((17, 18, 19, 20, 21), (26, 25, 24, 23, 22))
_BEARD = ("moustache", "chin beard", "jaw beard")

# sRGB of hair from black to blond and grey, and of irises, with their shares of light-skinned
# people; the darker the skin, the more people have the first.
_HAIR = (
    ((0.07, 0.06, 0.05), 0.40),
    ((0.18, 0.12, 0.09), 0.30),
    ((0.32, 0.22, 0.15), 0.15),
    ((0.52, 0.40, 0.27), 0.08),
    ((0.48, 0.46, 0.44), 0.07),
)
_IRIS = (
    ((0.16, 0.10, 0.07), 0.50),
    ((0.29, 0.20, 0.13), 0.20),
    ((0.33, 0.34, 0.25), 0.10),
    ((0.36, 0.43, 0.49), 0.20),
)
_LASHES = (0.10, 0.08, 0.07)
# What does not differ between people.
_FIXED = {
    "sclera": (0.80, 0.77, 0.75),
    "pupil": (0.04, 0.04, 0.04),
    "teeth": (0.86, 0.84, 0.78),
    "inner_mouth": (0.45, 0.20, 0.20),
    "lashes": _LASHES,
}
_EYEBALL = ("sclera", "iris", "pupil")

_FIELDS = 36
_FIELD_SEED = 20180619
_LONGEST_MM, _SHORTEST_MM = 160.0, 22.0


class Painter:
    """Paints one random person after the other."""

    def __init__(
        self, vertices: np.ndarray, regions: dict[str, np.ndarray], landmarks_68: np.ndarray
    ):
        """Prepares the places to paint; `painted_colors` says what the arguments are."""
        self._regions = regions
        self._masks = PaintMasks(vertices, regions["skin"], landmarks_68)
        self._places = paint_places(self._masks)
        self._fields = _smooth_fields(vertices, regions["skin"])
        self._brow_rows = [self._masks.along(row) for row in _BROWS]
        self._eye_opening = self._masks.eye_opening()
        eyeball = [regions[name] for name in _EYEBALL if name in regions]
        self._eyeball = np.any(eyeball, axis=0) if eyeball else np.zeros(len(vertices), bool)

    def __call__(self, generator: np.random.Generator) -> np.ndarray:
        """Draws a person and returns the colors, sRGB float [N, 3] in 0..1."""
        melanin = _draw(generator, 0.46, 0.28, -0.05, 1.05)
        tone = skin_color(np.array([melanin]), np.zeros(1), 0.0)[0]
        hair = _choose(_HAIR, melanin, generator)
        red = self._lips(generator)
        colors = self._skin(melanin, red, generator)
        colors *= _darkening(self._brows(generator), hair, tone)
        colors *= _darkening(self._beard(red, generator), hair, tone)
        colors *= _darkening(self._lash_lines(generator), _LASHES, tone)
        for name, color in (_FIXED | {"iris": _choose(_IRIS, melanin, generator)}).items():
            if name in self._regions:
                colors[self._regions[name]] = color
        return np.clip(self._under_lids(colors, tone, generator), 0.0, 1.0)

    def _lips(self, generator):
        """Says where the lips are red, [N] in 0..1: fuller or thinner, wider or narrower."""
        upper, lower = _draw(generator, 0.0, 1.4, -2.8, 2.8), _draw(generator, 0.0, 1.8, -3.6, 3.6)
        return lips(self._masks, upper, lower, _draw(generator, 0.0, 0.035, -0.07, 0.07))

    def _skin(self, melanin, lips, generator):
        """Paints tone, patches of melanin and blood, lips, relief and smooth fields."""
        draw = generator.normal
        skin = self._masks.skin
        brightness, tint = (self._fields @ draw(size=(_FIELDS, 2))).T
        melanin = melanin + 0.01 * tint + _sum(_MELANIN, self._places, draw)
        blood = 0.4 * draw() + 0.25 * tint + _sum(_BLOOD, self._places, draw)
        blood = blood + (2.4 + 1.2 * draw()) * lips
        relief = self._relief(draw) + 0.055 * brightness - (0.16 + 0.13 * draw()) * lips
        return skin_color(melanin, blood * skin, 2.0 * draw()) * np.exp(relief * skin)[:, None]

    def _relief(self, draw):
        """Returns log brightness [N]: shadows deepen and ridges shine with age."""
        age = draw()

        def drawn():
            return np.sqrt(1 - _AGE**2) * draw() + _AGE * age

        moved = nasolabial_folds(self._masks, 3.2 * draw(size=2))
        places = self._places | {"nasolabial folds": moved}
        signed = {name: (mean, np.copysign(sd, mean)) for name, (mean, sd) in _RELIEF.items()}
        return _sum(signed, places, drawn)

    def _brows(self, generator):
        """Returns the density of the brows [N] in 0..1."""
        thickness = _draw(generator, 4.8, 2.3, 1.0, 9.0)
        lift = _draw(generator, 0.0, 1.8, -3.5, 3.5)
        arch, taper = _draw(generator, 0.0, 1.0, -2.0, 2.0), _draw(generator, 0.45, 0.2, 0.1, 0.9)
        start, end = _draw(generator, 0.0, 0.08, -0.2, 0.2), _draw(generator, 1.0, 0.08, 0.8, 1.2)
        brows = np.zeros(len(self._masks.skin))
        for height, place in self._brow_rows:
            inward = np.clip(place, 0, 1)
            height = height - lift - arch * (4 * inward * (1 - inward) - 0.5)
            width = thickness * (1 - taper * (1 - inward) ** 2)
            ends = smooth_step(place, start - 0.12, start + 0.1)
            ends *= 1 - smooth_step(place, end - 0.1, end + 0.12)
            brows = np.maximum(brows, ends * np.exp(-((height / width) ** 2)))
        return _draw(generator, 0.85, 0.52, 0.05, 1.0) * brows * self._masks.front

    def _beard(self, lips, generator):
        """Returns the density of the beard [N] in 0..1."""
        beard = sum(_draw(generator, 0.5, 0.25, 0.0, 1.0) * self._places[part] for part in _BEARD)
        share = _draw(generator, 0.38, 0.45, 0.0, 1.0)
        return share * np.minimum(beard, 0.9) * (1 - lips)

    def _lash_lines(self, generator):
        return _draw(generator, 0.55, 0.3, 0.0, 0.95) * self._places["lash lines"]

    def _under_lids(self, colors, tone, generator):
        """Shades the eyeballs, and draws lids over their upper and lower parts."""
        shade = 1 - _draw(generator, 0.18, 0.15, 0.0, 0.6)
        upper = _draw(generator, 0.22, 0.24, 0.0, 0.6)
        lower = _draw(generator, 0.16, 0.18, 0.0, 0.4)
        lid = smooth_step(self._eye_opening, 0.88 - upper, 1.12 - upper)
        lid = np.maximum(lid, 1 - smooth_step(self._eye_opening, lower - 0.1, lower + 0.1))[:, None]
        eyes = colors * shade * (1 - lid) + 0.8 * tone * lid
        return np.where(self._eyeball[:, None], eyes, colors)


def _sum(table, places, draw):
    return sum((mean + sd * draw()) * places[name] for name, (mean, sd) in table.items())


def _draw(generator, mean, deviation, low, high) -> float:
    return float(np.clip(mean + deviation * generator.normal(), low, high))


def _choose(colors_and_shares, melanin, generator):
    """Picks one of the colors [3]; the darker the skin, the more often it is the first."""
    colors, shares = zip(*colors_and_shares, strict=True)
    shares = np.array(shares)
    shares[1:] *= max(1.0 - melanin, 0.0)
    return np.array(colors[generator.choice(len(colors), p=shares / shares.sum())])


def _darkening(density, hair, tone):
    """Returns the factor [N, 3] by which hair of a density [N] darkens skin; at most 1."""
    depth = 1 - np.minimum(np.asarray(hair) / tone, 1.0)
    return 1 - density[:, None] * depth


def _smooth_fields(vertices, skin):
    """Makes waves [N, K] of falling wavelength in random directions, two thirds symmetric.

    Their sum with standard normal weights has about a unit variance.
    """
    generator = np.random.default_rng(_FIELD_SEED)
    fields = []
    for k, step in enumerate(np.linspace(0.0, 1.0, _FIELDS)):
        wavelength = _LONGEST_MM * (_SHORTEST_MM / _LONGEST_MM) ** step
        direction = generator.normal(size=3)
        direction *= 2 * np.pi / (wavelength * np.linalg.norm(direction))
        phase = generator.uniform(0, 2 * np.pi)
        values = np.sin(vertices @ direction + phase)
        if k % 3 != 2:
            mirrored = np.sin(vertices * (-1, 1, 1) @ direction + phase)
            values = (values + mirrored) / np.sqrt(2)
        fields.append(values * skin * np.sqrt(2.0 / _FIELDS))
    return np.stack(fields, axis=1)
