"""How well known skin tones are decoded, by type of skin, in the manner of FAIR.

FAIR (Feng, Bolkart, Tesch, Black, Abrevaya, "Towards Racially Unbiased Skin Tone Estimation via
Scene Disambiguation", ECCV 2022) renders scanned faces of six types of skin, measures the error of
the individual typology angle, and says that a method is fair where it errs alike on all types.
"""

import dataclasses

import numpy as np

from evaluation.bootstrap import Interval, mean_interval
from evaluation.tone import typology_angle

# The six types of skin by the individual typology angle (Chardon et al. 1991), and a color of each,
# CIELAB (D65), inside its limits: a* hardly differs between people, b* falls toward very light and
# very dark skin (Xiao et al., Skin Research and Technology 23, 2017).
TYPES = {
    "very light": (73.0, 9.0, 15.0),
    "light": (67.0, 11.0, 16.5),
    "intermediate": (62.0, 12.5, 18.0),
    "tan": (57.0, 13.5, 19.0),
    "brown": (47.0, 14.0, 17.5),
    "dark": (36.0, 11.5, 13.0),
}


@dataclasses.dataclass(frozen=True)
class TypeErrors:
    """Errors of the individual typology angle in degrees.

    Attributes:
      by_type: the mean error of each type with its interval over faces.
      mean: the mean over types.
      spread: the standard deviation over types, which is 0 where all are treated alike.
      bias_by_type: the mean signed error of each type; positive is decoded too light.
    """

    by_type: dict[str, Interval]
    mean: float
    spread: float
    bias_by_type: dict[str, float]


def type_errors(decoded: np.ndarray, true: np.ndarray) -> TypeErrors:
    """Compares decoded tones with true ones.

    Args:
      decoded: CIELAB float [T, F, S, 3], of F faces of each of the T `TYPES` in S scenes.
      true: CIELAB float [T, F, 3].
    """
    angles = typology_angle(decoded.reshape(-1, 3)).reshape(decoded.shape[:-1])
    truth = typology_angle(true.reshape(-1, 3)).reshape(true.shape[:-1])
    errors = angles - truth[..., None]
    # Scenes of one face are not independent, so faces are drawn.
    by_type = {
        name: mean_interval(np.abs(own).mean(axis=1))
        for name, own in zip(TYPES, errors, strict=True)
    }
    means = [interval.mean for interval in by_type.values()]
    return TypeErrors(
        by_type=by_type,
        mean=float(np.mean(means)),
        spread=float(np.std(means)),
        bias_by_type={name: float(own.mean()) for name, own in zip(TYPES, errors, strict=True)},
    )


def constant_errors(true: np.ndarray, scenes: int) -> TypeErrors:
    """The errors of one tone for all, the mean of the true ones: what no face is read for."""
    constant = np.broadcast_to(true.mean(axis=(0, 1)), (*true.shape[:2], scenes, 3))
    return type_errors(constant, true)
