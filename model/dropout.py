"""Dropout that a resumed run and any number of replicas repeat exactly."""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Dropout:
    """Leaves out features at random, the same ones in all samples of a step.

    Dropout with a pattern for each sample would need the sample's number to be repeatable; the
    pattern of a step is a function of the seed and of the step alone.

    Attributes:
      rate: the part of the features that is left out; 0 for none.
      seed: of the patterns.

    Raises:
      ValueError: the rate is out of its range.
    """

    rate: float = 0.0
    seed: int = 0

    def __post_init__(self):
        if not 0.0 <= self.rate < 1.0:
            raise ValueError(f"dropout is {self.rate}; it must be at least 0 and below 1")

    def pattern(self, features: int, step: tf.Tensor) -> tf.Tensor | None:
        """Draws the factors float32 [features] of a step, whose mean is 1; None for none."""
        if not self.rate:
            return None
        seed = tf.random.fold_in(tf.constant([self.seed, 0], tf.int64), tf.cast(step, tf.int64))
        kept = tf.random.stateless_uniform([features], seed) >= self.rate
        return tf.cast(kept, tf.float32) / (1.0 - self.rate)
