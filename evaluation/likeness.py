"""Gathers what one recognition network says about photographs and renders of reconstructions."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from evaluation.bootstrap import Interval, ends, mean_interval
from evaluation.clustering import NEVER, Recall, identity_ranks, recall, recall_without_sources
from evaluation.recognition import (
    Histogram,
    Summary,
    cosines,
    count_misses,
    earth_movers_distance,
    pair_histograms,
    summarize,
)


@dataclasses.dataclass(frozen=True)
class JudgedPhotographs:
    """Photographs as a judging network sees them.

    Attributes:
      embeddings: float32 [P, E], one a photograph with a face, none of them mirrored.
      identities: whose each is, P names.
      missed: whose the further photographs are in which no face was found.
      same, different: cosines of all pairs of the same and of different people.
    """

    embeddings: np.ndarray
    identities: list[str]
    missed: list[str]
    same: Histogram
    different: Histogram

    @property
    def people(self) -> list[str]:
        """Names the person of each score: P photographs with a face, then the misses.

        Each missed photograph counts as a person of its own: it gains nothing, whoever it shows.
        """
        people = [f"person {name}" for name in self.identities]
        return people + [f"miss {k}" for k in range(len(self.missed))]


def judge_photographs(
    embeddings: np.ndarray, identities: list[str], missed: Sequence[str] = ()
) -> JudgedPhotographs:
    """Gathers photographs, and compares all of them with each other."""
    same, different = pair_histograms(embeddings, identities)
    return JudgedPhotographs(embeddings, list(identities), list(missed), same, different)


@dataclasses.dataclass(frozen=True)
class Likeness:
    """How well one decoder's faces are recognized by one network.

    Attributes:
      scores: for each yaw in degrees (both sides averaged) the cosines float [P + misses] between
        photograph and render; a miss counts as 0.
      summaries: for each yaw the distribution of its scores.
      intervals: for each yaw the mean of its scores with its interval over people.
      ranks: int [P], the place of the nearest photograph of the right person, searched with the
        frontal render; `NEVER` where there is no reconstruction.
      recall: the identity clustering recall with the frontal renders.
      recall_of_others: the same without the source photograph, by other photographs of the person;
        None where nobody has two.
      to_same, to_different: the earth mover's distances of the frontal scores to the cosines of
        pairs of photographs (table 2); None where there is no such pair.
      same_below, different_above: the part of the pairs of photographs of one person that are less
        alike than photograph and render are on average, and the part of the pairs of different
        people that are more alike; None where there is no such pair.
    """

    scores: dict[int, np.ndarray]
    summaries: dict[int, Summary]
    intervals: dict[int, Interval]
    ranks: np.ndarray
    recall: Recall
    recall_of_others: Recall | None
    to_same: float | None
    to_different: float | None
    same_below: float | None
    different_above: float | None

    def metrics(self) -> dict:
        """Returns all but the arrays, as JSON can hold it."""
        return {
            "cosine": {
                f"yaw_{yaw}": vars(summary) | {"interval": ends(self.intervals[yaw])}
                for yaw, summary in self.summaries.items()
            },
            "recall": self.recall.metrics(),
            "recall_of_others": self.recall_of_others and self.recall_of_others.metrics(),
            "earth_movers_distance": {"same": self.to_same, "different": self.to_different},
            "same_below": self.same_below,
            "different_above": self.different_above,
        }


def likeness(
    photos: JudgedPhotographs,
    renders: np.ndarray,
    yaws_deg: tuple[int, ...],
    missing: np.ndarray | None = None,
) -> Likeness:
    """Compares renders with the photographs that they were reconstructed from.

    Args:
      photos: the photographs.
      renders: float32 [P, V, E], embeddings of the views of each reconstruction.
      yaws_deg: the yaw of each of the V views; 0 must be among them.
      missing: bool [P], the photographs that have no reconstruction. Their cosines count as 0 and
        their queries as failed, as those of photographs without a face do. None for none.

    Raises:
      ValueError: sizes differ, or there is no frontal view.
    """
    if renders.shape[:2] != (len(photos.embeddings), len(yaws_deg)) or 0 not in yaws_deg:
        raise ValueError(
            f"renders of shape {renders.shape} do not fit {len(photos.embeddings)} photographs "
            f"and the yaws {yaws_deg}, of which one must be 0"
        )
    missing = np.zeros(len(renders), bool) if missing is None else missing
    # Any direction does: what comes of it is not used.
    renders = np.where(missing[:, None, None], np.float32(1), renders)
    by_view = cosines(photos.embeddings[:, None], renders)
    by_view[missing] = 0.0
    sides = np.abs(yaws_deg)
    scores = {
        int(yaw): count_misses(by_view[:, sides == yaw].mean(axis=1), len(photos.missed))
        for yaw in np.unique(sides)
    }
    frontal = renders[:, list(yaws_deg).index(0)]
    mean = float(np.mean(scores[0]))
    different_below = photos.different.below(mean)
    ranks = identity_ranks(frontal, photos.identities, photos.embeddings, photos.identities)
    ranks[missing] = NEVER
    return Likeness(
        scores=scores,
        summaries={yaw: summarize(values) for yaw, values in scores.items()},
        intervals={yaw: mean_interval(values, photos.people) for yaw, values in scores.items()},
        ranks=ranks,
        recall=recall(ranks, photos.identities, photos.people),
        recall_of_others=recall_without_sources(
            frontal, photos.embeddings, photos.identities, photos.missed, missing
        ),
        to_same=earth_movers_distance(scores[0], photos.same),
        to_different=earth_movers_distance(scores[0], photos.different),
        same_below=photos.same.below(mean),
        different_above=None if different_below is None else 1 - different_below,
    )
