"""Says how well decoded skin tones follow the people on photographs.

The color of a cheek on a photograph is not that of the skin alone: it depends more on exposure and
color cast. So single cheeks are compared by their order only, and level and spread over all of
them. Whether light and dark people are told apart needs labels.
"""

import dataclasses

import numpy as np
import scipy.stats

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
        light-skinned one, by L* and by the individual typology angle; None without labels.
    """

    lightness: float
    photographed_lightness: float
    spread: float
    far: float
    rank_correlation: float
    auc_lightness: float | None
    auc_angle: float | None


def tone_scores(
    decoded: np.ndarray, photographed: np.ndarray, dark: np.ndarray | None = None
) -> ToneScores:
    """Compares tones.

    Args:
      decoded, photographed: CIELAB float [P, 3], of the same photographs.
      dark: bool [P], whether the person is plainly dark-skinned; None if nobody says.
    """
    ours, theirs = decoded[:, 0], photographed[:, 0]
    angles = typology_angle(decoded)
    known = dark is not None and 0 < np.sum(dark) < len(dark)
    return ToneScores(
        lightness=float(np.median(ours)),
        photographed_lightness=float(np.median(theirs)),
        spread=float(scipy.stats.iqr(ours) / max(scipy.stats.iqr(theirs), 1e-6)),
        far=float(np.mean(np.abs(ours - theirs) > FAR)),
        rank_correlation=_rank_correlation(angles, typology_angle(photographed)),
        auc_lightness=_auc(ours, dark) if known else None,
        auc_angle=_auc(angles, dark) if known else None,
    )


def typology_angle(lab: np.ndarray) -> np.ndarray:
    """Computes the individual typology angle (Chardon et al. 1991) of CIELAB [P, 3]: degrees [P].

    It is above 55 for very light and below -30 for dark skin.
    """
    return np.degrees(np.arctan2(lab[:, 0] - 50.0, lab[:, 2]))


def movement(before: np.ndarray, after: np.ndarray) -> float:
    """Computes the median color difference (CIE 1976) of tones CIELAB float [P, 3]."""
    return float(np.median(np.linalg.norm(after - before, axis=1)))


def _rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's correlation; 0 where one of both is constant, which orders nothing."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(scipy.stats.spearmanr(first, second).statistic)


def _auc(values: np.ndarray, dark: np.ndarray) -> float:
    """How often a light-skinned person has the larger value; ties count half."""
    dark = np.asarray(dark, bool)
    statistic = scipy.stats.mannwhitneyu(values[~dark], values[dark]).statistic
    return float(statistic / (np.sum(dark) * np.sum(~dark)))
