"""How the steps of a training are spread over devices and processes."""

import functools
from collections.abc import Iterator

import tensorflow as tf

from model.training.workers import Workers, cluster_size


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Makes a distribution strategy; call it before TensorFlow computes anything.

    Args:
      name: "multi_worker" trains in all processes that `TF_CONFIG` names, on all GPUs of each;
        "mirrored" on all GPUs of this one; "one_device" on one device. "auto" is the first of them
        that the machine has more than one of.

    Raises:
      ValueError: `TF_CONFIG` cannot be read, or it is needed and names no other process.
    """
    workers = cluster_size() if name in ("auto", "multi_worker") else 1
    if workers > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    if name == "multi_worker":
        raise ValueError(
            "--strategy=multi_worker trains in the processes that the environment variable "
            "TF_CONFIG names, but it names no more than one"
        )
    gpus = tf.config.list_logical_devices("GPU")
    if name == "mirrored" or (name == "auto" and len(gpus) > 1):
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def distributed(batches: tf.data.Dataset, strategy: tf.distribute.Strategy) -> Iterator:
    """Lets all replicas of this process split its one stream of batches.

    With several processes, each has a stream of its own: its part of the global batches. Sharding
    by TensorFlow would skip some of it.
    """
    workers = Workers(strategy)
    if workers.count > 1:
        parts = _split(batches, workers.local_replicas)
        return iter(strategy.distribute_datasets_from_function(lambda context: parts))
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return iter(strategy.experimental_distribute_dataset(batches.with_options(options)))


def _split(batches: tf.data.Dataset, parts: int) -> tf.data.Dataset:
    """Divides each batch into so many ones, which follow each other."""
    if parts == 1:
        return batches

    def part_of(batch, k):
        def rows(tensor):
            size = tf.shape(tensor)[0]
            return tensor[size * k // parts : size * (k + 1) // parts]

        return tf.nest.map_structure(rows, batch)

    def divide(batch):
        pieces = [tf.data.Dataset.from_tensors(part_of(batch, k)) for k in range(parts)]
        return functools.reduce(tf.data.Dataset.concatenate, pieces)

    return batches.flat_map(divide)
