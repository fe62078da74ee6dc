"""The loopback loss (section 3.3.4)."""

import tensorflow as tf

from losses.parameter import parameter_loss


def loopback_loss(
    shape: tf.Tensor,
    texture: tf.Tensor,
    loop_shape: tf.Tensor,
    loop_texture: tf.Tensor,
    shape_weight: float = 0.4,
    texture_weight: float = 0.002,
) -> tf.Tensor:
    """Computes the parameter loss between a prediction and what its own renders are read as.

    The gradient flows along both paths of figure 2: through the coefficients first predicted, and
    through those read back from the renders.

    Args:
      shape, texture: float [B, Ks], [B, Kt], predicted from the photographs.
      loop_shape, loop_texture: float [B, V, Ks], [B, V, Kt], predicted from V renders of each.
      shape_weight, texture_weight: omega_s and omega_t of equation 3.

    Returns:
      float [B, V].
    """
    return parameter_loss(
        loop_shape, loop_texture, shape[:, None], texture[:, None], shape_weight, texture_weight
    )
