"""The transfer function of sRGB: encoded colors to linear light and back."""

import tensorflow as tf


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
