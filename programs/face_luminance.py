"""How bright a face is in its render, and the same pixels of the photograph."""

import numpy as np
import tensorflow as tf

from model.color import LUMINANCE
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.scene import fixed_scene, stack_scenes

_BATCH = 8


def face_luminances(
    renderer: FaceRenderer, faces: Coefficients, crops: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measures the mean luminance of faces in the fixed scene, and of the photographs there.

    Luminance is the weighted sum of encoded sRGB values (luma), since that is what is seen as how
    bright a picture is. The photograph's pixels may show hair or glasses where the render has skin.

    Args:
      renderer: draws the faces in the photographs' crop.
      faces: coefficients of P faces.
      crops: uint8 RGB [P, S, S, 3], aligned as the renders are.

    Returns:
      The render's and the photograph's, both float [P] in 0..1.
    """
    scene = fixed_scene()
    # What differs between two backgrounds is background.
    black, white = (scene._replace(background=tf.fill([4, 3], value)) for value in (0.0, 1.0))
    rendered, photographed = [], []
    for start in range(0, len(crops), _BATCH):
        rows = slice(start, start + _BATCH)
        shape, texture = faces.shape[rows], faces.texture[rows]
        scenes = stack_scenes([black, white], len(crops[rows]))
        images = renderer(shape, texture, scenes).numpy()
        mask = np.abs(images[:, 0] - images[:, 1]).max(axis=-1) < 0.5
        rendered.append(_mean_luminance(images[:, 0], mask))
        photographed.append(_mean_luminance(crops[rows] / 255.0, mask))
    return np.concatenate(rendered), np.concatenate(photographed)


def _mean_luminance(images, mask):
    luminance = images @ np.array(LUMINANCE)
    return np.sum(luminance * mask, axis=(1, 2)) / np.maximum(np.sum(mask, axis=(1, 2)), 1)
