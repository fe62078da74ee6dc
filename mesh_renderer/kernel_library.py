"""Loads the compiled ops, compiling them first where that has not been done."""

import tensorflow as tf

from mesh_renderer import build_kernels

ops = tf.load_op_library(str(build_kernels.ensure_built()))

# The ops exist for the CPU alone. Their wrappers and gradients place them there, also under a GPU
# device scope; a replica's own job and task are kept.
DEVICE = "/CPU:0"
