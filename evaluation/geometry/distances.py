"""The last stage of a protocol: from pairs of points to one number in millimeters.

Where both meshes ask for partners, each has a number, and the mean of the two is the result: so a
mesh with more vertices counts no more than the other one.
"""

from collections.abc import Callable

import numpy as np

from evaluation.geometry.correspondences import Correspondence, Pairs


def to_plane(pairs: Pairs) -> np.ndarray:
    """The distances of points to the planes through their partners: float64 [M] mm."""
    return np.abs(np.sum((pairs.points - pairs.partners) * pairs.normals, axis=1))


def to_point(pairs: Pairs) -> np.ndarray:
    """The distances of points to their partners: float64 [M] mm."""
    return np.linalg.norm(pairs.points - pairs.partners, axis=1)


def root_mean_square(values: np.ndarray) -> float:
    """The root of the mean of the squares."""
    return float(np.sqrt(np.mean(values**2)))


# For each name, how far a pair is apart, and how many of them become one number.
DISTANCES: dict[str, tuple[Callable[[Pairs], np.ndarray], Callable[[np.ndarray], float]]] = {
    "mean_point_to_plane": (to_plane, np.mean),
    "mean_point_to_point": (to_point, np.mean),
    "rms_point_to_point": (to_point, root_mean_square),
    "median_point_to_point": (to_point, np.median),
}


def distance(name: str, correspondence: Correspondence) -> float:
    """Computes the distance of a name, in mm.

    Raises:
      ValueError: nothing of the two meshes is compared.
    """
    measure, summary = DISTANCES[name]
    sides = [correspondence.of_scan, correspondence.of_prediction]
    values = [summary(measure(side)) for side in sides if side is not None and len(side.indices)]
    if not values:
        raise ValueError("no point of the prediction lies on the scan")
    return float(np.mean(values))
