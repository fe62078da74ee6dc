"""Compares two face models vertex by vertex, and the spans of their components."""

from typing import NamedTuple

import numpy as np

from model.face_models.contents import FaceModelContents, Pca


class Comparison(NamedTuple):
    """How far a model lies from another one, in mm, at the vertex where it is farthest.

    Attributes:
      n_vertices: how many vertices were compared.
      mean: largest distance between the means.
      modes: float [K], for each shape component of the first (at one standard deviation) its
        largest distance from what the other's shape components can make.
    """

    n_vertices: int
    mean: float
    modes: np.ndarray


def compare_shapes(model: FaceModelContents, reference: FaceModelContents) -> Comparison:
    """Compares the shapes of a model with those of a reference.

    Vertices correspond by their numbers in the kit that both were converted from, else by order.

    Raises:
      ValueError: the models have no vertices in common, or not equally many without such numbers.
    """
    rows, reference_rows = _correspondence(model, reference)
    modes = _at(model.shape, rows)
    span = np.linalg.qr(_at(reference.shape, reference_rows))[0]
    apart = (modes - span @ (span.T @ modes)).reshape(len(rows), 3, -1)
    means = model.shape.mean[rows] - reference.shape.mean[reference_rows]
    return Comparison(
        len(rows),
        float(np.linalg.norm(means, axis=1).max()),
        np.linalg.norm(apart, axis=1).max(axis=0),
    )


def _at(part: Pca, rows) -> np.ndarray:
    """Components times their deviations at some vertices: float64 [3R, K]."""
    basis = part.basis.reshape(len(part.mean), 3, -1)[rows].astype(np.float64)
    return (basis * np.sqrt(part.variance)).reshape(3 * len(rows), -1)


def _correspondence(model, reference):
    if model.source_index is not None and reference.source_index is not None:
        common, *rows = np.intersect1d(
            model.source_index, reference.source_index, return_indices=True
        )
        if len(common):
            return rows
    if model.n_vertices != reference.n_vertices:
        raise ValueError(
            f"the models have {model.n_vertices} and {reference.n_vertices} vertices, and nothing "
            "says which correspond"
        )
    return np.arange(model.n_vertices), np.arange(model.n_vertices)
