"""Finds what is not a person's skin in photographs: hair, background, glasses, odd photographs.

A ratio is the logarithm of a vertex's color over that of the person's own skin.
"""

import numpy as np

from model.face_models.painting.skin_tones import srgb_to_lab
from model.face_models.photographed.light import LUMINANCE
from model.face_models.photographed.mesh_fields import Smoother
from model.face_models.photographed.places import Places
from model.face_models.photographed.tone import darkness

# Chroma and hue angle in CIELAB of skin in a color photograph without an extreme cast.
_CHROMA = (12.0, 46.0)
_HUE_DEG = (26.0, 70.0)
# How far log luminance and log color may lie from the median face: on skin, more on features, and
# where hair of the head may hang.
_LUMINANCE = (0.42, 0.8)
_COLOR = (0.15, 0.2)
_HAIR_LUMINANCE = 0.24
_HAIR_COLOR = 0.10
# Where something is rejected, its surroundings are too, over so many mm.
_SPREAD_MM = 5.0
# From this share of the forehead above a brow on, a fringe may cover the brow too.
_FRINGE = 0.25


def usable(skins: np.ndarray) -> np.ndarray:
    """Says which photographs show skin in color: bool [B], by their skins [B, 3] (log sRGB)."""
    lab = srgb_to_lab(np.exp(skins))
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    in_color = (chroma > _CHROMA[0]) & (chroma < _CHROMA[1])
    return in_color & (hue > _HUE_DEG[0]) & (hue < _HUE_DEG[1])


def trusted_weights(
    ratios: np.ndarray,
    skins: np.ndarray,
    weights: np.ndarray,
    places: Places,
    smoother: Smoother,
    mirrored: np.ndarray,
) -> np.ndarray:
    """Takes the weight away from whatever lies too far from the median face.

    Args:
      ratios: float [B, N, 3]; skins: float [B, 3], log sRGB; weights: float [B, N].
      places: parts of the mean face.
      smoother: of the mean face; mirrored: int [N], its mirrored vertices.

    Returns:
      float32 [B, N].
    """
    median = _weighted_median(ratios, weights)
    away = ratios - (median + median[mirrored]) / 2
    luminance = away @ np.float32(LUMINANCE)
    color = np.abs(away - luminance[..., None]).max(axis=-1)
    luminance_limit, color_limit = _limits(places)
    # In dark skin the same light and the same noise are more of the color.
    slack = 1 + 0.4 * np.clip(darkness(np.exp(skins)), 0, 2)[:, None]
    bad = (np.abs(luminance) > luminance_limit * slack) | (color > color_limit * slack)
    spread = smoother.smoothing(_SPREAD_MM)(bad.T.astype(float)).T
    trusted = weights * np.clip(1 - 2.5 * spread, 0, 1) * ~bad
    return np.float32(trusted * _without_fringe(bad, weights, places, mirrored))


def _limits(places):
    features = np.maximum.reduce(
        [places.beard, 3 * places.brows - 0.9, 1.5 * places.lids, 2 * places.lips]
    )
    features = np.clip(features, 0, 1)
    hairy = places.hairy > 0.5
    luminance = np.where(hairy, _HAIR_LUMINANCE, _LUMINANCE[0] + _LUMINANCE[1] * features)
    color = np.where(hairy, _HAIR_COLOR, _COLOR[0] + _COLOR[1] * features)
    return luminance, color


def _without_fringe(bad, weights, places, mirrored):
    """Factors [B, N] that drop a brow under hair."""
    factors = np.ones(bad.shape)
    left = np.arange(bad.shape[1]) <= mirrored
    for side in (left, ~left):
        above = places.above_brows * side
        hidden = np.sum(bad * above, axis=1) / np.maximum(above.sum(), 1e-6)
        covered = hidden > _FRINGE
        factors[np.ix_(covered, side)] = 1 - np.clip(
            2 * (places.brows + places.above_brows)[side], 0, 1
        )
    return factors


def _weighted_median(values, weights):
    """Medians [N, 3] over the faces."""
    medians = []
    for channel in np.moveaxis(values, -1, 0):
        order = np.argsort(channel, axis=0)
        counted = np.cumsum(np.take_along_axis(weights + 1e-6, order, axis=0), axis=0)
        middle = np.sum(counted < counted[-1] / 2, axis=0)
        chosen = np.take_along_axis(order, middle[None], axis=0)
        medians.append(np.take_along_axis(channel, chosen, axis=0)[0])
    return np.stack(medians, axis=-1)
