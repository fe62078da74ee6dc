"""The decoder: identity features in, coefficients of the morphable model out (section 3.2)."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
import tf_keras

from model.feature_normalization import AffineMap

HIDDEN_UNITS = 1024
DOMAINS = ("photo", "render")


class Coefficients(NamedTuple):
    """Standard normal coefficients: shape float32 [B, Ks] and texture float32 [B, Kt]."""

    shape: tf.Tensor
    texture: tf.Tensor


class Decoder(tf_keras.Model):
    """Two fully connected layers of 1024 ReLU units, then a linear layer (section 3.2)."""

    def __init__(
        self,
        feature_size: int,
        shape_components: int,
        texture_components: int,
        normalization: dict[str, AffineMap] | None = None,
        radius: float | None = None,
        name: str = "decoder",
    ):
        """Creates a decoder with fresh weights.

        Args:
          feature_size: D, the width of the identity features.
          shape_components, texture_components: Ks and Kt of the face model.
          normalization: the frozen map of features for each domain; none by default, as the paper.
          radius: shape and texture longer than this times the square root of their components are
            shortened to it. A random face of the model has length 1 in that unit, give or take 0.07
            for 100 components; unusual photographs send a linear layer as far as 2, to a
            caricature. None, as the paper, for no limit.
        """
        super().__init__(name=name)
        if radius is not None and not radius > 0.0:
            raise ValueError(f"radius is {radius}; it must be positive, or None for no limit")
        self.radius = radius
        self.feature_size = feature_size
        self.shape_components = shape_components
        self.texture_components = texture_components
        self._hidden_1 = tf_keras.layers.Dense(HIDDEN_UNITS, activation="relu", name="hidden_1")
        self._hidden_2 = tf_keras.layers.Dense(HIDDEN_UNITS, activation="relu", name="hidden_2")
        self._coefficients = tf_keras.layers.Dense(
            shape_components + texture_components, name="coefficients"
        )
        self._mean = {d: self._constant(f"{d}_mean", [feature_size]) for d in DOMAINS}
        self._matrix = {d: self._constant(f"{d}_matrix", [feature_size] * 2) for d in DOMAINS}
        self.build([None, feature_size])
        identity = AffineMap(np.zeros(feature_size), np.eye(feature_size))
        self.set_normalization(normalization or dict.fromkeys(DOMAINS, identity))

    def call(self, features: tf.Tensor, domain: str = "photo") -> Coefficients:
        """Decodes features float32 [B, D] of photographs or of renders."""
        x = tf.matmul(features - self._mean[domain], self._matrix[domain])
        x = self._coefficients(self._hidden_2(self._hidden_1(x)))
        parts = tf.split(x, [self.shape_components, self.texture_components], axis=-1)
        return Coefficients(*(self._shorten(part) for part in parts))

    def set_normalization(self, normalization: dict[str, AffineMap]) -> None:
        """Sets the frozen map of both domains."""
        for domain in DOMAINS:
            self._mean[domain].assign(normalization[domain].mean)
            self._matrix[domain].assign(normalization[domain].matrix)

    def weight_norm(self) -> tf.Tensor:
        """Sum of the squared weights: "the weights were regularized towards zero"; a scalar."""
        layers = (self._hidden_1, self._hidden_2, self._coefficients)
        return tf.add_n([tf.reduce_sum(tf.square(layer.kernel)) for layer in layers])

    def _shorten(self, coefficients: tf.Tensor) -> tf.Tensor:
        if self.radius is None:
            return coefficients
        mean_square = tf.reduce_mean(tf.square(coefficients), axis=-1, keepdims=True)
        # The root's derivative is infinite at 0, where nothing is shortened.
        excess = tf.maximum(mean_square / self.radius**2, 1.0)
        return coefficients * tf.math.rsqrt(excess)

    def _constant(self, name: str, shape: list[int]) -> tf.Variable:
        return self.add_weight(name=name, shape=shape, trainable=False, initializer="zeros")
