"""Runs a batch through a network in several parts at once, each a branch of the graph.

On the CPU TensorFlow divides each operation among its threads, and waits for the last of them.
Where layers are many and small, much of the time is spent waiting, and in operations that are not
divided. Branches of a graph run beside each other without waiting.
"""

import os
from collections.abc import Callable

import tensorflow as tf

# Convolutions of smaller parts lose more time than is gained.
_SMALLEST_PART = 8
# Each part is traced anew, which takes time too.
_MOST_PARTS = 4


def count_parts(batch_size: int | None) -> int:
    """Returns into how many parts a batch is divided on this machine.

    It is one part where a GPU computes, since one operation fills it. Replicas of a distribution
    strategy share the cores.

    Args:
      batch_size: None if it is unknown; then the batch is one part.
    """
    if batch_size is None or tf.config.list_logical_devices("GPU"):
        return 1
    threads = tf.config.threading.get_inter_op_parallelism_threads() or _cores()
    threads //= tf.distribute.get_strategy().num_replicas_in_sync
    return max(1, min(threads, batch_size // _SMALLEST_PART, _MOST_PARTS))


def in_parallel_parts(
    function: Callable[[tf.Tensor], list[tf.Tensor]], batch: tf.Tensor
) -> list[tf.Tensor]:
    """Applies a function that treats each element alike to [B, ...], in `count_parts` parts.

    Args:
      function: takes [b, ...] and returns a list of tensors [b, ...].
      batch: is divided if its size is known when the graph is traced.

    Returns:
      The results for the whole batch.
    """
    size = batch.shape[0]
    parts = count_parts(size)
    if parts == 1:
        return function(batch)
    sizes = [size * (i + 1) // parts - size * i // parts for i in range(parts)]
    results = [function(part) for part in tf.split(batch, sizes)]
    return [tf.concat(same, axis=0) for same in zip(*results, strict=True)]


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
