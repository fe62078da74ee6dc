"""The decoder: identity features in, coefficients of the morphable model out (section 3.2)."""

import dataclasses
from typing import NamedTuple

import numpy as np
import tensorflow as tf
import tf_keras

from model.feature_normalization import AffineMap

HIDDEN_UNITS = 1024
DOMAINS = ("photo", "render")


class Coefficients(NamedTuple):
    """Coefficients of a morphable model; those of its random faces are standard normal.

    Attributes:
      shape: float32 [B, Ks].
      texture: float32 [B, Kt].
    """

    shape: tf.Tensor
    texture: tf.Tensor


@dataclasses.dataclass(frozen=True)
class ToneInput:
    """Skin tone is read from features of its own, which the paper does not do.

    The penultimate features of a recognition network ignore skin tone, and what they learn of it on
    renders does not hold on photographs. The average of an early layer does hold (docs/results.md).

    Attributes:
      components: how many of the first texture components are skin tone.
      features: how many of the last features are the input for them.
    """

    components: int
    features: int


class Decoder(tf_keras.Model):
    """Two fully connected layers of 1024 ReLU units, then a linear layer (section 3.2).

    With a `ToneInput`, skin tone is a linear map of features of its own instead. With an adapter,
    features of photographs pass through one more linear layer, before the others.
    """

    def __init__(
        self,
        feature_size: int,
        shape_components: int,
        texture_components: int,
        normalization: dict[str, AffineMap] | None = None,
        radius: float | None = None,
        tone: ToneInput | None = None,
        photo_crops: int = 1,
        photo_adapter: bool = False,
        name: str = "decoder",
    ):
        """Creates a decoder with fresh weights.

        Args:
          feature_size: D, the width of the features, those of tone included.
          shape_components, texture_components: Ks and Kt of the face model.
          normalization: the frozen map of features by the name of each domain. By default features
            are left alone, as in the paper.
          radius: the greatest length of shape and of texture, in units of the square root of the
            number of their components; longer ones are shortened. In that unit the random faces of
            a model with 100 components have lengths of 1 ± 0.07, while unusual photographs send a
            linear layer as far as 2, which looks like a caricature. None sets no limit, as the
            paper does. Skin tone is not shortened.
          tone: what skin tone is read from. None reads it from the features of all else, as in the
            paper.
          photo_crops: in how many crops a photograph is seen; what it is decoded from is the
            average of their features (`model.encoding.encode_photographs`).
          photo_adapter: adds a linear map of the normalized features of photographs to them, which
            is zero at first. Photographs and renders differ in their features. Without it, the
            layers that read both have to choose between the likeness of photographs and the
            coefficients of renders.

        Raises:
          ValueError: the radius is not positive, or `tone` takes more than there is.
        """
        super().__init__(name=name)
        if radius is not None and not radius > 0.0:
            raise ValueError(f"radius is {radius}; it must be positive, or None for no limit")
        if tone and not (tone.features < feature_size and tone.components < texture_components):
            raise ValueError(
                f"{tone} takes too much of {feature_size} features or of {texture_components} "
                "texture components"
            )
        self.radius = radius
        self.tone = tone
        self.photo_crops = photo_crops
        self.photo_adapter = photo_adapter
        self.feature_size = feature_size
        self.shape_components = shape_components
        self.texture_components = texture_components
        self._tone_features = tone.features if tone else 0
        self._tone_components = tone.components if tone else 0
        self._adapter = None
        if photo_adapter:
            self._adapter = tf_keras.layers.Dense(
                self.hidden_features, kernel_initializer="zeros", name="photo_adapter"
            )
        self._hidden_1 = tf_keras.layers.Dense(HIDDEN_UNITS, activation="relu", name="hidden_1")
        self._hidden_2 = tf_keras.layers.Dense(HIDDEN_UNITS, activation="relu", name="hidden_2")
        self._coefficients = tf_keras.layers.Dense(
            shape_components + texture_components - self._tone_components, name="coefficients"
        )
        self._mean = {d: self._constant(f"{d}_mean", [feature_size]) for d in DOMAINS}
        self._matrix = {d: self._constant(f"{d}_matrix", [feature_size] * 2) for d in DOMAINS}
        if tone:
            self._tone_layer = tf_keras.layers.Dense(
                tone.components, kernel_initializer="zeros", name="tone"
            )
            self._tone_scale = self._constant("photo_tone_scale", [tone.components])
            self._tone_offset = self._constant("photo_tone_offset", [tone.components])
            self.calibrate_tone(np.ones(tone.components), np.zeros(tone.components))
        self.build([None, feature_size])
        identity = AffineMap(np.zeros(feature_size), np.eye(feature_size))
        self.set_normalization(normalization or dict.fromkeys(DOMAINS, identity))

    def call(
        self, features: tf.Tensor, domain: str = "photo", factors: tf.Tensor | None = None
    ) -> Coefficients:
        """Decodes features.

        Args:
          features: float32 [B, D] of photographs or of renders.
          domain: which of `DOMAINS` they are of.
          factors: float32 [D - those of tone], multiply the normalized features (`model.dropout`).
        """
        x = tf.matmul(features - self._mean[domain], self._matrix[domain])
        sizes = [self.feature_size - self._tone_features, self._tone_features]
        x, tone_features = tf.split(x, sizes, axis=-1)
        if self._adapter and domain == "photo":
            x = x + self._adapter(x)
        x = x if factors is None else x * factors
        x = self._coefficients(self._hidden_2(self._hidden_1(x)))
        rest = self.texture_components - self._tone_components
        shape, texture = (
            self._shorten(part) for part in tf.split(x, [self.shape_components, rest], axis=-1)
        )
        if self.tone:
            tone = self._tone_layer(tone_features)
            if domain == "photo":
                tone = tone * self._tone_scale + self._tone_offset
            texture = tf.concat([tone, texture], axis=-1)
        return Coefficients(shape, texture)

    def set_normalization(self, normalization: dict[str, AffineMap]) -> None:
        """Sets the frozen maps of both domains, given by their names."""
        for domain in DOMAINS:
            self._mean[domain].assign(normalization[domain].mean)
            self._matrix[domain].assign(normalization[domain].matrix)

    def calibrate_tone(self, scale: np.ndarray, offset: np.ndarray) -> None:
        """Sets the frozen map of the tones of photographs, both float [tone components]."""
        self._tone_scale.assign(scale)
        self._tone_offset.assign(offset)

    @property
    def hidden_features(self) -> int:
        """How many features enter the hidden layers: all but those of tone."""
        return self.feature_size - self._tone_features

    def weight_norm(self) -> tf.Tensor:
        """Returns the sum of the squared weights; they "were regularized towards zero"."""
        layers = [self._hidden_1, self._hidden_2, self._coefficients]
        if self._adapter:
            layers.append(self._adapter)
        return tf.add_n([tf.reduce_sum(tf.square(layer.kernel)) for layer in layers])

    def split_tone(self, coefficients: Coefficients) -> tuple[tf.Tensor, Coefficients]:
        """Splits off skin tone: returns it, float32 [B, T], and coefficients without it."""
        return coefficients.texture[:, : self._tone_components], Coefficients(
            coefficients.shape, coefficients.texture[:, self._tone_components :]
        )

    def hold_tone(self, coefficients: Coefficients) -> Coefficients:
        """Returns the same coefficients, whose skin tone no gradient changes.

        A recognition network rewards tones for what they do to contrast, and not for being right.
        """
        tone, rest = self.split_tone(coefficients)
        texture = tf.concat([tf.stop_gradient(tone), rest.texture], axis=-1)
        return Coefficients(rest.shape, texture)

    def _shorten(self, coefficients: tf.Tensor) -> tf.Tensor:
        return coefficients if self.radius is None else shortened(coefficients, self.radius)

    def _constant(self, name: str, shape: list[int]) -> tf.Variable:
        return self.add_weight(name=name, shape=shape, trainable=False, initializer="zeros")


def shortened(coefficients: tf.Tensor, radius: float) -> tf.Tensor:
    """Shortens what is longer than a radius, in units of the root of the number of components.

    Args:
      coefficients: float32 [B, K].
      radius: the greatest length.
    """
    mean_square = tf.reduce_mean(tf.square(coefficients), axis=-1, keepdims=True)
    # The root's derivative is infinite at 0, where nothing is shortened.
    excess = tf.maximum(mean_square / radius**2, 1.0)
    return coefficients * tf.math.rsqrt(excess)
