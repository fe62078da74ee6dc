"""Work on shards by several processes."""

import concurrent.futures
import logging
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import threading
import typing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool

import command_line

# A new process imports this module first, and then TensorFlow without its lines.
if typing.TYPE_CHECKING:
    from data_pipeline.shard_work import ShardWork, Tools

# What a process works with, once it is made.
_tools: "list[Tools]" = []


def work_in_processes(
    work: "Sequence[ShardWork]", make_tools: "Callable[[], Tools]", processes: int
) -> "Iterator[ShardWork]":
    """Does the work on shards in several processes, and yields each shard when it is done.

    Args:
      work: the shards.
      make_tools: makes what a process works with; it is called in each process once.
      processes: their number.

    Raises:
      OSError: a process was killed.
      Exception: what the work on a shard raises.
    """
    threads = max(1, (os.cpu_count() or 1) // processes)
    # A process that is forked after TensorFlow has started its threads hangs.
    with concurrent.futures.ProcessPoolExecutor(
        min(processes, len(work)),
        multiprocessing.get_context("spawn"),
        _begin,
        (pickle.dumps(make_tools), threads),
    ) as executor:
        futures = {executor.submit(_do, shard): shard for shard in work}
        try:
            for future in concurrent.futures.as_completed(futures):
                future.result()
                yield futures[future]
        except BrokenProcessPool as error:
            raise OSError(
                "a process that prepared photographs was killed, perhaps for want of memory; start "
                "the command again, with fewer --processes: it goes on where it was"
            ) from error
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def _begin(make_tools: bytes, threads: int) -> None:
    """Prepares a process: it ends with its parent, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    logging.getLogger().setLevel(logging.WARNING)
    command_line.import_tensorflow()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    _tools.append(pickle.loads(make_tools)())


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _do(shard: "ShardWork") -> None:
    shard.do(_tools[0])
