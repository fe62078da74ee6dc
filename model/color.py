"""The transfer function of sRGB, from encoded colors to linear light and back, and luminance."""

import cv2
import numpy as np
import tensorflow as tf

# What red, green and blue of sRGB's primaries contribute to luminance (IEC 61966-2-1).
LUMINANCE = (0.2126, 0.7152, 0.0722)


def srgb_to_lab(color: np.ndarray) -> np.ndarray:
    """Converts sRGB [N, 3] in 0..1 to CIELAB (D65), float32; what lies outside is clipped."""
    return cv2.cvtColor(np.float32(np.clip(color, 0, 1))[None], cv2.COLOR_RGB2Lab)[0]


def lab_to_srgb(lab: np.ndarray) -> np.ndarray:
    """Converts CIELAB (D65) [N, 3] to sRGB in 0..1, float32; what sRGB cannot show is clipped."""
    return cv2.cvtColor(np.float32(lab)[None], cv2.COLOR_Lab2RGB)[0]


def srgb_to_linear(color: tf.Tensor) -> tf.Tensor:
    """Turns encoded colors in 0..1 into linear light in 0..1 (IEC 61966-2-1).

    Both curves of this module are elementwise, and their gradients are finite everywhere.
    """
    curve = tf.pow((tf.maximum(color, 0.04045) + 0.055) / 1.055, 2.4)
    return tf.where(color <= 0.04045, color / 12.92, curve)


def linear_to_srgb(color: tf.Tensor) -> tf.Tensor:
    """Turns linear light in 0..1 into encoded colors in 0..1; the inverse of `srgb_to_linear`."""
    # Inside the root the argument stays above the switch, where the slope is finite.
    curve = 1.055 * tf.pow(tf.maximum(color, 0.0031308), 1 / 2.4) - 0.055
    return tf.where(color <= 0.0031308, color * 12.92, curve)
