"""Says how sure a difference between two methods on the same photographs is."""

import dataclasses

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
_CHUNK = 500


@dataclasses.dataclass(frozen=True)
class Gain:
    """A mean paired difference, and the ends of its bootstrap interval."""

    mean: float
    low: float
    high: float


def paired_gain(
    before: np.ndarray, after: np.ndarray, identities: list[str] | None = None, seed: int = 0
) -> Gain:
    """Averages `after - before`, and gives its 95 % percentile bootstrap interval.

    People are drawn, not photographs: photographs of one person are not independent.

    Args:
      before, after: float [P], scores of the same photographs in the same order.
      identities: whose photographs they are; all different by default.
      seed: the resampling's seed.

    Raises:
      ValueError: the scores are not paired.
    """
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if before.shape != after.shape or before.ndim != 1 or len(before) == 0:
        raise ValueError(f"scores of shape {before.shape} and {after.shape} are not pairs")
    names = np.arange(len(before)) if identities is None else np.asarray(identities)
    people = np.unique(names, return_inverse=True)[1]
    sums, counts = np.bincount(people, weights=after - before), np.bincount(people)
    generator = np.random.default_rng(seed)
    means = []
    for start in range(0, RESAMPLES, _CHUNK):
        drawn = generator.integers(len(sums), size=(min(_CHUNK, RESAMPLES - start), len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(np.concatenate(means), [tail, 100 - tail])
    return Gain(float(np.mean(after - before)), float(low), float(high))
