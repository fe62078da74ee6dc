"""Times of functions that are called in turn, so that all meet the same disturbances."""

import statistics
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf


def median_seconds(
    *functions: Callable[[], object],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Returns the median time of each function.

    Args:
      functions: what is timed.
      repeats: how often each is called, after two calls that do not count.
      clock: gives seconds. `time.process_time` leaves out what other processes take.
    """
    for function in functions:
        function(), function()
    times = [[] for _ in functions]
    for _ in range(repeats):
        for function, taken in zip(functions, times, strict=True):
            start = clock()
            function()
            taken.append(clock() - start)
    return [statistics.median(taken) for taken in times]


def forward_and_backward(
    function: Callable[..., tf.Tensor], *inputs: tf.Tensor
) -> Callable[[], object]:
    """Returns a call of a tf.function of a result and its gradients with respect to the inputs."""
    shape = function(*inputs).shape
    d_result = tf.constant(np.random.default_rng(0).normal(size=shape), tf.float32)

    @tf.function
    def step(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            result = function(*inputs)
        return result, tape.gradient(result, inputs, output_gradients=d_result)

    return lambda: step(*inputs)
