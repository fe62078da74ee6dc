"""The order of a tensor's axes: in the file, and as the tensor is stored while the network runs.

The file describes a batch of one image, so most of its shapes begin with 1. While the network runs,
the batch's true size B stands in the place of that 1 (or in front, where there is none), and images
have their channels last, which TensorFlow's convolutions on the CPU want:

    in the file        stored
    (1, C, H, W)       [B, H, W, C]
    (1, ...)           [B, ...]
    (n, ...) or ()     [B, n, ...] or [B]

A function of tensors [B, *shape of the file] can do whatever the file says, even reshapes that mix
axes. What does not depend on the order of axes is done on the stored tensors, since changing their
order costs time.
"""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from model.identity.frozen.layers import Function
from model.identity.openvino.layer import Layer

Shape = tuple[int, ...]


def is_batched(shape: Shape) -> bool:
    """Whether the file's shape begins with the batch."""
    return shape[:1] == (1,)


def is_image(shape: Shape) -> bool:
    """Whether a tensor is stored with its channels last."""
    return len(shape) == 4 and is_batched(shape)


def stored_order(shape: Shape) -> list[int]:
    """The file's axes in the order in which they are stored, for a shape that begins with 1."""
    return [0, 2, 3, 1] if is_image(shape) else list(range(len(shape)))


def to_file(x: tf.Tensor, shape: Shape) -> tf.Tensor:
    """Turns a stored tensor into [B, *shape], where `shape` is the file's."""
    if is_image(shape) and _order_matters(shape):
        x = tf.transpose(x, [0, 3, 1, 2])
    return tf.reshape(x, [-1, *shape])


def to_stored(x: tf.Tensor, shape: Shape) -> tf.Tensor:
    """Turns [B, *shape] into the tensor that is stored.

    Raises:
      ValueError: the tensor has another shape.
    """
    x = tf.ensure_shape(x, [None, *shape])
    if not is_batched(shape):
        return x
    x = tf.reshape(x, [-1, *shape[1:]])
    if is_image(shape) and _order_matters(shape):
        return tf.transpose(x, [0, 2, 3, 1])
    return tf.reshape(x, [-1, *(shape[axis] for axis in stored_order(shape)[1:])])


def _order_matters(shape):
    return shape[1] > 1 and shape[2] * shape[3] > 1


def arrange_constant(value: np.ndarray, shape: Shape) -> np.ndarray | None:
    """Arranges a constant like the stored tensors that it is combined with.

    Args:
      value: as in the file, with no more axes than the result.
      shape: the file's shape of the result.

    Returns:
      The constant with as many axes as the stored result; or None if it would change the batch.
    """
    value = value.reshape((1,) * (len(shape) - value.ndim) + value.shape)
    if not is_batched(shape):
        return value[None]
    return None if len(value) != 1 else value.transpose(stored_order(shape))


def along_channels(values: np.ndarray, rank: int) -> np.ndarray:
    """Arranges [C] along the second axis of tensors of a rank, in the file's order."""
    return values.reshape(-1, *[1] * (rank - 2))


def in_file_order(
    function: Callable[..., tf.Tensor], layer: Layer, sources: Sequence[Layer]
) -> Function:
    """Makes a layer from a function of tensors [B, *shape of the file].

    Args:
      function: takes all sources in the file's order, constants as [1, *shape]; returns
        [B, *layer.shape].
      layer: the layer of the file.
      sources: the layers that it reads.
    """
    constants = [None if source.value is None else source.value[None] for source in sources]
    shapes = [source.shape for source in sources if source.value is None]

    def run(*tensors):
        ordered = [to_file(x, shape) for x, shape in zip(tensors, shapes, strict=True)]
        return to_stored(function(*fill_in(constants, ordered)), layer.shape)

    return Function(run)


def along_axes(
    build: Callable[[list[int]], Callable[..., tf.Tensor]],
    axes: Sequence[int],
    layer: Layer,
    sources: Sequence[Layer],
) -> Function:
    """Makes a layer that works along certain axes, and keeps the number of axes.

    Args:
      build: makes a function of tensors that works along the axes it is told. The function takes
        all sources; constants have a batch of 1.
      axes: the axes in the file's order, counted from 0.
      layer: the layer of the file.
      sources: the layers that it reads.
    """
    shapes = [layer.shape, *(source.shape for source in sources)]
    if 0 in axes or any(len(s) != len(layer.shape) or not is_batched(s) for s in shapes):
        return in_file_order(build([axis + 1 for axis in axes]), layer, sources)
    order = stored_order(layer.shape)
    function = build([order.index(axis) for axis in axes])
    constants = [
        None if source.value is None else arrange_constant(source.value, layer.shape)
        for source in sources
    ]
    return Function(lambda *tensors: function(*fill_in(constants, tensors)))


def fill_in(constants: Sequence[np.ndarray | None], tensors: Sequence[tf.Tensor]) -> list:
    """Returns the constants, with the tensors in the places of None."""
    remaining = iter(tensors)
    return [next(remaining) if value is None else tf.constant(value) for value in constants]
