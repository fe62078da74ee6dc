"""The number format in which frozen convolutions multiply."""

import contextlib
import contextvars
from collections.abc import Iterator

import tensorflow as tf

PRECISIONS = ("float32", "bfloat16")
_PRECISION = contextvars.ContextVar("precision", default="float32")


@contextlib.contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Lets the convolutions that are built in the block, and their gradients, multiply so.

    Raises:
      ValueError: the precision is unknown.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}; it must be one of {', '.join(PRECISIONS)}")
    token = _PRECISION.set(precision)
    try:
        yield
    finally:
        _PRECISION.reset(token)


def current_precision() -> tf.DType:
    """Returns the format of the innermost block of `computing_in`."""
    return tf.as_dtype(_PRECISION.get())
