"""Figures by group of people, where labels say who belongs to which."""

import dataclasses

import numpy as np

from evaluation.bootstrap import Interval, ends, mean_interval
from evaluation.clustering import hits
from evaluation.likeness import Likeness

# A column of numbers with more values than this is divided into quarters.
MAX_GROUPS = 8


@dataclasses.dataclass(frozen=True)
class GroupScores:
    """How well one decoder does on a group.

    Attributes:
      photographs: how many there are, those without a face included.
      cosines: for each judge and each yaw in degrees the mean cosine with its interval over people.
      top_1: for each judge the part of the renders whose nearest photograph, among those of all
        groups, is of the same person.
      lightness, photographed_lightness: the median L* of the decoded and of the photographed
        cheeks; None in a group without a face.
    """

    photographs: int
    cosines: dict[str, dict[int, Interval]]
    top_1: dict[str, Interval]
    lightness: float | None
    photographed_lightness: float | None

    def metrics(self) -> dict:
        """Returns everything as JSON can hold it."""
        judges = {
            judge: {
                "cosine": {
                    f"yaw_{yaw}": {"mean": interval.mean, "interval": ends(interval)}
                    for yaw, interval in by_yaw.items()
                },
                "top_1": self.top_1[judge].mean,
                "top_1_interval": ends(self.top_1[judge]),
            }
            for judge, by_yaw in self.cosines.items()
        }
        return judges | {
            "photographs": self.photographs,
            "lightness": self.lightness,
            "photographed_lightness": self.photographed_lightness,
        }


def group_scores(
    members: np.ndarray,
    people: list[str],
    judged: dict[str, Likeness],
    decoded: np.ndarray,
    photographed: np.ndarray,
) -> GroupScores:
    """Computes the figures of one group.

    Args:
      members: bool [P + misses], who belongs to it, at least one.
      people: the P + misses names of the people.
      judged: what each judge says of all photographs.
      decoded, photographed: CIELAB float [P, 3] of the cheeks.
    """
    names = np.asarray(people)[members]
    cosines = {
        judge: {yaw: mean_interval(values[members], names) for yaw, values in own.scores.items()}
        for judge, own in judged.items()
    }
    top_1 = {
        judge: mean_interval(hits(own.ranks, len(people), 1)[members], names)
        for judge, own in judged.items()
    }
    faces = members[: len(decoded)]
    levels = (_median(lab[faces, 0]) for lab in (decoded, photographed))
    return GroupScores(int(np.sum(members)), cosines, top_1, *levels)


def divide(cells: list[str]) -> dict[str, np.ndarray]:
    """Divides photographs by what a column says of each.

    Args:
      cells: P texts; where one is empty, the photograph is in no group.

    Returns:
      bool [P], who is in it, for each group's name. A column of numbers with more than
      `MAX_GROUPS` values is divided into quarters.

    Raises:
      ValueError: there are more texts than `MAX_GROUPS`.
    """
    cells = np.asarray(cells, object)
    values = sorted(set(cells) - {""})
    if len(values) <= MAX_GROUPS:
        return {value: cells == value for value in values}
    numbers = np.array([_number(cell) for cell in cells])
    if np.isnan(numbers[cells != ""]).any():
        raise ValueError(f"has {len(values)} values, such as {values[0]!r}")
    return _quarters(numbers)


def _quarters(numbers):
    """Divides numbers [P], NaN where there is none, at their quartiles."""
    inner = np.unique(np.nanpercentile(numbers, [25, 50, 75]))
    quarters = np.where(np.isnan(numbers), -1, np.searchsorted(inner, numbers, side="right"))
    groups = {}
    for quarter in range(len(inner) + 1):
        members = quarters == quarter
        if members.any():
            groups[f"{numbers[members].min():g} to {numbers[members].max():g}"] = members
    return groups


def _number(cell):
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _median(values):
    return float(np.median(values)) if len(values) else None
