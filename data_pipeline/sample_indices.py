"""The numbers of the samples of a run, and who trains on which of them."""

import dataclasses

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Worker:
    """One of several processes that train together, each on its part of every global batch.

    Attributes:
      index: the number of this one.
      count: how many there are.
    """

    index: int = 0
    count: int = 1


def sample_indices(first_step: int, batch_size: int, worker: Worker = Worker()) -> tf.data.Dataset:
    """The endless numbers, int64, of a worker's samples from a step on.

    With W workers a global batch has W times `batch_size` samples; the numbers of all workers are
    all numbers, each once. What is split between machines are whole batches.
    """
    steps = tf.data.Dataset.range(first_step, np.iinfo(np.int64).max)

    def indices_of(step):
        start = (step * worker.count + worker.index) * batch_size
        return tf.data.Dataset.range(start, start + batch_size)

    return steps.flat_map(indices_of)
