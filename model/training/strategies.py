"""How the steps of a training are spread over devices."""

import tensorflow as tf


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Makes the distribution strategy of a name: "auto" is mirrored where there are two GPUs."""
    gpus = tf.config.list_logical_devices("GPU")
    if name == "mirrored" or (name == "auto" and len(gpus) > 1):
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()
