"""How strongly each term of a loss pulls at what is trained, by which weights can be chosen."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import tensorflow as tf
import tf_keras


class Pull(NamedTuple):
    """The gradient of one weighted term of the loss.

    Attributes:
      norm: the Euclidean norm of its gradient with respect to all trained weights.
      share: the norm as a part of the sum of the norms of all terms, in 0..1.
    """

    norm: float
    share: float


def make_gradient_norms(model: tf_keras.Model) -> Callable[[Iterator], dict[str, tf.Tensor]]:
    """Compiles the measurement of the norms; it trains nothing and logs nothing.

    Args:
      model: has `trained` and `loss_terms`, as `model.regressor.Regressor` does.

    Returns:
      A function of an iterator over batches, distributed as the model's strategy does: it takes one
      batch, and returns the gradient's norm of each weighted term by its name. The gradients are
      those of the whole batch, on any number of replicas.
    """
    strategy = model.distribute_strategy
    variables = model.trained.trainable_variables

    def gradients_of_replica(batch):
        with tf.GradientTape(persistent=True) as tape:
            terms = model.loss_terms(batch)
        zero = tf.UnconnectedGradients.ZERO
        return {name: tape.gradient(term, variables, None, zero) for name, term in terms.items()}

    # No control flow depends on values, and AutoGraph takes its time for each term.
    @tf.function(autograph=False)
    def norms(batches):
        by_term = strategy.run(gradients_of_replica, (next(batches),))
        return {
            name: tf.linalg.global_norm([strategy.reduce("SUM", g, axis=None) for g in gradients])
            for name, gradients in by_term.items()
        }

    return norms


def pulls(norms: Mapping[str, float]) -> dict[str, Pull]:
    """Computes the shares of norms by name, the largest first."""
    total = sum(norms.values()) or 1.0
    by_size = sorted(norms.items(), key=lambda item: -item[1])
    return {name: Pull(norm, norm / total) for name, norm in by_size}
