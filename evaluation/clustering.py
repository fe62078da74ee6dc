"""Says whether a reconstruction recalls the person of its photograph (section 4.4, table 3)."""

import collections
import dataclasses

import numpy as np

from evaluation.bootstrap import Interval, ends, mean_interval
from evaluation.recognition import unit

# The rank of what is not found, however many places are searched.
NEVER = np.iinfo(np.int64).max


@dataclasses.dataclass(frozen=True)
class Recall:
    """Identity clustering recall.

    Attributes:
      top: fraction of the reconstructions whose identity is among the k nearest photographs, with
        its interval over people.
      random: the same fraction for guessing, k / identities.
      queries: how many reconstructions there are, missed photographs included.
      photographs, identities: how many photographs of how many people were searched.
    """

    top: dict[int, Interval]
    random: dict[int, float]
    queries: int
    photographs: int
    identities: int

    def metrics(self) -> dict:
        """Returns everything as JSON can hold it."""
        return {
            **{f"top_{k}": value.mean for k, value in self.top.items()},
            **{f"top_{k}_interval": ends(value) for k, value in self.top.items()},
            **{f"random_top_{k}": value for k, value in self.random.items()},
            "queries": self.queries,
            "photographs": self.photographs,
            "identities": self.identities,
        }


def identity_ranks(
    renders: np.ndarray,
    render_identities: list[str],
    photographs: np.ndarray,
    photo_identities: list[str],
    sources: np.ndarray | None = None,
    block: int = 1024,
) -> np.ndarray:
    """Ranks the nearest photograph of the right person among all photographs, by cosine.

    A photograph of someone else that is exactly as near comes first: a network that maps all faces
    to one point must not score.

    Args:
      renders: float [R, E], the embeddings of the reconstructions' renders.
      render_identities: the R names of the people whom they show.
      photographs: float [P, E], the embeddings of photographs, the sources among them.
      photo_identities: the P names of the people on the photographs.
      sources: int [R], the photograph that each reconstruction is not searched among; None searches
        all of them.
      block: how many rows of the matrix of cosines exist at a time.

    Returns:
      Ranks int64 [R] from 1 on; P + 1 where no photograph is of that person.

    Raises:
      ValueError: sizes differ, or there is no photograph.
    """
    if len(renders) != len(render_identities) or len(photographs) != len(photo_identities):
        raise ValueError(
            f"{len(renders)} renders with {len(render_identities)} identities, {len(photographs)} "
            f"photographs with {len(photo_identities)}: each needs one"
        )
    if len(photographs) == 0:
        raise ValueError("no photographs to search")
    renders, photographs = unit(np.asarray(renders)), unit(np.asarray(photographs))
    wanted, present = np.asarray(render_identities), np.asarray(photo_identities)
    ranks = np.zeros(len(renders), np.int64)
    for top in range(0, len(renders), block):
        matrix = renders[top : top + block] @ photographs.T
        right = wanted[top : top + block, None] == present
        if sources is not None:
            # A source is neither found nor does it take a place.
            itself = np.arange(len(matrix)), sources[top : top + block]
            right[itself] = False
            matrix[itself] = -np.inf
        best = np.max(np.where(right, matrix, -np.inf), axis=1)
        ranks[top : top + block] = 1 + np.sum(~right & (matrix >= best[:, None]), axis=1)
    return ranks


def hits(ranks: np.ndarray, queries: int, place: int) -> np.ndarray:
    """Says which queries succeed, float [queries] of 0 and 1; those without a rank fail."""
    found = np.zeros(queries)
    found[: len(ranks)] = ranks <= place
    return found


def recall(
    ranks: np.ndarray,
    photo_identities: list[str],
    people: list[str],
    places: tuple[int, ...] = (1, 5),
) -> Recall:
    """Summarizes ranks of `identity_ranks`.

    Args:
      ranks: int [R].
      photo_identities: the people on the photographs that were searched.
      people: whose each query is. There are as many as ranks, and one more for each photograph
        that has no reconstruction; these are queries that fail.
      places: the k of each top-k.

    Raises:
      ValueError: there is neither a rank nor a miss.
    """
    queries = len(people)
    if queries == 0:
        raise ValueError("no reconstruction to recall an identity of")
    identities = len(set(photo_identities))
    return Recall(
        top={k: mean_interval(hits(ranks, queries, k), people) for k in places},
        random={k: min(1.0, k / identities) for k in places},
        queries=queries,
        photographs=len(photo_identities),
        identities=identities,
    )


def recall_without_sources(
    renders: np.ndarray,
    photographs: np.ndarray,
    identities: list[str],
    missed: list[str],
    missing: np.ndarray | None = None,
) -> Recall | None:
    """Recalls people by other photographs of them than the one that was reconstructed.

    Only who has another photograph can be found, so only they are asked for.

    Args:
      renders: float [P, E], the embeddings of the reconstructions' renders.
      photographs: float [P, E], the embeddings of their sources.
      identities: the P names of the people.
      missed: the people on further photographs, which have no reconstruction; these queries fail.
      missing: bool [P], the sources whose render does not count; these queries fail too.

    Returns:
      The recall; None where nobody has two photographs.
    """
    count = collections.Counter(identities)
    asked = np.flatnonzero([count[name] > 1 for name in identities])
    if not len(asked):
        return None
    people = [identities[k] for k in asked]
    ranks = identity_ranks(renders[asked], people, photographs, identities, asked)
    if missing is not None:
        ranks[missing[asked]] = NEVER
    return recall(ranks, identities, people + [name for name in missed if count[name]])
