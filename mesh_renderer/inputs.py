"""Checks of arguments, with messages that name the argument and its value."""

import operator

import tensorflow as tf


class InvalidInputError(tf.errors.InvalidArgumentError, ValueError):
    """What TensorFlow raises for a bad input, and what the original renderer's users catch."""

    # The constructor stays TensorFlow's, by which tf.function adds its part to the message.


def invalid(message: str) -> InvalidInputError:
    """An error with nothing but a message."""
    return InvalidInputError(None, None, message)


def as_tensor(value, name: str, shape: tuple, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Converts to a tensor and checks what is known of its shape.

    Args:
      value: anything that tf.convert_to_tensor accepts.
      name: the argument's name, for messages.
      shape: one entry a dimension: its size, or a word for a dimension of any size.
      dtype: what the tensor must be.

    Raises:
      InvalidInputError: another dtype, rank or size.
    """
    if tf.is_tensor(value) and value.dtype != dtype:
        raise invalid(f"{name} must be {dtype.name}, got {value.dtype.name}")
    try:
        tensor = tf.convert_to_tensor(value, dtype, name=name)
    except (TypeError, ValueError) as error:
        raise invalid(f"{name} must be {dtype.name}: {error}") from error
    sizes = [size if isinstance(size, int) else None for size in shape]
    if not tensor.shape.is_compatible_with(sizes):
        expected = f"[{', '.join(map(str, shape))}]"
        raise invalid(f"{name} must have shape {expected}, got {tensor.shape}")
    return tensor


def as_size(value, name: str) -> int:
    """Checks a number of pixels."""
    try:
        size = operator.index(value)
    except TypeError as error:
        raise invalid(f"{name} must be a whole number, got {value!r}") from error
    if size <= 0:
        raise invalid(f"{name} must be > 0, got {size}")
    return size
