"""How many parts a batch is divided into, and that nothing but the time changes."""

from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from model import identity
from model.identity.frozen import parallel_parts
from model.identity.frozen.parallel_parts import count_parts, in_parallel_parts


def cores(n):
    return mock.patch.object(parallel_parts, "_cores", return_value=n)


@pytest.mark.parametrize(
    ("n_cores", "batch_size", "parts"),
    [(2, 16, 2), (2, 15, 1), (2, 640, 2), (64, 24, 3), (64, 640, 4), (1, 640, 1), (2, None, 1)],
)
def test_parts(n_cores, batch_size, parts):
    with cores(n_cores):
        assert count_parts(batch_size) == parts


def test_replicas_share_the_cores():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with cores(4), strategy.scope():
        assert count_parts(64) == 2


def test_no_parts_where_a_gpu_computes():
    with cores(4), mock.patch.object(tf.config, "list_logical_devices", return_value=["GPU:0"]):
        assert count_parts(64) == 1


def test_parts_come_back_in_order():
    sizes = []

    def double(x):
        sizes.append(x.shape[0])
        return [2 * x, x[:, 0]]

    batch = np.arange(29 * 2, dtype=np.float32).reshape(29, 2)
    with cores(3):
        doubled, first = in_parallel_parts(double, tf.constant(batch))
    assert sizes == [9, 10, 10]
    np.testing.assert_array_equal(doubled, 2 * batch)
    np.testing.assert_array_equal(first, batch[:, 0])


def test_network_and_its_gradient_do_not_depend_on_parts():
    network = identity.load("nn2", "random", width=0.125, image_size=64)
    images = tf.random.stateless_uniform([17, 64, 64, 3], [1, 2])

    def run(n_cores):
        @tf.function
        def run():
            with tf.GradientTape() as tape:
                tape.watch(images)
                result = network(images)
                value = tf.reduce_sum(result.embedding[:, 0])
            return *result, tape.gradient(value, images)

        with cores(n_cores):
            return run()

    for together, apart in zip(run(1), run(2), strict=True):
        np.testing.assert_allclose(apart, together, atol=1e-5 * np.abs(together).max())
