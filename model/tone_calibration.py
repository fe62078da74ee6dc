"""Brings the skin tones that are decoded from photographs to the level of the people on them.

The features of an early layer tell which of two people is darker. They tell how dark all of them
are only up to a shift and a scale, since photographs are not renders. The cheek on a single
photograph does not tell it either: its color depends more on exposure and color cast than on the
skin. Over hundreds of photographs these average out: middle and spread of the cheeks are those of
the people.

Hue is told less well. A black-and-white photograph or a color cast moves what is decoded further
than people differ, so that faces would turn gray or pink. Hence hue is believed in part only, and
for the rest it is that of the face model's mean.
"""

import functools

import numpy as np
import scipy.optimize
import tensorflow as tf

from model.alignment import crop_transform
from model.color import srgb_to_lab
from model.crop import Crop
from model.face_regions import cheek_mask
from model.morphable_model import MorphableModel

# This part of the spread of photographed cheeks is taken for the people's; the rest is exposure.
PEOPLES_SHARE = 0.75
# This part of a decoded hue, as its distance from the mean face, is taken for the person's; the
# rest is color cast.
HUE_SHARE = 0.5
# A cheek lies this far from the eye to the corner of the mouth and this far outward, and the patch
# that is looked at is this wide; all are parts of the distance from eye to mouth.
_DOWN, _OUT, _HALF_WIDTH = 0.62, 0.10, 0.12
# The median absolute deviation of a normal distribution, as a part of its standard deviation.
_MAD = 0.6745
_PASSES = 2
# What the search tries first: the logarithm of the scale and the level, in standard deviations.
_FIRST_STEPS = np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]])


def photographed_cheeks(crops: np.ndarray, points: np.ndarray, crop: Crop) -> np.ndarray:
    """Reads the colors of both cheeks in aligned crops.

    Args:
      crops: uint8 RGB [P, S, S, 3].
      points: float [P, 5, 2], the five points in pixels of the photographs.
      crop: by which the crops were cut.

    Returns:
      float64 sRGB [P, 3] in 0..1: the median of two patches.
    """
    matrices = crop_transform(tf.constant(points[:, list(crop.point_indices)]), crop).numpy()
    ones = np.ones([*points.shape[:2], 1])
    inside = np.einsum("pij,pkj->pki", matrices, np.concatenate([points, ones], axis=-1))
    colors = [_cheeks(*pair) for pair in zip(crops, inside, strict=True)]
    return np.array(colors).reshape(-1, 3) / 255.0


def _cheeks(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    right_eye, left_eye, _, right_mouth, left_mouth = points
    outward = (right_eye - left_eye) / np.linalg.norm(right_eye - left_eye)
    patches = []
    for eye, mouth, side in ((right_eye, right_mouth, outward), (left_eye, left_mouth, -outward)):
        length = np.linalg.norm(mouth - eye)
        middle = eye + _DOWN * (mouth - eye) + _OUT * length * side
        low = np.clip(np.round(middle - _HALF_WIDTH * length), 0, len(image) - 1).astype(int)
        high = np.maximum(np.round(middle + _HALF_WIDTH * length).astype(int), low) + 1
        patches.append(image[low[1] : high[1], low[0] : high[0]].reshape(-1, 3))
    return np.median(np.concatenate(patches), axis=0)


def modeled_cheeks(face_model: MorphableModel, texture: np.ndarray) -> np.ndarray:
    """Computes the mean colors of the cheeks of faces.

    Args:
      face_model: the face model.
      texture: float32 [B, Kt], coefficients.

    Returns:
      float64 sRGB [B, 3] in 0..1.
    """
    cheeks = cheek_mask(face_model)
    batches = np.array_split(np.float32(texture), max(1, len(texture) // 64))
    colors = [face_model.decode_texture(batch).numpy()[:, cheeks] for batch in batches]
    return np.concatenate([batch.mean(axis=1, dtype=np.float64) for batch in colors])


def fit_tone_calibration(
    face_model: MorphableModel, texture: np.ndarray, components: int, cheeks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the scales and the offsets of the tone components.

    The first component is lightness. Middle and spread of the cheeks' are the median and the median
    absolute deviation, so that gray photographs and extreme exposures do not count. They are those
    of whole faces: components that are no tone make cheeks a little lighter or darker too. The
    other components, which are hue, are drawn to the face model's mean.

    Args:
      face_model: the face model, with tone components.
      texture: float32 [P, Kt], decoded from photographs without calibration.
      components: how many of the first components are tone, T.
      cheeks: float sRGB [P, 3], of the same photographs.

    Returns:
      Scale and offset, both float [T]. The scale is positive: who is decoded as darker than another
      stays so.
    """
    wanted = srgb_to_lab(cheeks)[:, 0]
    middle, spread = np.median(wanted), PEOPLES_SHARE * _deviation(wanted)
    scale, offset = np.full(components, HUE_SHARE), np.zeros(components)
    scale[0] = 1.0
    # The rest of a face depends a little on its tone, so its part is measured twice.
    for _ in range(_PASSES):
        decoded = np.array(texture, np.float32)
        decoded[:, :components] = texture[:, :components] * scale + offset
        rest = _lightness(face_model, decoded) - _lightness_of_tone(face_model, decoded[:, 0])
        scale[0], offset[0] = _fit_lightness(face_model, texture[:, 0], rest, middle, spread)
    return scale, offset


def _fit_lightness(face_model, tone, rest, middle, spread):
    """The scale and the offset of the tones with which cheeks get this middle and spread of L*."""
    center = np.median(tone)

    def miss(values):
        logarithm, level = values
        scaled = np.exp(logarithm) * (tone - center) + level
        reached = _lightness_of_tone(face_model, scaled) + rest
        return (np.median(reached) - middle) ** 2 + (_deviation(reached) - spread) ** 2

    # A negative scale would give the same spread and make the dark people the light ones. So its
    # logarithm is searched. The median alone says where the level is, so the search starts there.
    start = np.array([0.0, _tone_of(face_model, middle - np.median(rest))])
    options = {"initial_simplex": start + _FIRST_STEPS}
    found = scipy.optimize.minimize(miss, start, method="Nelder-Mead", options=options)
    scale = np.exp(found.x[0])
    return scale, found.x[1] - scale * center


def _lightness(face_model, texture):
    return srgb_to_lab(modeled_cheeks(face_model, texture))[:, 0]


@functools.lru_cache(maxsize=1)
def _lightness_by_tone(face_model):
    """L* of the cheeks at steps of the first component, all others being 0."""
    steps = np.linspace(-4.0, 4.0, 33)
    texture = np.zeros([len(steps), face_model.texture_components], np.float32)
    texture[:, 0] = steps
    return steps, _lightness(face_model, texture)


def _lightness_of_tone(face_model, tone):
    return np.interp(tone, *_lightness_by_tone(face_model))


def _tone_of(face_model, lightness):
    """The first component at which cheeks have this L*, to a step."""
    steps, reached = _lightness_by_tone(face_model)
    return steps[np.argmin(np.abs(reached - lightness))]


def _deviation(values: np.ndarray) -> float:
    return float(np.median(np.abs(values - np.median(values))) / _MAD)
