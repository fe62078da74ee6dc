"""The stop of a run whose numbers have left the range of floats."""

import math
from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf


class NonFiniteError(FloatingPointError):
    """A loss term or a weight is NaN or infinite."""


def check_finite(terms: Mapping[str, float], variables: Iterable[tf.Variable]) -> None:
    """Checks what a step gave, and what it left behind.

    A finite loss can have a gradient that is not finite. Then the loss looks well once more while
    the weights are spoilt already, so both are checked.

    Args:
      terms: the loss terms by name. "loss" is their sum.
      variables: the weights, and what the optimizer remembers.

    Raises:
      NonFiniteError: the message names the terms, or the variables if all terms are finite.
    """
    names = [name for name, value in terms.items() if not math.isfinite(value)]
    if names:
        names = [name for name in names if name != "loss"] or names
        raise NonFiniteError(f"the loss term {', '.join(names)} is not finite")
    names = [v.name for v in variables if v.dtype.is_floating and not np.isfinite(v.numpy()).all()]
    if names:
        raise NonFiniteError(f"the loss is finite, but the variable {names[0]} is not")
