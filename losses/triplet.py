"""The triplet loss of FaceNet with online semi-hard mining (Schroff et al. 2015, section 3)."""

import tensorflow as tf


def squared_distances(embedding: tf.Tensor) -> tf.Tensor:
    """Returns the squared distances float [B, B] between all pairs of unit embeddings [B, E]."""
    # For unit vectors this is 2 - 2 cos, whose gradient is finite where two of them coincide.
    return 2.0 - 2.0 * tf.matmul(embedding, embedding, transpose_b=True)


def triplet_loss(embedding: tf.Tensor, identity: tf.Tensor, margin: float = 0.2) -> tf.Tensor:
    """Compares every pair of one person's images with one image of another person.

    An ordered pair consists of an anchor and a positive, two images of one person. The negative is
    an image of another person. It is the nearest to the anchor among those that are farther from it
    than the positive (semi-hard); if there is none, it is the farthest of all.

    Args:
      embedding: float [B, E], unit embeddings.
      identity: int [B], the number of the person in each image.
      margin: alpha of equation 1, which is 0.2 in the paper.

    Returns:
      float [number of ordered pairs], each max(0, d(anchor, positive) - d(anchor, negative) +
      margin), with squared distances d. It is 0 where a batch has no other person.
    """
    distances = squared_distances(embedding)
    same = tf.equal(identity[:, None], identity)
    pairs = tf.where(same & ~tf.eye(tf.size(identity), dtype=tf.bool))
    anchor = pairs[:, 0]
    to_positive = tf.gather_nd(distances, pairs)
    to_all = tf.gather(distances, anchor)
    is_other = ~tf.gather(same, anchor)
    to_negative = _semi_hard(to_positive, to_all, is_other)
    loss = tf.nn.relu(to_positive - to_negative + margin)
    return tf.where(tf.reduce_any(is_other, axis=-1), loss, 0.0)


def _semi_hard(to_positive, to_all, is_other):
    """Chooses the negatives by distances [M] and [M, B]; returns the distances [M] to them."""
    # No squared distance of unit vectors exceeds 4.
    farther = is_other & (to_all > to_positive[:, None])
    nearest_farther = tf.reduce_min(tf.where(farther, to_all, 5.0), axis=-1)
    farthest = tf.reduce_max(tf.where(is_other, to_all, -1.0), axis=-1)
    return tf.where(tf.reduce_any(farther, axis=-1), nearest_farther, farthest)
