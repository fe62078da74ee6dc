"""Similarities of space: a scale, a rotation and a translation."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Similarity:
    """The map x -> scale * rotation @ x + translation.

    Attributes:
      scale: a positive number.
      rotation: float64 [3, 3].
      translation: float64 [3] mm.
    """

    scale: float = 1.0
    rotation: np.ndarray = dataclasses.field(default_factory=lambda: np.eye(3))
    translation: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(3))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Maps points [..., 3]."""
        return self.scale * points @ self.rotation.T + self.translation

    def after(self, first: "Similarity") -> "Similarity":
        """Returns the map that does `first`, and then this one."""
        return Similarity(
            self.scale * first.scale, self.rotation @ first.rotation, self(first.translation)
        )

    def with_scale(self, scale: float, point: np.ndarray) -> "Similarity":
        """Returns the map of another scale that takes a point to the same place."""
        return Similarity(scale, self.rotation, self(point) - scale * self.rotation @ point)

    def inverse(self) -> "Similarity":
        """Returns the map back."""
        back = self.rotation.T / self.scale
        return Similarity(1 / self.scale, self.rotation.T, -back @ self.translation)


def fit_similarity(
    source: np.ndarray,
    target: np.ndarray,
    with_scale: bool = True,
    weights: np.ndarray | None = None,
) -> Similarity:
    """Finds the similarity that takes points nearest to the points that they belong to.

    It is the least-squares solution of Umeyama (1991), without reflections.

    Args:
      source: float [P, 3], at least three points that are not on a line.
      target: float [P, 3], where each of them belongs.
      with_scale: whether the scale is free; otherwise it is 1.
      weights: float [P], or None for equal ones.
    """
    weights = np.ones(len(source)) if weights is None else weights
    weights = weights / weights.sum()
    source_center, target_center = weights @ source, weights @ target
    p, q = source - source_center, target - target_center
    u, singular, vt = np.linalg.svd((q * weights[:, None]).T @ p)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * signs) @ vt
    variance = weights @ np.sum(p * p, axis=1)
    scale = float(singular @ signs / variance) if with_scale else 1.0
    return Similarity(scale, rotation, target_center - scale * rotation @ source_center)


def rotation_about(vector: np.ndarray) -> np.ndarray:
    """Returns the rotation float64 [3, 3] about a vector, by its length in radians."""
    angle = np.linalg.norm(vector)
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
