"""The processes that train together, as `TF_CONFIG` names them; one alone is its own chief."""

import contextlib
import json
import os
from collections.abc import Iterator

import tensorflow as tf

# What TensorFlow raises in a process whose partner is gone.
_LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError)


class Workers:
    """The processes of one training.

    The first of them is the chief: it alone writes logs, checkpoints and results, and what it finds
    in the run's folder holds for all. All of them make the same calls of these methods in the same
    order, since each waits for the others.

    Attributes:
      index: the number of this process.
      count: how many there are.
    """

    def __init__(self, strategy: tf.distribute.Strategy):
        """Reads who takes part from a strategy."""
        resolver = strategy.cluster_resolver
        cluster = resolver.cluster_spec().as_dict() if resolver else {}
        tasks = [(job, k) for job in ("chief", "worker") for k in range(len(cluster.get(job, ())))]
        self.count = max(1, len(tasks))
        self.index = tasks.index((resolver.task_type, resolver.task_id)) if self.count > 1 else 0
        self._strategy = strategy
        self._sum = tf.function(self._sum_over_workers)

    @property
    def is_chief(self) -> bool:
        """Whether this process writes files."""
        return self.index == 0

    @property
    def local_replicas(self) -> int:
        """How many devices of this process train."""
        return self._strategy.num_replicas_in_sync // self.count

    def sum(self, value: float) -> float:
        """Adds a number up over all processes."""
        if self.count == 1:
            return float(value)
        return float(self._sum(tf.constant(value, tf.float64)))

    def chiefs(self, value: float) -> float:
        """Returns the number that the chief gave."""
        return self.sum(value if self.is_chief else 0.0)

    def wait(self) -> None:
        """Waits until all have come so far."""
        self.sum(0.0)

    @contextlib.contextmanager
    def chief_first(self) -> Iterator[None]:
        """Lets the chief run the block before the others do, who then find the files it made."""
        if not self.is_chief:
            self.wait()
        yield
        if self.is_chief:
            self.wait()

    def check_alike(self, number: float, what: str) -> None:
        """Checks that all processes have the same number.

        Raises:
          ValueError: this one's is not the chief's; the message says `what`, and how to mend it.
        """
        if self.chiefs(number) != number:
            raise ValueError(f"worker {self.index}: {what}")

    @contextlib.contextmanager
    def clear_errors(self) -> Iterator[None]:
        """Says what it means when another process is gone.

        Raises:
          ConnectionError: another process has stopped.
        """
        try:
            yield
        except _LOST as error:
            if self.count == 1:
                raise
            raise ConnectionError(
                f"worker {self.index}: another worker has stopped, and training cannot go on "
                "without it; see what it says, then start all workers again: they go on from the "
                "newest checkpoint"
            ) from error

    def _sum_over_workers(self, value):
        def share():
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, value / self.local_replicas)

        return self._strategy.experimental_local_results(self._strategy.run(share))[0]


def cluster_size() -> int:
    """Reads from `TF_CONFIG` how many processes train together; 1 where it is not set.

    Raises:
      ValueError: it is set, but cannot be read.
    """
    text = os.environ.get("TF_CONFIG")
    if not text:
        return 1
    try:
        cluster = json.loads(text).get("cluster", {})
        return max(1, sum(len(cluster.get(job, ())) for job in ("chief", "worker")))
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError(
            f"the environment variable TF_CONFIG describes no cluster ({error}); it must be JSON "
            'such as {"cluster": {"worker": ["HOST:PORT", "HOST:PORT"]}, "task": {"type": '
            '"worker", "index": 0}}, or not be set'
        ) from None
