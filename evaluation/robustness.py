"""Says how alike a face stays while its photograph is changed (figure 6)."""

import dataclasses

import numpy as np

from evaluation.bootstrap import Interval, mean_interval
from evaluation.recognition import cosines


@dataclasses.dataclass(frozen=True)
class Faces:
    """What is compared of P faces: embeddings float [P, E] of renders, vertices [P, N, 3] in mm."""

    embeddings: np.ndarray
    vertices: np.ndarray


@dataclasses.dataclass(frozen=True)
class Curve:
    """Likeness to the face from the unchanged photograph, over the strength of a change.

    Attributes:
      levels: the strengths, as an axis shows them.
      cosine: for each level the mean cosine of the renders by a judge, with its interval over
        people.
      distance: for each level the mean distance of corresponding vertices in mm.
    """

    levels: tuple[float, ...]
    cosine: tuple[Interval, ...]
    distance: tuple[float, ...]


def curve(clean: Faces, changed: dict[float, Faces], people: list[str]) -> Curve:
    """Compares faces with those of the unchanged photographs of the same people.

    Args:
      clean: P faces.
      changed: the faces of the changed photographs in the same order, by level.
      people: whose photographs they are, P names.
    """
    return Curve(
        levels=tuple(changed),
        cosine=tuple(
            mean_interval(cosines(clean.embeddings, faces.embeddings), people)
            for faces in changed.values()
        ),
        distance=tuple(
            float(np.linalg.norm(faces.vertices - clean.vertices, axis=-1).mean())
            for faces in changed.values()
        ),
    )
