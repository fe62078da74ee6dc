"""Says whether tones that are decoded from several photographs of one person agree."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from evaluation.bootstrap import SEED
from evaluation.tone import rank_correlation, typology_angle

# Each photograph is compared with this many others to learn how far two people are apart.
_NEIGHBORS = 200
_LEAST_PEOPLE = 3


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How the tones of one person compare with those of different people.

    Attributes:
      people: how many have several photographs.
      rank_correlation: Spearman's correlation of the individual typology angles over two
        photographs a person.
      lightness_correlation: the same of L*.
      within: the median over these people of the mean color difference (CIE 1976) between two of
        their photographs.
      between: the median color difference between photographs of different people.
    """

    people: int
    rank_correlation: float
    lightness_correlation: float
    within: float
    between: float


def agreement(lab: np.ndarray, identities: Sequence[str]) -> Agreement | None:
    """Compares tones CIELAB float [P, 3] of photographs of people; None if few have several."""
    people = np.unique(np.asarray(identities), return_inverse=True)[1]
    several = np.flatnonzero(np.bincount(people, minlength=1) > 1)
    if len(several) < _LEAST_PEOPLE:
        return None
    tones = [lab[people == person] for person in several]
    pairs = np.stack([own[:2] for own in tones])
    # Which of both is the first means nothing, so each pair counts in both orders.
    first, second = np.concatenate([pairs, pairs[:, ::-1]]).transpose(1, 0, 2)
    return Agreement(
        people=len(several),
        rank_correlation=rank_correlation(typology_angle(first), typology_angle(second)),
        lightness_correlation=rank_correlation(first[:, 0], second[:, 0]),
        within=float(np.median([_mean_distance(own) for own in tones])),
        between=_between(lab, people),
    )


def _mean_distance(tones):
    rows, columns = np.triu_indices(len(tones), 1)
    return np.linalg.norm(tones[rows] - tones[columns], axis=1).mean()


def _between(lab, people):
    order = np.random.default_rng(SEED).permutation(len(lab))
    lab, people = lab[order], people[order]
    distances = []
    for shift in range(1, min(_NEIGHBORS, len(lab) // 2) + 1):
        others = people != np.roll(people, shift)
        distances.append(np.linalg.norm(lab - np.roll(lab, shift, axis=0), axis=1)[others])
    return float(np.median(np.concatenate(distances)))
