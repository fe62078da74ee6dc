"""The multi-view identity loss (equation 4)."""

import tensorflow as tf


def cosine_score(gamma_1: tf.Tensor, gamma_2: tf.Tensor) -> tf.Tensor:
    """Computes the cosine of two faces' unit embeddings (equation 4).

    The paper calls this its loss, but it is a similarity: 1 for the same face.

    Args:
      gamma_1, gamma_2: float [..., E], unit vectors; their leading dimensions broadcast.

    Returns:
      float [...], in -1..1.
    """
    return tf.reduce_sum(gamma_1 * gamma_2, axis=-1)


def identity_loss(photo_embedding: tf.Tensor, view_embeddings: tf.Tensor) -> tf.Tensor:
    """Returns one minus the cosine score of a photograph and each view of its predicted face.

    Args:
      photo_embedding: float [B, E], unit embeddings of the photographs.
      view_embeddings: float [B, V, E], unit embeddings of the renders (section 3.3.2: V = 3).

    Returns:
      float [B, V], in 0..2.
    """
    return 1.0 - cosine_score(photo_embedding[:, None, :], view_embeddings)
