"""The parameter loss (equation 3)."""

import tensorflow as tf


def parameter_loss(
    shape: tf.Tensor,
    texture: tf.Tensor,
    true_shape: tf.Tensor,
    true_texture: tf.Tensor,
    shape_weight: float = 0.4,
    texture_weight: float = 0.002,
) -> tf.Tensor:
    """Computes the weighted squared distance between coefficients (equation 3).

    Equation 3 sums this over the batch; the reduction is left to the caller, who knows the size of
    the whole batch over all replicas. The default weights are the paper's.

    Args:
      shape, true_shape: float [B, Ks], predicted and true shape coefficients.
      texture, true_texture: float [B, Kt], predicted and true texture coefficients.
      shape_weight, texture_weight: omega_s and omega_t.

    Returns:
      float [B], one distance a sample.
    """
    shape_term = tf.reduce_sum(tf.math.squared_difference(shape, true_shape), axis=-1)
    texture_term = tf.reduce_sum(tf.math.squared_difference(texture, true_texture), axis=-1)
    return shape_weight * shape_term + texture_weight * texture_term
