"""Says how good coefficients are, and whether they still are those of faces."""

import dataclasses

import numpy as np


def r_squared(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Computes the part of each component's variance that a prediction explains.

    Args:
      predicted, true: float [B, K].

    Returns:
      float [K]; 1 is perfect, 0 no better than the mean.
    """
    residual = np.sum((predicted - true) ** 2, axis=0)
    total = np.sum((true - true.mean(axis=0)) ** 2, axis=0)
    return 1.0 - residual / total


@dataclasses.dataclass(frozen=True)
class CoefficientStatistics:
    """Moments of predicted coefficients over photographs; faces of the model have 0 and 1.

    Attributes:
      mean_rms: root mean square of the components' means.
      variance: average of the components' (biased) variances.
      within_half: the part of the components that have a variance in 0.5..1.5.
      largest: the largest coefficient in size.
    """

    mean_rms: float
    variance: float
    within_half: float
    largest: float


def coefficient_statistics(coefficients: np.ndarray) -> CoefficientStatistics:
    """Computes the statistics of coefficients float [B, K]."""
    variance = coefficients.var(axis=0)
    return CoefficientStatistics(
        mean_rms=float(np.sqrt(np.mean(coefficients.mean(axis=0) ** 2))),
        variance=float(variance.mean()),
        within_half=float(np.mean((variance >= 0.5) & (variance <= 1.5))),
        largest=float(np.abs(coefficients).max()),
    )
