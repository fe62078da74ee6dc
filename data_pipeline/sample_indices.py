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
      replicas: how many replicas this one has, and so has each. With several, its batches are those
        of its replicas in turn.
    """

    index: int = 0
    count: int = 1
    replicas: int = 1

    @classmethod
    def of(cls, context: tf.distribute.InputContext) -> "Worker":
        """The worker of an input pipeline of a distribution strategy.

        A strategy gives the context to the function of `distribute_datasets_from_function`, whose
        dataset has a batch for each replica.
        """
        pipelines = context.num_input_pipelines
        replicas = context.num_replicas_in_sync // pipelines
        return cls(context.input_pipeline_id, pipelines, replicas)


def sample_indices(first_step: int, batch_size: int, worker: Worker = Worker()) -> tf.data.Dataset:
    """The endless numbers, int64, of a worker's samples from a step on.

    With W workers of R replicas each, a global batch has W R times `batch_size` samples; the
    numbers of all workers are all numbers, each once. What is split between machines are whole
    batches.
    """
    replicas = worker.replicas
    batches = tf.data.Dataset.range(first_step * replicas, np.iinfo(np.int64).max)

    def indices_of(batch):
        step, replica = batch // replicas, batch % replicas
        start = ((step * worker.count + worker.index) * replicas + replica) * batch_size
        return tf.data.Dataset.range(start, start + batch_size)

    return batches.flat_map(indices_of)
