"""Loads the compiled ops, compiling them first where that has not been done."""

import tensorflow as tf
from tensorflow.python.ops import control_flow_util

from mesh_renderer import build_kernels, inputs

ops = tf.load_op_library(str(build_kernels.ensure_built()))


def on_host() -> tf.device:
    """Places the ops on the host's CPU, for which alone they exist, whatever the device scope is.

    A replica's own job and task are kept.

    Raises:
      InvalidInputError: inside `tf.function(jit_compile=True)`.
    """
    if not tf.executing_eagerly() and control_flow_util.GraphOrParentsInXlaContext(
        tf.compat.v1.get_default_graph()
    ):
        raise inputs.invalid(
            "the renderer's ops run on the CPU and cannot be compiled by XLA: call the renderer "
            "outside of tf.function(jit_compile=True)"
        )
    return tf.device("/CPU:0")
