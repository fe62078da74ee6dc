"""A model so small that whole stages take no time: it fits a line, one batch a step."""

import numpy as np
import tensorflow as tf
import tf_keras

from model.training.trainer import Stage


def make_network(slope=0.0):
    """A network of one number, the slope of the line."""
    network = tf_keras.Sequential([tf_keras.layers.Dense(1, use_bias=False, input_shape=(1,))])
    set_slope(network, slope)
    return network


def set_slope(network, slope):
    """Sets the network's one number."""
    network.set_weights([np.array([[slope]], np.float32)])


def get_slope(network):
    """Returns it."""
    return network.get_weights()[0].item()


class LineFit(tf_keras.Model):
    """Fits the slope of a line to batches {x, y}; both float32 [B, 1]."""

    def __init__(self, network):
        super().__init__()
        self.trained = network
        self.seen = []
        self._loss = tf_keras.metrics.Mean("loss")

    @property
    def metrics(self):
        return [self._loss]

    def train_step(self, batch):
        tf.py_function(lambda step: self.seen.append(int(step)), [batch["step"][0]], [])
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.trained(batch["x"]) - batch["y"]))
        variables = self.trained.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        self._loss.update_state(loss)
        return {"loss": self._loss.result()}


def make_stage(steps, name="line", bad_step=None):
    """A stage whose batches depend on the step alone.

    Args:
      steps, name: of the stage.
      bad_step: from this step on the batches hold NaN.
    """

    def batch(step):
        x = tf.random.stateless_uniform([4, 1], tf.stack([step, 3]), 0.5, 1.5)
        bad = step >= (steps if bad_step is None else bad_step)
        y = tf.where(bad, float("nan"), 2.0 * x)
        return {"x": x, "y": y, "step": tf.repeat(step, 4)}

    def batches(first_step):
        return tf.data.Dataset.range(first_step, 10**9).map(batch)

    return Stage(name, steps, 0.1, batches)
