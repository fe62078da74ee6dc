"""How well protocols measure: their numbers beside the true errors of the same faces."""

import dataclasses

import numpy as np
import scipy.stats

from evaluation.table import Table


@dataclasses.dataclass(frozen=True)
class Measured:
    """Wrong faces, their true errors, and what protocols say of them.

    Attributes:
      truths: int [P], of which true face each is a reconstruction.
      kinds: the kind of error of each.
      true_mm: float64 [P].
      by_protocol: float64 [P] by the protocol's name.
    """

    truths: np.ndarray
    kinds: list[str]
    true_mm: np.ndarray
    by_protocol: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Trust:
    """How far a protocol's numbers can be believed.

    Attributes:
      correlation: with the true errors (Pearson).
      rank_correlation: with the true errors (Spearman).
      ordered: of two reconstructions of a face, how often the better one gets the smaller number.
      correlations: the correlation within each kind of error.
      parts: the mean number by the mean true error, for each kind of error: 1 if nothing is missed.
    """

    correlation: float
    rank_correlation: float
    ordered: float
    correlations: dict[str, float]
    parts: dict[str, float]


def trust(measured: Measured, protocol: str) -> Trust:
    """Compares a protocol's numbers with the true errors."""
    true, own = measured.true_mm, measured.by_protocol[protocol]
    kinds = np.array(measured.kinds)
    masks = {kind: kinds == kind for kind in dict.fromkeys(measured.kinds)}
    return Trust(
        float(np.corrcoef(true, own)[0, 1]),
        float(scipy.stats.spearmanr(true, own).statistic),
        _ordered(measured.truths, true, own),
        {kind: float(np.corrcoef(true[mask], own[mask])[0, 1]) for kind, mask in masks.items()},
        {kind: float(own[mask].mean() / true[mask].mean()) for kind, mask in masks.items()},
    )


def _ordered(truths, true, own):
    """The part of the pairs of one face's reconstructions that are in the right order."""
    first, second = np.triu_indices(len(truths), 1)
    same = (truths[first] == truths[second]) & (true[first] != true[second])
    first, second = first[same], second[same]
    return float(np.mean((true[first] < true[second]) == (own[first] < own[second])))


def trust_table(by_protocol: dict[str, Trust], faces: int, truths: int, whose: str) -> Table:
    """Shows how far each protocol can be believed, a row for each.

    Args:
      by_protocol: by the protocol's name.
      faces: how many reconstructions were measured.
      truths: of how many true faces.
      whose: what the true faces are.
    """
    kinds = list(next(iter(by_protocol.values())).parts)
    rows = [
        [name, t.correlation, t.rank_correlation, t.ordered, *(t.parts[kind] for kind in kinds)]
        for name, t in by_protocol.items()
    ]
    return Table(
        title="Protocols against true errors",
        columns=["protocol", "correlation", "of ranks", "ordered right", *kinds],
        rows=rows,
        note=f"{faces} wrong reconstructions of {truths} true faces ({whose}), whose "
        "errors are known: the mean distance of vertices to where they belong, within 95 mm of the "
        "nose tip, after the best similarity. The scans have other vertices, pose and noise. "
        "Ordered right: of two reconstructions of one face, how often the better one gets the "
        "smaller number. The columns of kinds: the protocol's mean number by the mean true error.",
    )
