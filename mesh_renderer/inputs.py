"""Checks of arguments, with messages that name the argument and its value."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import tensorflow as tf

_LARGEST_INT32 = 2**31 - 1


class InvalidInputError(tf.errors.InvalidArgumentError, ValueError):
    """What TensorFlow raises for a bad input, and what the original renderer's users catch."""

    # The constructor stays TensorFlow's, by which tf.function adds its part to the message.


def invalid(message: str) -> InvalidInputError:
    """Returns an error with nothing but a message."""
    return InvalidInputError(None, None, message)


def as_tensor(
    value: Any, name: str, *shapes: tuple[int | str, ...], dtype: tf.DType = tf.float32
) -> tf.Tensor:
    """Converts to a tensor and checks what is known of its shape.

    Args:
      value: anything that tf.convert_to_tensor accepts.
      name: the argument's name, for messages.
      shapes: the shapes that it may have. Each has an entry for each dimension: its size, or a word
        for a dimension of any size.
      dtype: the dtype that a tensor must have, and that other values are converted to.

    Raises:
      InvalidInputError: the value has another dtype, rank or size.
    """
    if tf.is_tensor(value) and value.dtype != dtype:
        raise invalid(f"{name} must be {dtype.name}, got {value.dtype.name}")
    if isinstance(value, (bool, np.bool_)):
        raise invalid(f"{name} must be {dtype.name}, got {value}")
    try:
        tensor = tf.convert_to_tensor(value, dtype, name=name)
    except (TypeError, ValueError) as error:
        raise invalid(f"{name} must be {dtype.name}: {error}") from error
    if not any(tensor.shape.is_compatible_with(_sizes(shape)) for shape in shapes):
        expected = " or ".join(f"[{', '.join(map(str, shape))}]" for shape in shapes)
        raise invalid(f"{name} must have shape {expected}, got {tensor.shape}")
    return tensor


def _sizes(shape):
    return [size if isinstance(size, int) else None for size in shape]


def broadcast(tensor: tf.Tensor, name: str, sizes: Collection) -> tf.Tensor:
    """Repeats a tensor along the dimensions in which it has size 1, or that it lacks in front.

    Args:
      tensor: any tensor.
      name: the argument's name, for messages.
      sizes: the resulting shape: numbers or int32 scalars.

    Raises:
      InvalidInputError: the tensor has another size in one of its dimensions.
    """
    try:
        return tf.broadcast_to(tensor, sizes, name=name)
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        known = [tf.get_static_value(size) for size in sizes]
        expected = ", ".join("?" if size is None else str(size) for size in known)
        raise invalid(f"{name} must broadcast to [{expected}], got {tensor.shape}") from error


def check_known(
    tensor: tf.Tensor, name: str, holds: Callable[[np.ndarray], Any], requirement: str
) -> None:
    """Checks the values of a tensor where they are known: eagerly, and those of constants.

    Args:
      tensor: any tensor.
      name: the argument's name, for messages.
      holds: tells for each value whether it is valid.
      requirement: what holds for valid values, for messages.

    Raises:
      InvalidInputError: a value is not valid.
    """
    values = tf.get_static_value(tensor)
    if values is not None and not np.all(holds(values)):
        raise invalid(f"{name} must be {requirement}, got {values}")


def as_size(value: Any, name: str) -> int:
    """Checks a number of pixels: a whole number, of Python, NumPy or TensorFlow.

    Raises:
      InvalidInputError: it is none, or less than 1; or a tensor whose value is not known.
    """
    size = _python_value(value, name)
    if isinstance(size, bool) or not isinstance(size, int):
        raise invalid(f"{name} must be a whole number, got {value!r}")
    if size <= 0:
        raise invalid(f"{name} must be > 0, got {size}")
    if size > _LARGEST_INT32:
        raise invalid(f"{name} is too large: {size}")
    return size


def as_flag(value: Any, name: str) -> bool:
    """Checks a switch: True, False, 1 or 0, of Python, NumPy or TensorFlow.

    Raises:
      InvalidInputError: it is none, or a tensor whose value is not known.
    """
    flag = _python_value(value, name)
    if isinstance(flag, int) and flag in (0, 1):
        return bool(flag)
    raise invalid(f"{name} must be True or False, got {value!r}")


def as_choice(value: Any, name: str, choices: Collection[str]) -> str:
    """Checks a word.

    Raises:
      InvalidInputError: it is none of the choices, or a tensor whose value is not known.
    """
    word = _python_value(value, name)
    word = word.decode(errors="replace") if isinstance(word, bytes) else word
    if isinstance(word, str) and word in choices:
        return word
    raise invalid(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _python_value(value: Any, name: str) -> Any:
    """What a scalar of NumPy or TensorFlow is in Python; anything else as it is."""
    if tf.is_tensor(value):
        known = tf.get_static_value(tf.convert_to_tensor(value))
        if known is None:
            raise invalid(
                f"{name} must be known when the function is traced, got {value}: give a number of "
                "Python, or call the function eagerly"
            )
        value = known
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        return value.item()
    return value
