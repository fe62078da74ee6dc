"""Says how alike photographs and renders are to a recognition network (section 4.3).

Embeddings are unit vectors, so cosines are dot products. A photograph in which no face was found
has no reconstruction: it is a miss, and its cosine counts as 0, that of unrelated faces.
"""

import dataclasses

import numpy as np
import scipy.stats

# Cosines are counted in bins this wide: an earth mover's distance is off by half of it at most.
_BIN_WIDTH = 1e-3


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Computes the cosine of each pair of embeddings, float [..., E] twice: float [...].

    Raises:
      ValueError: a vector has no direction (zero, or not finite).
    """
    return np.sum(unit(first) * unit(second), axis=-1)


def unit(embeddings: np.ndarray) -> np.ndarray:
    """Scales embeddings float [..., E] to unit length.

    Raises:
      ValueError: a vector has no direction (zero, or not finite).
    """
    norms = np.linalg.norm(embeddings, axis=-1, keepdims=True)
    bad = ~(np.isfinite(norms) & (norms > 0))
    if np.any(bad):
        where = np.argwhere(bad[..., 0])[0].tolist()
        raise ValueError(f"embedding {where} has length {norms[bad][0]}, thus no direction")
    return embeddings / norms


def count_misses(scores: np.ndarray, misses: int) -> np.ndarray:
    """Appends a cosine of 0 for each missed photograph to scores float [P]."""
    return np.concatenate([scores, np.zeros(misses)])


@dataclasses.dataclass(frozen=True)
class Summary:
    """A distribution of cosines in a few numbers: `low` and `high` are 5th and 95th percentile."""

    count: int
    mean: float
    deviation: float
    low: float
    median: float
    high: float


def summarize(scores: np.ndarray) -> Summary:
    """Summarizes scores float [P].

    Raises:
      ValueError: there are no scores.
    """
    if len(scores) == 0:
        raise ValueError("no scores to summarize: no photograph was reconstructed")
    low, median, high = np.percentile(scores, [5, 50, 95])
    return Summary(
        count=len(scores),
        mean=float(np.mean(scores)),
        deviation=float(np.std(scores)),
        low=float(low),
        median=float(median),
        high=float(high),
    )


@dataclasses.dataclass(frozen=True)
class Histogram:
    """Counts of cosines in bins of equal width over -1..1.

    Attributes:
      counts: int64 [bins].
      centers: float64 [bins].
      sum: of the cosines themselves.
    """

    counts: np.ndarray
    centers: np.ndarray
    sum: float

    @property
    def total(self) -> int:
        """How many cosines were counted."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Mean cosine, which no bin has rounded; NaN of an empty histogram."""
        return self.sum / self.total if self.total else float("nan")

    def below(self, cosine: float) -> float | None:
        """The part of the cosines that are lower than one, to a bin; None of an empty histogram."""
        if not self.total:
            return None
        place = (cosine + 1) / _BIN_WIDTH
        within = np.clip(place - np.arange(len(self.counts)), 0.0, 1.0)
        return float(self.counts @ within / self.total)


def pair_histograms(
    embeddings: np.ndarray, identities: list[str], block: int = 1024
) -> tuple[Histogram, Histogram]:
    """Counts the cosines of all pairs of photographs, of one person and of different people.

    Each pair counts once, no photograph is paired with itself, and only `block` rows by `block`
    columns of the matrix exist at a time: LFW has 8.4e7 pairs.

    Args:
      embeddings: float [P, E], one a photograph (never a photograph and its mirror image).
      identities: the P names of the people on them.
      block: how many rows of the matrix exist at a time.

    Returns:
      The histogram of pairs of one person, and that of pairs of different people.

    Raises:
      ValueError: there are not as many identities as photographs.
    """
    if len(embeddings) != len(identities):
        raise ValueError(f"{len(embeddings)} embeddings, but {len(identities)} identities")
    vectors = unit(np.asarray(embeddings, np.float32))
    people = np.unique(np.asarray(identities), return_inverse=True)[1]
    bins = round(2 / _BIN_WIDTH)
    counts, sums = np.zeros([2, bins], np.int64), np.zeros(2)
    place = np.arange(len(vectors))
    for top in range(0, len(vectors), block):
        for left in range(top, len(vectors), block):
            rows, columns = slice(top, top + block), slice(left, left + block)
            once = place[rows, None] < place[columns]
            alike = people[rows, None] == people[columns]
            matrix = vectors[rows] @ vectors[columns].T
            for kind, chosen in enumerate((alike, ~alike)):
                values = matrix[once & chosen].astype(np.float64)
                index = np.clip(((values + 1) / _BIN_WIDTH).astype(np.int64), 0, bins - 1)
                counts[kind] += np.bincount(index, minlength=bins)
                sums[kind] += values.sum()
    centers = (np.arange(bins) + 0.5) * _BIN_WIDTH - 1
    same, different = (Histogram(counts[k], centers, float(sums[k])) for k in range(2))
    return same, different


def earth_movers_distance(scores: np.ndarray, histogram: Histogram) -> float | None:
    """Computes the Wasserstein-1 distance of scores float [P] to a histogram, in cosine (table 2).

    Returns:
      The distance; None where the histogram is empty, as that of pairs of one person is in a set
      with one photograph a person.
    """
    filled = histogram.counts > 0
    if not np.any(filled):
        return None
    distance = scipy.stats.wasserstein_distance(
        scores, histogram.centers[filled], v_weights=histogram.counts[filled]
    )
    return float(distance)
