"""Loads the compiled ops; the first import compiles them."""

import tensorflow as tf
from tensorflow.python.ops import control_flow_util

from mesh_renderer import build_kernels, inputs

ops = tf.load_op_library(str(build_kernels.ensure_built()))


def on_host() -> tf.device:
    """Returns a scope that places ops on the host's CPU, since there are none for other devices.

    It keeps the job and the task of a replica.

    Raises:
      InvalidInputError: it is called inside `tf.function(jit_compile=True)`.
    """
    if not tf.executing_eagerly() and control_flow_util.GraphOrParentsInXlaContext(
        tf.compat.v1.get_default_graph()
    ):
        raise inputs.invalid(
            "the renderer's ops run on the CPU and cannot be compiled by XLA: call the renderer "
            "outside of tf.function(jit_compile=True)"
        )
    return tf.device("/CPU:0")
