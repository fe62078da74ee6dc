"""Several processes share the photographs of a reconstruction, each with its part of the cores.

Nothing here imports TensorFlow: a process that begins does it by itself, and quietly.
"""

import itertools
import multiprocessing
import os
import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

_PHOTOGRAPHS_AT_ONCE = 8
# The pipeline of a process, or why there is none.
_own: Any = None


def outcomes_of_jobs(options: Any, todo: Sequence[Any], items: Sequence[Any]) -> Iterator[Any]:
    """Reconstructs photographs in `options.jobs` processes.

    Args:
      options: `reconstruction_options.Options`.
      todo: the `face_pipeline.NamedPhotograph` that are to be reconstructed.
      items: those and all others, whose names no further face may get.

    Yields:
      `face_pipeline.Outcome`, in the order of the photographs.

    Raises:
      ValueError: a process ended before its work, as where memory is short.
    """
    from programs.face_pipeline import ahead

    threads = max(1, _cores() // options.jobs)
    pool = ProcessPoolExecutor(
        options.jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        # Packed, so that a process can import TensorFlow before it knows what the options are.
        initargs=(pickle.dumps((options, list(items))), threads),
    )
    try:
        with pool:
            for outcomes in ahead(pool, _work, _packed(todo), depth=2 * options.jobs):
                yield from pickle.loads(outcomes)
    except BrokenProcessPool as error:
        raise ValueError(
            "a process of --jobs ended before its work, as where memory is short; give fewer jobs"
        ) from error


def _packed(todo):
    left = iter(todo)
    while part := list(itertools.islice(left, _PHOTOGRAPHS_AT_ONCE)):
        yield pickle.dumps(part)


def _begin(packed, threads):
    """Prepares a process: its threads, its parts."""
    global _own
    # TensorFlow reads these when it is imported.
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(threads)
    import command_line

    command_line.import_tensorflow()
    import cv2

    from programs.pipeline_parts import make_pipeline

    cv2.setNumThreads(threads)
    try:
        _own = make_pipeline(*pickle.loads(packed))
    except Exception as error:
        # What is raised here would only say that the process ended.
        _own = error


def _work(packed):
    if isinstance(_own, Exception):
        raise _own
    return pickle.dumps(list(_own.outcomes(pickle.loads(packed))))


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
