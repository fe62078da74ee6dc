"""Compares two face models: their means, what their components span, and their deviations."""

from typing import NamedTuple

import numpy as np

from model.face_model_contents import FaceModelContents, Pca

# Below this the reference hardly has such a component, and no deviation to compare with.
_SMALLEST_RATIO = 1e-3


class Comparison(NamedTuple):
    """How far a part of a model lies from the same part of a reference, where it is farthest.

    All values are in the part's own unit: mm for shapes and expressions, 1 for the full range of
    colors.

    Attributes:
      n_vertices: how many vertices were compared.
      mean: largest distance between the means.
      modes: float [K], for each component of the model (at one standard deviation) its largest
        distance from what the components of the reference can make.
      deviations: float [K], for each component of the model by how much more or less its standard
        deviation moves a vertex than the reference would at the same likelihood.
      ratios: float [K], the same as a factor: the deviations of the model in those of the
        reference.
    """

    n_vertices: int
    mean: float
    modes: np.ndarray
    deviations: np.ndarray
    ratios: np.ndarray

    @property
    def worst(self) -> float:
        """The largest of the distances."""
        return max(self.mean, self.modes.max(initial=0.0), self.deviations.max(initial=0.0))


def compare(
    model: FaceModelContents, reference: FaceModelContents, part: str = "shape"
) -> Comparison:
    """Compares a part of a model with that of a reference.

    Vertices correspond by their numbers in the kit that both were converted from, else by order.
    A model with fewer components than the reference agrees with it if it holds the same faces, each
    as likely as in the reference when the other components are left alone.

    Args:
      model, reference: the face models; both have the part.
      part: "shape", "color" or "expression".

    Raises:
      ValueError: the models have no vertices in common, or not equally many without such numbers.
    """
    rows, reference_rows = _correspondence(model, reference)
    mine, other = getattr(model, part), getattr(reference, part)
    modes, basis = _flat_modes(mine, rows), _flat_modes(other, reference_rows)
    # Least squares through the small Gram matrix: 3R may be 160,000, K is in the hundreds.
    gram = np.linalg.pinv(basis.T @ basis, rcond=1e-12, hermitian=True)
    coefficients = gram @ (basis.T @ modes)
    # One deviation here is a step of this length in standard normal coefficients there.
    ratios = np.linalg.norm(coefficients, axis=0)
    means = mine.mean[rows] - other.mean[reference_rows]
    return Comparison(
        len(rows),
        float(np.linalg.norm(means, axis=1).max()),
        _largest(modes - basis @ coefficients),
        np.abs(ratios - 1) / np.maximum(ratios, _SMALLEST_RATIO) * _largest(modes),
        ratios,
    )


def _flat_modes(part: Pca, rows) -> np.ndarray:
    """Components times their deviations at some vertices: float64 [3R, K]."""
    return part.modes()[rows].reshape(3 * len(rows), -1)


def _largest(modes):
    """The largest displacement [K] that modes [3R, K] make at a vertex."""
    return np.linalg.norm(modes.reshape(-1, 3, modes.shape[1]), axis=1).max(axis=0)


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
