"""FaceNet NN2 in training: its trainable variables, and a training step by the triplet loss."""

import numpy as np
import tensorflow as tf
import tf_keras

import losses
from model.identity.networks import nn2
from model.identity.networks.definition import Weights
from model.identity.networks.nn2 import NN2

# The moments of batch normalization are averaged over about fifty steps.
_MOMENTUM = 0.98


class TrainableNn2(tf_keras.Model):
    """NN2 with variables in place of constants; `weights_by_name` gives them to a frozen one."""

    def __init__(self, settings: nn2.Nn2Settings, seed: int = 0):
        """Makes the variables, with He's initialization from a seed."""
        super().__init__(name="nn2")
        self.settings = settings
        start = NN2.random_weights(settings, seed)
        self._variables = {
            name: self.add_weight(
                name.replace("/", "."), value.shape, initializer=tf.constant_initializer(value)
            )
            for name, value in start.items()
            if name.rsplit("/", 1)[1] in ("kernel", "bias")
        }
        self._normalizations = {}
        if settings.batch_normalization:
            for spec in nn2.convolutions(settings):
                layer = tf_keras.layers.BatchNormalization(
                    momentum=_MOMENTUM, epsilon=nn2.BATCH_NORMALIZATION_EPSILON
                )
                layer.build((None, None, None, spec.outputs))
                self._normalizations[spec.name] = layer
        self.built = True

    # Nothing here depends on values, and AutoGraph takes seconds for so many layers.
    @tf.autograph.experimental.do_not_convert
    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns unit embeddings float32 [B, 128] of images float32 RGB [B, S, S, 3] in 0..1."""

        def convolution(name: str, x: tf.Tensor, stride: int) -> tf.Tensor:
            x = tf.nn.conv2d(x, self._variables[f"{name}/kernel"], stride, "SAME")
            if name in self._normalizations:
                return tf.nn.relu(self._normalizations[name](x, training=training))
            return tf.nn.relu(tf.nn.bias_add(x, self._variables[f"{name}/bias"]))

        pooled = nn2.forward(2 * images - 1, convolution)[nn2.PENULTIMATE]
        embedding = tf.matmul(pooled, self._variables["embedding/kernel"])
        embedding += self._variables["embedding/bias"]
        return tf.math.l2_normalize(embedding, axis=-1, epsilon=1e-12)

    def weights_by_name(self) -> Weights:
        """Returns all weights by the names of `nn2.weight_shapes`."""
        weights = {name: variable.numpy() for name, variable in self._variables.items()}
        for name, layer in self._normalizations.items():
            parts = ("gamma", "beta", "mean", "variance")
            arrays = dict(zip(parts, layer.get_weights(), strict=True))
            weights |= {f"{name}/{part}": array for part, array in arrays.items()}
        return {name: weights[name] for name in nn2.weight_shapes(self.settings)}


class TripletTrainer(tf_keras.Model):
    """Trains a network on batches {images [B, S, S, 3], identity [B]} by the triplet loss."""

    def __init__(self, network: TrainableNn2, margin: float = 0.2):
        super().__init__(name="triplet_trainer")
        self.network = network
        self._margin = margin
        self._logged = {name: tf_keras.metrics.Mean(name) for name in ("loss", "active")}

    @property
    def trained(self) -> TrainableNn2:
        """What checkpoints hold."""
        return self.network

    @property
    def metrics(self) -> list[tf_keras.metrics.Metric]:
        return list(self._logged.values())

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """Returns unit embeddings float32 [B, E], as the frozen network will give them."""
        return self.network(images)

    # No control flow of the graph depends on values, and AutoGraph takes its time.
    @tf.autograph.experimental.do_not_convert
    def train_step(self, batch: dict) -> dict[str, tf.Tensor]:
        """Trains one step on one batch.

        Returns:
          Means since the last reset: "loss", and "active", the share of pairs whose loss is not 0.
        """
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            embedding = self.network(batch["images"], training=True)
            per_pair = losses.triplet_loss(embedding, batch["identity"], self._margin)
            loss = tf.reduce_mean(per_pair)
        gradients = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        self._logged["loss"].update_state(loss)
        self._logged["active"].update_state(tf.cast(per_pair > 0, tf.float32))
        return {name: metric.result() for name, metric in self._logged.items()}


def embed(network: TrainableNn2, images: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Returns embeddings float32 [N, E] of images uint8 RGB [N, S, S, 3]; works in batches."""
    starts = range(0, len(images), batch_size)
    pixels = (np.float32(images[start : start + batch_size]) / 255.0 for start in starts)
    return np.concatenate([network.predict_on_batch(batch) for batch in pixels])
