"""Keeps what was learned of faces within the bounds of skin, sharpens it, and fills the rest.

Fields lie on the whole mean face; deviations are logarithms of colors over those of the mean face.
"""

import numpy as np

from model.face_models.photographed.light import LUMINANCE, harmonics, smooth_light
from model.face_models.photographed.mesh_fields import Smoother
from model.face_models.photographed.places import Places

# Limits of deviations in log luminance, darker and lighter: on skin; what features add to them;
# where hair hangs. What only darkens (lids, beard, brows) may not become much lighter, or its
# mirror image about the mean is a light patch on every other random face.
_DARKER, _LIGHTER = 0.24, 0.13
_FEATURES_DARKER = {"brows": 0.6, "beard": 0.3, "lids": 0.2, "lips": 0.3}
_FEATURES_LIGHTER = {"brows": 0.08, "beard": -0.05, "lids": -0.06, "lips": 0.1}
_HAIR = 0.1
_COLOR, _COLOR_OF_FEATURES = 0.065, 0.13
# The color of skin varies smoothly; that of a small photograph does not.
_COLOR_SMOOTHING_MM = 7.0
_SHARPENED_MM = 4.0
_SHARPENING, _SHARPENING_OF_FEATURES = 0.3, 0.9
# Values reach so many mm into places of which nothing is known, and are held back there so
# strongly.
_FILL_MM = 25.0
_HELD = 40.0
# The share of the mean face's own shading that is taken away; and the share of what is then left
# that is smooth over so many mm.
_SHADING, _REST, _REST_MM = 0.8, 0.6, 14.0
_MEAN_LIGHTER = 0.07
_MEAN_COLOR = 0.8


class Refiner:
    """Refines fields on one mean face."""

    def __init__(self, places: Places, smoother: Smoother, normals: np.ndarray, known: np.ndarray):
        """Prepares the smoothing.

        Args:
          places: parts of the mean face.
          smoother: of the mean face.
          normals: float [N, 3], its smooth unit normals.
          known: float [N] in 0..1, how well photographs show each vertex.
        """
        self._places = places
        self._known = known
        self._harmonics = harmonics(normals)
        self._fill = smoother.smoothing(_FILL_MM, _HELD * known + 1e-4)
        self._smooth_color = smoother.smoothing(_COLOR_SMOOTHING_MM, known + 1e-4)
        self._blur = smoother.smoothing(_SHARPENED_MM)
        skin = known * (1 - self._feature()) + 1e-4
        self._smooth_skin = smoother.smoothing(_REST_MM, skin)

    def filled(self, field: np.ndarray) -> np.ndarray:
        """Continues a field [N, ...] smoothly where photographs show nothing."""
        known = self._known.reshape([-1] + [1] * (field.ndim - 1))
        return known * field + (1 - known) * self._fill(field)

    def deviations(self, fields: np.ndarray) -> np.ndarray:
        """Sharpens, limits and fills deviations [N, B, 3] of many faces."""
        luminance = fields @ LUMINANCE
        color = fields - luminance[..., None]
        feature = self._feature()[:, None]
        # Lids are creases and shadows more than color: they are not sharpened as brows are.
        sharp = feature * (1 - 0.7 * np.clip(1.2 * self._places.lids, 0, 1))[:, None]
        gain = _SHARPENING + (_SHARPENING_OF_FEATURES - _SHARPENING) * sharp
        gain = gain * (1 - self._places.hairy[:, None])
        luminance = luminance + gain * (luminance - self._blur(luminance))
        color = np.where(feature[..., None] > 0.6, color, self._smooth_color(color))
        darker, lighter = self._luminance_limits()
        luminance = limited(luminance, darker[:, None], lighter[:, None])
        limit = _COLOR + _COLOR_OF_FEATURES * np.clip(
            np.maximum(self._places.lips * 1.5, self._places.brows), 0, 1
        )
        color = limited(color, limit[:, None, None], limit[:, None, None])
        return self.filled(luminance[..., None] + color)

    def mean(self, field: np.ndarray) -> np.ndarray:
        """Takes the shading out of the mean face's ratios [N, 3], and fills them."""
        feature = self._feature()
        luminance = field @ LUMINANCE
        color = field - luminance[:, None]
        share = _MEAN_COLOR + (1 - _MEAN_COLOR) * feature
        color = color * (share * (1 - 0.6 * self._places.hairy))[:, None]
        plain = self._places.plain * self._known
        luminance = luminance + feature * _SHARPENING_OF_FEATURES * (
            luminance - self._blur(luminance)
        )
        luminance = luminance - _SHADING * smooth_light(luminance, plain, self._harmonics)
        rest = self._smooth_skin(luminance)
        rest = rest - np.average(rest, weights=plain)
        luminance = luminance - _REST * (1 - 0.5 * feature) * rest
        luminance = limited(luminance, 2.0, _MEAN_LIGHTER + 0.2 * self._places.lips)
        luminance -= np.average(luminance, weights=plain)
        return self.filled(luminance[:, None] + color)

    def _feature(self):
        places = self._places
        return np.clip(
            np.maximum.reduce([2 * places.brows, 1.2 * places.lids, 1.5 * places.lips]), 0, 1
        )

    def _luminance_limits(self):
        places = self._places
        windows = {
            "brows": 2 * places.brows,
            "beard": places.beard,
            "lids": 1.5 * places.lids,
            "lips": 1.5 * places.lips,
        }
        windows = {name: np.clip(window, 0, 1) for name, window in windows.items()}
        darker = _DARKER + np.max([_FEATURES_DARKER[k] * v for k, v in windows.items()], axis=0)
        lighter = _LIGHTER + sum(_FEATURES_LIGHTER[k] * v for k, v in windows.items())
        hairy = places.hairy
        darker = darker * (1 - hairy) + _HAIR * hairy
        return darker, np.clip(lighter, 0.07, None) * (1 - hairy) + _HAIR * hairy


def limited(values, darker, lighter):
    """Bends values so that they come near limits below and above 0, but never go beyond."""
    below = -darker * np.tanh(-np.minimum(values, 0) / darker)
    return below + lighter * np.tanh(np.maximum(values, 0) / lighter)
