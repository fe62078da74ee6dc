"""Says how sure a figure is, and how sure a difference between two methods on the same photographs.

People are drawn, not photographs: photographs of one person are not independent.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
SEED = 0
_CHUNK = 500


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean, and the ends of its 95 % percentile bootstrap interval."""

    mean: float
    low: float
    high: float


def ends(interval: Interval) -> list[float]:
    """The low and the high end, as metrics list them."""
    return [interval.low, interval.high]


def mean_interval(
    values: np.ndarray, identities: Sequence[str] | None = None, seed: int = SEED
) -> Interval:
    """Averages values float [P], one a photograph.

    Args:
      values: at least one.
      identities: whose photographs they are; all different by default.
      seed: the resampling's seed.

    Raises:
      ValueError: there are no values, or not as many identities.
    """
    values = np.asarray(values, np.float64)
    names = np.arange(len(values)) if identities is None else np.asarray(identities)
    if values.ndim != 1 or len(values) == 0 or len(names) != len(values):
        raise ValueError(f"values of shape {values.shape} and {len(names)} identities")
    people = np.unique(names, return_inverse=True)[1]
    sums, counts = np.bincount(people, weights=values), np.bincount(people)
    generator = np.random.default_rng(seed)
    means = []
    for start in range(0, RESAMPLES, _CHUNK):
        drawn = generator.integers(len(sums), size=(min(_CHUNK, RESAMPLES - start), len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    return _interval(np.mean(values), np.concatenate(means))


def paired_gain(
    before: np.ndarray,
    after: np.ndarray,
    identities: Sequence[str] | None = None,
    seed: int = SEED,
) -> Interval:
    """Averages `after - before`; the arguments are otherwise those of `mean_interval`.

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
    return mean_interval(after - before, identities, seed)


def auc_interval(
    values: np.ndarray,
    positive: np.ndarray,
    identities: Sequence[str] | None = None,
    seed: int = SEED,
) -> Interval:
    """Computes how often a positive has a larger value than a negative; ties count half.

    The people of both kinds are resampled apart, so that no resample lacks one kind.

    Args:
      values: float [P].
      positive: bool [P], some of them true and some false.
      identities: whose photographs they are; all different by default.
      seed: the resampling's seed.
    """
    values, positive = np.asarray(values, np.float64), np.asarray(positive, bool)
    names = np.arange(len(values)) if identities is None else np.asarray(identities)
    above, below = values[positive, None], values[None, ~positive]
    wins = (above > below) + 0.5 * (above == below)
    generator = np.random.default_rng(seed)
    results = []
    for start in range(0, RESAMPLES, _CHUNK):
        size = min(_CHUNK, RESAMPLES - start)
        rows, columns = (
            _drawn_photographs(names[kind], size, generator) for kind in (positive, ~positive)
        )
        weighted = np.sum((rows @ wins) * columns, axis=1)
        results.append(weighted / (rows.sum(axis=1) * columns.sum(axis=1)))
    return _interval(wins.mean(), np.concatenate(results))


def _drawn_photographs(names, size, generator):
    """How often each photograph is in a resample of the people: float [size, photographs]."""
    people = np.unique(names, return_inverse=True)[1]
    count = people.max() + 1
    drawn = generator.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
    times = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
    return times[:, people].astype(np.float64)


def _interval(mean, resampled):
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return Interval(float(mean), float(low), float(high))
