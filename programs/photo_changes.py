"""Changes of a photograph that leave the person as they are: what a camera does, not what it sees.

Every function maps crops uint8 sRGB [N, S, S, 3] to crops of the same kind.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from model.color import linear_to_srgb, srgb_to_linear

Change = Callable[[np.ndarray], np.ndarray]

HALF_A_STOP = 0.5
# Red is multiplied and blue is divided by this, or the reverse.
CAST = 1.15


def exposed(crops: np.ndarray, stops: float) -> np.ndarray:
    """Exposes photographs longer or shorter; a stop doubles the light. Highlights clip."""
    return _lit(crops, (2.0**stops,) * 3)


def balanced(crops: np.ndarray, factor: float) -> np.ndarray:
    """Changes the white balance: linear red is multiplied by `factor`, blue is divided by it."""
    return _lit(crops, (factor, 1.0, 1.0 / factor))


# Under these a tone should hold still.
TONE_CHANGES: dict[str, Change] = {
    "exposure +1/2 stop": lambda crops: exposed(crops, HALF_A_STOP),
    "exposure -1/2 stop": lambda crops: exposed(crops, -HALF_A_STOP),
    "white balance +15 %": lambda crops: balanced(crops, CAST),
    "white balance -15 %": lambda crops: balanced(crops, 1.0 / CAST),
}


def _lit(crops, factors):
    """Multiplies each channel's linear light; since pixels are of 256 values, a table does it."""
    levels = srgb_to_linear(tf.range(256, dtype=tf.float32) / 255.0)
    channels = []
    for channel, factor in enumerate(factors):
        changed = linear_to_srgb(tf.clip_by_value(levels * factor, 0.0, 1.0)).numpy()
        table = np.round(changed * 255).astype(np.uint8)
        channels.append(table[crops[..., channel]])
    return np.stack(channels, axis=-1)
