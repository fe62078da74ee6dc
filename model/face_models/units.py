"""Recognizes the units of a face model file by what faces are like, and converts them to ours.

A head is 15 to 40 cm tall; a cropped face may be lower. People differ by millimeters to
centimeters, and by a part of the range of colors. An array is taken in the unit that its format has
if it makes sense in this unit. Otherwise it is converted if it makes sense in exactly one other
unit, and refused if it makes sense in none, or if the other unit is not certain.
"""

import os
from typing import NamedTuple

import numpy as np

from model.face_model_contents import Pca
from model.face_models.checks import PartNames

# The names of units, by their factors to ours.
LENGTHS = {1.0: "millimeters", 10.0: "centimeters", 1000.0: "meters", 1e-3: "micrometers"}
COLORS = {1.0: "0..1", 1 / 255: "0..255"}


class _Plausible(NamedTuple):
    """The values in our unit that make sense.

    A value from `low` to `high` is taken in the unit that is expected. To be taken in another unit,
    it has to lie from `likely_low` to `likely_high` in that.
    """

    low: float
    high: float
    likely_low: float
    likely_high: float

    def units(self, value: float, expected: float, units: dict[float, str]) -> list[float]:
        """The factors of units that make sense of a value; only the expected one if it does."""
        if self.low <= value * expected <= self.high:
            return [expected]
        return [f for f in units if self.likely_low <= value * f <= self.likely_high]


# The height of a mean, from its lowest to its highest vertex, in mm. The Basel face is about 200 mm
# tall, a head with its neck 340, a face from brows to chin 120. Within 150 to 400 mm, inches and
# decimeters are not mistaken for centimeters.
_HEIGHT = _Plausible(100.0, 450.0, 150.0, 400.0)
# The standard deviation of the vertex that differs most between people, in mm. It is 8 for the
# first component of a narrow face alone, and 24 at the neck of a whole head.
_SHAPE = _Plausible(2.5, 60.0, 2.5, 60.0)
# That of the vertex that differs most between expressions, as a multiple of the value above: 0.35
# to 1.7 in the models at hand.
_EXPRESSION = _Plausible(0.1, 3.0, 0.2, 1.9)
# How far the mean of the expressions may lie from the neutral face, in mm.
_EXPRESSION_MEAN_MM = 60.0
# The standard deviation of the vertex whose color differs most, over its three channels: 0.17 to
# 0.38 in the models at hand.
_COLOR = _Plausible(0.003, 2.0, 0.02, 1.0)
# The largest value of a mean color, which may leave 0..1 by a little. Larger values are of 0..255,
# the only other range in use; but up to 100 they might be percents.
_BRIGHTEST = _Plausible(0.02, 1.1, 100 / 255, 1.02)
_DARKEST = -0.1
# If deviations are off by a smaller factor, they may be in another unit or just unusual.
_CERTAIN = 100.0


def length_unit(path: str | os.PathLike, name: str, vertices: np.ndarray, expected: float) -> float:
    """Finds the unit of a mean face.

    Args:
      path: the file, for messages.
      name: what it calls the array, for messages.
      vertices: float [N, 3], +y up.
      expected: the factor to millimeters that the format has.

    Returns:
      The factor to millimeters, one of `LENGTHS`.

    Raises:
      ValueError: the mean is no head in any unit.
    """
    height = float(np.ptp(vertices[:, 1]))
    units = _HEIGHT.units(height, expected, LENGTHS)
    if not units:
        raise ValueError(
            f"{path}: {name} is {height:.4g} tall (along y), which is no head in "
            f"{', '.join(LENGTHS.values())}: heads are {_HEIGHT.low:g} to {_HEIGHT.high:g} mm "
            "tall; scale means, deviations and landmarks to millimeters, with +y up"
        )
    return units[0]


def shape_in_millimeters(
    path: str | os.PathLike, names: PartNames, part: Pca, expected: float
) -> tuple[Pca, float, list[str]]:
    """Converts the shape of a face model.

    Args:
      path: the file, for messages.
      names: what it calls the arrays, for messages.
      part: in the unit of the file.
      expected: the factor to millimeters that the format has.

    Returns:
      The part in millimeters, the factor that its mean was multiplied by, and a sentence for each
      array that is in another unit than expected.

    Raises:
      ValueError: the unit is not certain, or there are no deviations at all; names the file, the
        array, the value and the remedy.
    """
    unit = length_unit(path, names.mean, part.mean, expected)
    if not part.spread().any():
        raise ValueError(
            f"{path}: every value of {names.variance} or of {names.basis} is 0, so all faces would "
            "be the same; was the file written to the end?"
        )
    deviations = _deviation_unit(path, names, part, unit, _SHAPE, LENGTHS)
    repairs = _repairs(names, unit, deviations, expected, LENGTHS)
    return part.scaled(unit, deviations), unit, repairs


def expression_in_millimeters(
    path: str | os.PathLike, names: PartNames, part: Pca, expected: float, shape: Pca
) -> tuple[Pca, list[str]]:
    """Converts the expressions of a face model.

    Args:
      path: the file, for messages.
      names: what it calls the arrays, for messages.
      part: in the unit of the file.
      expected: the factor that the mean of the shape was multiplied by.
      shape: the shape in millimeters.

    Returns:
      The part in millimeters, and a sentence for each array in another unit than the shape's mean.

    Raises:
      ValueError: the unit is not certain; names the file, the array, the value and the remedy.
    """
    reference = float(shape.spread().max()) or 1.0
    deviations = _deviation_unit(path, names, part, expected, _EXPRESSION, LENGTHS, reference)
    far = float(np.linalg.norm(part.mean, axis=1).max())
    fitting = [u for u in (deviations, expected, 1.0) if far * u <= _EXPRESSION_MEAN_MM]
    if not fitting:
        raise ValueError(
            f"{path}: {names.mean} moves vertices by up to {far:.4g}, more than "
            f"{_EXPRESSION_MEAN_MM:g} mm; it must hold offsets from the neutral face in the unit "
            "of the shape: subtract the shape's mean, or scale it"
        )
    repairs = _repairs(names, fitting[0], deviations, expected, LENGTHS)
    return part.scaled(fitting[0], deviations), repairs


def colors_in_0_to_1(
    path: str | os.PathLike, names: PartNames, part: Pca, expected: float
) -> tuple[Pca, list[str]]:
    """Converts the colors of a face model to 0..1.

    Args:
      path: the file, for messages.
      names: what it calls the arrays, for messages.
      part: in the range of the file.
      expected: the factor to 0..1 that the format has.

    Returns:
      The part in 0..1, and a sentence for each array that is in another range than expected.

    Raises:
      ValueError: the range is not certain; names the file, the array, the value and the remedy.
    """
    low, high = float(part.mean.min()), float(part.mean.max())
    units = _BRIGHTEST.units(high, expected, COLORS)
    if not units or low * units[0] < _DARKEST:
        raise ValueError(
            f"{path}: {names.mean} holds colors from {low:.4g} to {high:.4g}; a mean face lies in "
            "0..1 or 0..255 and is not black: scale the mean and the deviations to 0..1"
        )
    deviations = _deviation_unit(path, names, part, units[0], _COLOR, COLORS)
    repairs = _repairs(names, units[0], deviations, expected, COLORS)
    return part.scaled(units[0], deviations), repairs


def _deviation_unit(path, names, part, expected, plausible, units, reference=1.0):
    """Finds the factor of the deviations of a part; that of its mean is expected.

    Deviations that are too small in every unit are taken as they are, since they do no harm.
    """
    spread = float(part.spread().max()) / reference
    fitting = plausible.units(spread, expected, units)
    if not fitting and spread * expected < plausible.low:
        return expected
    if len(fitting) == 1:
        unit = fitting[0]
        if unit == expected or max(unit / expected, expected / unit) >= _CERTAIN:
            return unit
    hint = "".join(f", as if {names.variance} were of {units[unit]}" for unit in fitting[:1])
    raise ValueError(
        f"{path}: one standard deviation of {names.variance} along {names.basis} changes a vertex "
        f"by up to {spread * reference:.4g}; with {names.mean} in {units[expected]} it should be "
        f"{plausible.low * reference / expected:.3g} to {plausible.high * reference / expected:.3g}"
        f"{hint}: give {names.mean} and {names.variance} in one unit"
    )


def _repairs(names, unit, deviations, expected, units):
    """Sentences about a mean and deviations in other units than expected."""
    arrays = names.mean if deviations != unit else f"{names.mean} and {names.variance}"
    repairs = []
    if unit != expected:
        repairs.append(f"{arrays}: in {units[unit]}, not in {units[expected]}; converted")
    if deviations != unit:
        repairs.append(
            f"{names.variance}: of {units[deviations]}, but {names.mean} is in {units[unit]}; "
            "converted"
        )
    return repairs
