"""Work on shards by several processes.

They are forked from a process that has done nothing but import TensorFlow, so that they begin in a
second: `import_ahead` starts that process early, and it imports while the caller does other things.
"""

import concurrent.futures
import logging
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import sys
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
# What the processes share, in this order.
_IMPORTS = ("worker_imports", "preparation_tools", "shard_work")
# Elsewhere a process that is forked from one with many libraries may hang.
_FORKS = sys.platform == "linux"


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def import_ahead() -> None:
    """Starts to import what the processes need, for a later `work_in_processes`.

    It returns at once. A command calls this before it imports TensorFlow itself.
    """
    # Of a GPU that processes share, none may take all the memory.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    if not _FORKS:
        return
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload([f"data_pipeline.{name}" for name in _IMPORTS])
    forkserver.ensure_running()


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
    processes = min(processes, len(work))
    threads = max(1, usable_cores() // processes)
    import_ahead()
    # A process that is forked after TensorFlow has started its threads hangs.
    with concurrent.futures.ProcessPoolExecutor(
        processes,
        multiprocessing.get_context("forkserver" if _FORKS else "spawn"),
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
    import cv2
    import tensorflow as tf

    # Each process has its share of the cores.
    cv2.setNumThreads(threads)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    _tools.append(pickle.loads(make_tools)())


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _do(shard: "ShardWork") -> None:
    shard.do(_tools[0])
