"""Gives a face the skin tone that it has in one photograph, exposure and color cast included.

The person's own tone is what a decoder reads (`model.tone_calibration`). This is for whoever wants
the look of one picture; another picture of the same person gives another skin. The paper has no
such step.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from model.face_regions import cheek_mask
from model.morphable_model import MorphableModel

# No change of the coefficients is longer: it would make another face, and not another tone. Half
# of all official portraits ask for less than 4.4 with the colors that were learned from such, and a
# gray photograph for 8.
LONGEST_CHANGE = 6.0
# A cheek counts as reached if each channel is as near as this.
_TOLERANCE = 0.5 / 255
_MOST_STEPS = 20
_BISECTIONS = 60


class MatchedTone(NamedTuple):
    """Coefficients whose cheeks have a wanted color.

    Attributes:
      texture: float32 [Kt].
      cheek: float64 sRGB [3] in 0..1, the mean color of their cheeks.
      reached: whether it is the wanted one, by half a level of 255.
    """

    texture: np.ndarray
    cheek: np.ndarray
    reached: bool


def match_cheek(face_model: MorphableModel, texture: np.ndarray, cheek: np.ndarray) -> MatchedTone:
    """Finds the smallest change of texture coefficients that gives the cheeks a certain mean color.

    Smallest is the Euclidean length of the change, which for standard normal coefficients is how
    likely it is. A color that asks for more than `LONGEST_CHANGE` is approached as far as that
    goes: in lightness first, since lightness takes the shortest change.

    Args:
      face_model: the face model.
      texture: float32 [Kt], standard normal coefficients.
      cheek: float sRGB [3] in 0..1, the wanted color (`tone_calibration.photographed_cheeks`).

    Returns:
      The changed coefficients, and how near they came.

    Raises:
      ValueError: a value is not finite, the cheek is no color, or the face model has no cheeks.
    """
    on_cheeks = cheek_mask(face_model)
    if not on_cheeks.any():
        raise ValueError(f"face model {face_model.name}: no vertex lies on the cheeks")
    texture, cheek = np.asarray(texture, np.float64), np.asarray(cheek, np.float64)
    if not (np.all(np.isfinite(texture)) and np.all((cheek >= 0) & (cheek <= 1))):
        raise ValueError(f"cheek is {cheek.tolist()}; it must be a color in 0..1, of a finite face")
    changes, colors = [np.zeros_like(texture)], []
    # Colors are linear in the coefficients but where they are clipped or the model is in linear
    # light, so the first step is nearly always exact.
    for _ in range(_MOST_STEPS):
        color, slope = _cheek_and_slope(face_model, on_cheeks, texture + changes[-1])
        colors.append(color)
        changes.append(_shortest_change(slope, cheek - color + slope @ changes[-1]))
        if np.linalg.norm(changes[-1] - changes[-2]) < 1e-4:
            break
    best = int(np.argmin([np.linalg.norm(color - cheek) for color in colors]))
    reached = bool(np.max(np.abs(colors[best] - cheek)) <= _TOLERANCE)
    return MatchedTone(np.float32(texture + changes[best]), colors[best], reached)


def _shortest_change(slope, difference):
    """The change [K] of least length, within the limit, for which slope @ change comes nearest.

    It is a ridge regression (a trust region): without a ridge where the limit allows that.
    """
    left, stretch, right = np.linalg.svd(slope, full_matrices=False)
    stretch = np.maximum(stretch, 1e-9)
    along = left.T @ difference

    def change(ridge):
        return (stretch / (stretch**2 + ridge) * along) @ right

    low, high = 0.0, np.linalg.norm(stretch * along) / LONGEST_CHANGE
    if np.linalg.norm(change(low)) <= LONGEST_CHANGE:
        return change(low)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        too_long = np.linalg.norm(change(middle)) > LONGEST_CHANGE
        low, high = (middle, high) if too_long else (low, middle)
    return change(high)


def _cheek_and_slope(face_model, on_cheeks, texture):
    """The mean color of the cheeks [3], float64, and its derivative by the coefficients [3, Kt]."""
    coefficients = tf.constant(texture[None], tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(coefficients)
        colors = face_model.decode_texture(coefficients)
        cheek = tf.reduce_mean(tf.boolean_mask(colors[0], on_cheeks), axis=0)
    slope = tape.jacobian(cheek, coefficients, experimental_use_pfor=False)
    return cheek.numpy().astype(np.float64), slope[:, 0].numpy().astype(np.float64)
