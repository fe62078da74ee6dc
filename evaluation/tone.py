"""Says how well decoded skin tones follow the people on photographs.

The color of a cheek on a photograph is not that of the skin alone: it depends more on exposure and
color cast. So single cheeks are compared by their order only, and level and spread over all of
them. Whether light and dark people are told apart needs labels.
"""

import dataclasses

import numpy as np
import scipy.stats

from evaluation.bootstrap import Interval, auc_interval

# A tone that is lighter or darker than the photograph's cheek by more than this is plainly wrong.
FAR = 20.0


@dataclasses.dataclass(frozen=True)
class ToneScores:
    """How decoded tones compare with photographed cheeks, both in CIELAB.

    Attributes:
      lightness: the median L* of the decoded tones.
      photographed_lightness: the median L* of the cheeks.
      spread: the spread of the decoded L* by that of the photographed ones (interquartile ranges).
      far: the part of the photographs on which both L* differ by more than `FAR`.
      rank_correlation: Spearman's correlation of the individual typology angles.
      auc_lightness, auc_angle: how often a dark-skinned person is decoded darker than a
        light-skinned one, by L* and by the individual typology angle, with their intervals over
        people; None without labels of both kinds.
    """

    lightness: float
    photographed_lightness: float
    spread: float
    far: float
    rank_correlation: float
    auc_lightness: Interval | None
    auc_angle: Interval | None


def tone_scores(
    decoded: np.ndarray,
    photographed: np.ndarray,
    dark: np.ndarray | None = None,
    people: list[str] | None = None,
) -> ToneScores:
    """Compares tones.

    Args:
      decoded, photographed: CIELAB float [P, 3], of the same photographs.
      dark: float [P], 1 where the person is plainly dark-skinned, 0 where not, and NaN where nobody
        says; None if nobody says anything.
      people: whose photographs they are; all different by default.
    """
    ours, theirs = decoded[:, 0], photographed[:, 0]
    angles = typology_angle(decoded)
    return ToneScores(
        lightness=float(np.median(ours)),
        photographed_lightness=float(np.median(theirs)),
        spread=float(scipy.stats.iqr(ours) / max(scipy.stats.iqr(theirs), 1e-6)),
        far=float(np.mean(np.abs(ours - theirs) > FAR)),
        rank_correlation=rank_correlation(angles, typology_angle(photographed)),
        auc_lightness=_auc(ours, dark, people),
        auc_angle=_auc(angles, dark, people),
    )


def typology_angle(lab: np.ndarray) -> np.ndarray:
    """Computes the individual typology angle (Chardon et al. 1991) of CIELAB [P, 3]: degrees [P].

    It is above 55 for very light and below -30 for dark skin.
    """
    return np.degrees(np.arctan2(lab[:, 0] - 50.0, lab[:, 2]))


@dataclasses.dataclass(frozen=True)
class Steadiness:
    """How far tones move under what changes a photograph and not the person.

    Attributes:
      movement: the median color difference (CIE 1976) over all photographs and changes.
      by_change: the median over all photographs for each change.
    """

    movement: float
    by_change: dict[str, float]


def steadiness(before: np.ndarray, after: dict[str, np.ndarray]) -> Steadiness:
    """Compares tones CIELAB float [P, 3] with those of the same photographs by change."""
    distances = {name: np.linalg.norm(tones - before, axis=1) for name, tones in after.items()}
    return Steadiness(
        movement=float(np.median(np.concatenate(list(distances.values())))),
        by_change={name: float(np.median(values)) for name, values in distances.items()},
    )


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Computes Spearman's correlation; 0 where one of both is constant, which orders nothing."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(scipy.stats.spearmanr(first, second).statistic)


def _auc(values, dark, people) -> Interval | None:
    """How often a light-skinned person has the larger value; None where a kind is missing."""
    if dark is None:
        return None
    known = ~np.isnan(np.asarray(dark, float))
    light = np.asarray(dark)[known] == 0
    if light.all() or not light.any():
        return None
    whose = None if people is None else np.asarray(people)[known]
    return auc_interval(values[known], light, whose)
