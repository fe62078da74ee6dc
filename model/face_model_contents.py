"""The contents of a face model file of any format, as arrays in the units of this project."""

import dataclasses
from typing import NamedTuple

import numpy as np

# The title of the note that says how many of the first color components are skin tone alone.
TONE_NOTE = "tone_components"


class Pca(NamedTuple):
    """A mean and its principal components: x = mean + basis @ (sqrt(variance) * coefficients).

    Attributes:
      mean: float32 [N, 3].
      basis: float32 [3N, K], orthonormal columns, interleaved as the mean is.
      variance: float32 [K], the eigenvalues.
    """

    mean: np.ndarray
    basis: np.ndarray
    variance: np.ndarray

    def scaled(self, mean: float, deviations: float) -> "Pca":
        """Converts units: the mean and the standard deviations times a factor each."""
        result = self
        if mean != 1:
            result = result._replace(mean=self.mean * mean)
        if deviations != 1:
            result = result._replace(variance=(np.sqrt(self.variance) * deviations) ** 2)
        return result

    def moved(self, coefficients: np.ndarray) -> "Pca":
        """Moves the mean to the point of some coefficients.

        Args:
          coefficients: float [C], of the first components; those that are left out are 0.
        """
        modes = self.modes()[..., : len(coefficients)]
        mean = self.mean + modes @ coefficients.astype(np.float64)
        return self._replace(mean=mean.astype(np.float32))

    def spread(self) -> np.ndarray:
        """The standard deviation of each vertex over its three values: float [N]."""
        squares = np.einsum("mk,mk,k->m", self.basis, self.basis, self.variance)
        return np.sqrt(squares.reshape(-1, 3).sum(axis=1))

    def modes(self) -> np.ndarray:
        """The displacements of one standard deviation of each component: float64 [N, 3, K]."""
        modes = self.basis * np.sqrt(self.variance.astype(np.float64))
        return modes.reshape(*self.mean.shape, -1)


class Cut(NamedTuple):
    """How many components of each part to keep; None keeps all."""

    shape: int | None = None
    texture: int | None = None
    expression: int | None = None


@dataclasses.dataclass(frozen=True)
class FaceModelContents:
    """A face model as arrays.

    Attributes:
      layout: the kind of file that it comes from, in words.
      shape: vertices in mm; +x to the subject's left, +y up, +z out of the face.
      color: RGB in 0..1, in `color_space`.
      triangles: int32 [T, 3], counter-clockwise seen from outside.
      landmarks: names (those of the Basel Face Model) to vertex indices.
      expression: offsets in mm, or None.
      landmarks_68: int32 [68], the vertices of the 68 points of iBUG, -1 where none is known; or
        None.
      regions: names to masks bool [N].
      color_space: "srgb" (encoded) or "linear".
      source_index: int32 [N], the number of each vertex in the kit that the file was converted
        from; or None.
      notes: texts about the file by their titles: its license, its source, what is made up.
      stand_in: what the file stands in for; "" for a face model in its own right.
      repairs: a sentence for each thing that was wrong in the file and is mended here.
    """

    layout: str
    shape: Pca
    color: Pca
    triangles: np.ndarray
    landmarks: dict[str, int] = dataclasses.field(default_factory=dict)
    expression: Pca | None = None
    landmarks_68: np.ndarray | None = None
    regions: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    color_space: str = "srgb"
    source_index: np.ndarray | None = None
    notes: dict[str, str] = dataclasses.field(default_factory=dict)
    stand_in: str = ""
    repairs: tuple[str, ...] = ()

    @property
    def n_vertices(self) -> int:
        """The number of vertices, N."""
        return len(self.shape.mean)

    @property
    def tone_components(self) -> int:
        """How many of the first color components are skin tone alone, as the notes say; else 0."""
        text = self.notes.get(TONE_NOTE, "0")
        return min(int(text), self.color.basis.shape[1]) if text.isdecimal() else 0


def principal_components(mean: np.ndarray, modes: np.ndarray, components: int | None = None) -> Pca:
    """Finds the principal components of mean + modes @ coefficients, these being standard normal.

    Args:
      mean: float [N, 3].
      modes: float [3N, K], any displacements.
      components: how many components to keep at most. Those whose variance is 0 but for rounding
        are left out in any case.

    Returns:
      The same distribution with orthonormal columns, of falling variance.
    """
    # Through the small Gram matrix: 3N is in the hundred thousands, K in the hundreds.
    modes = modes.astype(np.float64)
    variance, rotation = np.linalg.eigh(modes.T @ modes)
    order = np.argsort(variance)[::-1]
    order = order[variance[order] > variance[order[0]] * 1e-9][:components]
    variance = variance[order]
    basis = (modes @ rotation[:, order]) / np.sqrt(variance)
    return Pca(
        mean.astype(np.float32), np.ascontiguousarray(basis, np.float32), np.float32(variance)
    )
