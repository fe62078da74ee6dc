"""From linear intensities to what a screen shows."""

import tensorflow as tf

from mesh_renderer import inputs
from mesh_renderer.inputs import TensorLike


def tone_mapper(image: TensorLike, gamma: TensorLike, legacy: bool = False) -> tf.Tensor:
    """Raises images to a power and scales each to a maximum of 1.

    Args:
      image: float32 [B, H, W, C], linear intensities.
      gamma: float32 scalar, 0 or more; below 1 it compresses contrast.
      legacy: whether negative values and black images give NaN, as in the original. Otherwise
        negative values count as 0, and a black image stays black.

    Returns:
      float32 [B, H, W, C] in 0..1.

    Raises:
      InvalidArgumentError: a wrong shape or dtype, or a negative power.
    """
    image = inputs.as_tensor(image, "image", ("batch", "height", "width", "channels"))
    gamma = inputs.as_tensor(gamma, "gamma", ())
    if inputs.as_flag(legacy, "legacy"):
        corrected = tf.pow(image, gamma)
        scaled = corrected / tf.reduce_max(corrected, axis=[1, 2, 3], keepdims=True)
        return tf.clip_by_value(scaled, 0.0, 1.0)
    inputs.check_known(gamma, "gamma", lambda value: value >= 0, "0 or more")
    # The power's derivative is infinite at 0 for gamma below 1: no pixel evaluates it there.
    is_lit = image > 0.0
    corrected = tf.where(is_lit, tf.pow(tf.where(is_lit, image, 1.0), gamma), tf.pow(0.0, gamma))
    brightest = tf.reduce_max(corrected, axis=[1, 2, 3], keepdims=True)
    scaled = corrected / tf.where(brightest > 0.0, brightest, 1.0)
    return tf.clip_by_value(scaled, 0.0, 1.0)
