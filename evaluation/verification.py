"""Says how well the cosine of two embeddings tells whether two images show one person."""

import dataclasses

import numpy as np

from evaluation.recognition import Histogram, pair_histograms


@dataclasses.dataclass(frozen=True)
class Verification:
    """Metrics over all pairs of images.

    Attributes:
      auc: how often a pair of the same person has the larger cosine than a pair of two people, ties
        counting half; the area under the curve of true by false positives.
      accuracy: mean of the rates of right answers for same and for different pairs, at a threshold
        that is chosen on the other half of the people.
      same, different: the mean cosines of both kinds of pairs.
    """

    auc: float
    accuracy: float
    same: float
    different: float


def verification(embeddings: np.ndarray, identities: list) -> Verification:
    """Compares all images with each other.

    Args:
      embeddings: float [P, E], one an image.
      identities: the people whom they show; at least four, with two images each on average.

    Raises:
      ValueError: too few people, or no two images of one person in a half of them.
    """
    people = np.unique(np.asarray(identities), return_inverse=True)[1]
    if people.max(initial=0) < 3:
        raise ValueError(f"{people.max(initial=-1) + 1} people; verification needs at least four")
    halves = [
        pair_histograms(embeddings[people % 2 == half], list(people[people % 2 == half]))
        for half in (0, 1)
    ]
    if any(same.total == 0 for same, _ in halves):
        raise ValueError("no two images of one person in a half of the people")
    same, different = pair_histograms(embeddings, list(people))
    accuracies = [_accuracy(*halves[half])[_best_threshold(*halves[1 - half])] for half in (0, 1)]
    return Verification(
        auc=_auc(same, different),
        accuracy=float(np.mean(accuracies)),
        same=same.mean,
        different=different.mean,
    )


def _auc(same: Histogram, different: Histogram) -> float:
    below = np.cumsum(different.counts) - different.counts / 2
    return float(same.counts @ below / (same.total * different.total))


def _accuracy(same: Histogram, different: Histogram) -> np.ndarray:
    """Balanced accuracy with each bin's lower edge as the threshold."""
    rejected_same = (np.cumsum(same.counts) - same.counts) / same.total
    rejected_different = (np.cumsum(different.counts) - different.counts) / different.total
    return (1 - rejected_same + rejected_different) / 2


def _best_threshold(same: Histogram, different: Histogram) -> int:
    """The middle of the best thresholds: there may be a wide gap between the two kinds."""
    accuracy = _accuracy(same, different)
    best = np.flatnonzero(accuracy == accuracy.max())
    return int(best[len(best) // 2])
