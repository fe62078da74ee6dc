"""The batch distribution loss (equations 5 and 6)."""

from collections.abc import Callable

import tensorflow as tf


def batch_moments(
    coefficients: tf.Tensor, sum_over_replicas: Callable[[tf.Tensor], tf.Tensor] = tf.identity
) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes the mean and the (biased) variance of each component over the whole batch.

    Args:
      coefficients: float [B, K], this replica's part of the batch; B may be 0.
      sum_over_replicas: adds a tensor up over all replicas.

    Returns:
      Two tensors float [K]; zeros if the whole batch is empty.
    """
    count = sum_over_replicas(tf.cast(tf.shape(coefficients)[0], coefficients.dtype))
    count = tf.maximum(count, 1.0)
    mean = sum_over_replicas(tf.reduce_sum(coefficients, axis=0)) / count
    # Two passes: the difference of large sums would lose digits.
    squares = tf.reduce_sum(tf.math.squared_difference(coefficients, mean), axis=0)
    return mean, sum_over_replicas(squares) / count


def batch_distribution_loss(
    shape_moments: tuple[tf.Tensor, tf.Tensor],
    texture_moments: tuple[tf.Tensor, tf.Tensor],
    target_variance: float = 1.0,
) -> tf.Tensor:
    """Measures how far the batch is from zero mean and unit variance (equation 5).

    Args:
      shape_moments, texture_moments: mean and variance, each float [K], as `batch_moments`
        returns them.
      target_variance: takes the place of unit variance. Faces of people that a decoder was not
        trained on vary less than those of people that it was, so more than 1 can be wanted.

    Returns:
      A scalar.
    """
    shape_loss = _moments_loss(*shape_moments, target_variance)
    return shape_loss + _moments_loss(*texture_moments, target_variance)


def _moments_loss(mean: tf.Tensor, variance: tf.Tensor, target_variance: float) -> tf.Tensor:
    """|Mean_b[x] - 0|^2 + |Var_b[x] - 1|^2 (equation 6), with another variance in place of 1."""
    return tf.reduce_sum(tf.square(mean)) + tf.reduce_sum(tf.square(variance - target_variance))
