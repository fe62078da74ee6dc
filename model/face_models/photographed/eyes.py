"""Paints eyeballs with the colors of a photograph's eyes.

A small photograph leaves the color of iris and white, but no edge: pupil, rim, lashes and the
shadow of the upper lid are drawn by hand.
"""

import numpy as np

from model.face_model_contents import FaceModelContents
from model.face_models.painting.masks import PaintMasks, smooth_step
from model.face_models.photographed.unwrap import eyeballs

_PUPIL = np.array([0.035, 0.03, 0.03])
_LASHES = np.array([0.10, 0.075, 0.065])
# Radii as parts of the iris's.
_PUPIL_EDGE = (0.30, 0.42)
_RIM = (0.72, 0.98)
_IRIS_EDGE = (0.93, 1.08)
# Heights between the lids, from 0 to 1: upward over these ranges the upper lid's shadow and the
# lashes set in, and over the third one the lower lid's wet edge ends.
_SHADOW = (0.45, 0.85)
_LASH_LINE = (0.72, 0.86)
_LOWER_EDGE = (0.02, 0.14)


class EyePainter:
    """Paints the eyeballs of one mean face."""

    def __init__(self, face_model: FaceModelContents, masks: PaintMasks):
        """Finds irises and lids; a face model without eyeballs is left as it is."""
        self._balls = eyeballs(face_model)
        self._opening = masks.eye_opening()
        self._radius = [self._radii(masks.vertices, ball) for ball in self._balls]

    def __call__(self, colors: np.ndarray, iris: np.ndarray, white: np.ndarray) -> np.ndarray:
        """Paints.

        Args:
          colors: float [N, 3], sRGB of a face.
          iris: [3]; white: [3], sRGB.

        Returns:
          The colors with painted eyeballs [N, 3].
        """
        painted = np.array(colors)
        for ball, radius in zip(self._balls, self._radius, strict=True):
            if len(ball.all):
                painted[ball.all] = self._ball(radius, self._opening[ball.all], iris, white)
        return painted

    def _ball(self, radius, opening, iris, white):
        step = smooth_step
        # The iris is lighter toward the pupil and below, where light falls in.
        glow = 1.05 + 0.25 * (1 - radius) - 0.25 * (opening - 0.5)
        disk = iris * np.clip(glow, 0.6, 1.4)[:, None]
        disk = disk * (1 - 0.55 * step(radius, *_RIM))[:, None]
        disk = _blend(disk, _PUPIL, 1 - step(radius, *_PUPIL_EDGE))
        # The white is pinker and darker toward the corners.
        corner = step(radius, 1.3, 2.3)[:, None]
        ball = white * (1 - corner * (0.10, 0.20, 0.20))
        ball = _blend(ball, disk, 1 - step(radius, *_IRIS_EDGE))
        ball = ball * (1 - 0.5 * step(opening, *_SHADOW))[:, None]
        ball = _blend(ball, _LASHES, 0.9 * step(opening, *_LASH_LINE))
        return _blend(ball, 0.62 * white, 0.7 * (1 - step(opening, *_LOWER_EDGE)))

    def _radii(self, vertices, ball):
        """Distance from the iris's center in units of its radius, for the ball's vertices."""
        if not len(ball.iris):
            return np.full(len(ball.all), 2.0)
        center = vertices[ball.iris, :2].mean(axis=0)
        away = np.linalg.norm(vertices[ball.all, :2] - center, axis=1)
        return away / np.linalg.norm(vertices[ball.iris, :2] - center, axis=1).max()


def _blend(under, over, share):
    return under + share[:, None] * (over - under)
