"""The transfer function of sRGB: encoded colors to linear light and back."""

import tensorflow as tf


def srgb_to_linear(color: tf.Tensor) -> tf.Tensor:
    """The sRGB transfer function (IEC 61966-2-1), 0..1 to 0..1; gradients are finite everywhere."""
    curve = tf.pow((tf.maximum(color, 0.04045) + 0.055) / 1.055, 2.4)
    return tf.where(color <= 0.04045, color / 12.92, curve)


def linear_to_srgb(color: tf.Tensor) -> tf.Tensor:
    """The inverse of `srgb_to_linear`."""
    # Inside the root the argument stays above the switch, where the slope is finite.
    curve = 1.055 * tf.pow(tf.maximum(color, 0.0031308), 1 / 2.4) - 0.055
    return tf.where(color <= 0.0031308, color * 12.92, curve)
