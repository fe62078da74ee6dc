"""A moving average of the weights over the steps of a stage, which varies less than they do."""

import contextlib
from collections.abc import Iterator, Sequence

import tensorflow as tf


class WeightAverage(tf.Module):
    """Averages weights exponentially, and puts the average in their place.

    Each step counts `decay` times as much as the one after it. The average is unbiased: where only
    a few steps were made, it is the average of these, and not of what the weights began with.
    """

    def __init__(self, weights: Sequence[tf.Variable], decay: float):
        """Begins an average of nothing; under a distribution strategy, call it in its scope."""
        super().__init__()
        self._weights = list(weights)
        self._decay = decay
        self._sums = [tf.Variable(tf.zeros_like(w), trainable=False) for w in weights]
        # The sum of the factors with which the steps have entered the sums.
        self._whole = tf.Variable(0.0, trainable=False, name="whole")
        self._update = tf.function(self._add_step)

    def update(self) -> None:
        """Takes in the weights after a step."""
        self._update()

    def assign(self) -> None:
        """Replaces the weights by their average, if a step has been made."""
        whole = float(self._whole.numpy())
        if whole > 0.0:
            for weight, total in zip(self._weights, self._sums, strict=True):
                weight.assign(total / whole)

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Replaces the weights by their average as long as the block lasts."""
        own = [weight.numpy() for weight in self._weights]
        self.assign()
        try:
            yield
        finally:
            for weight, value in zip(self._weights, own, strict=True):
                weight.assign(value)

    def _add_step(self):
        new = 1.0 - self._decay
        for weight, total in zip(self._weights, self._sums, strict=True):
            total.assign(self._decay * total + new * weight)
        self._whole.assign(self._decay * self._whole + new)
