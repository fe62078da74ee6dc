"""Aligns a surface with another one: iterative closest points, by distances to planes.

The paper (section 4.2) aligns by "ICP with isotropic scale" and says neither where it starts nor
when it stops. Ours pairs points in both directions, leaves out pairs at the border of either
surface and the farthest ones, and solves for the small similarity that brings the others nearest to
each other's planes (Chen and Medioni 1992, with a scale).
"""

import dataclasses

import numpy as np

from evaluation.geometry.similarity import Similarity, rotation_about
from evaluation.geometry.surface import Hits, Surface

# Pairs whose normals differ by more are no pairs.
_LEAST_COSINE = np.cos(np.radians(60.0))
# A scale outside of this range is no face's: the mesh has shrunk into a part of the scan.
PLAUSIBLE_SCALES = (0.8, 1.25)
# The iterations before the exact ones stop at so many times the tolerance.
_LOOSE = 10.0
# The distances have settled when so many iterations lower them by less than this part.
_LAST, _LEAST_GAIN = 4, 1e-3


@dataclasses.dataclass(frozen=True)
class IcpSettings:
    """How the alignment is done.

    Attributes:
      with_scale: whether the scale is free.
      trim: the part of the pairs, the farthest, that is left out.
      iterations: at most so many, and as many again where `exact`.
      tolerance_mm: it stops when an iteration moves the points by less on average, or when the
        distances have settled.
      samples: points of each surface that are paired, evenly chosen; None for all.
      exact: whether it goes on, once it has converged, with the closest points of the triangles
        instead of the closest vertices, which depend on where a mesh has vertices.
      both_ways: whether points of both surfaces look for partners, or those of the target alone.
      reject: whether pairs at a border, or with very different normals, are left out.
    """

    with_scale: bool = True
    trim: float = 0.1
    iterations: int = 40
    tolerance_mm: float = 5e-3
    samples: int | None = 1200
    exact: bool = True
    both_ways: bool = True
    reject: bool = True


@dataclasses.dataclass(frozen=True)
class IcpReport:
    """Where an alignment ended, and how.

    Attributes:
      similarity: from the source to the target.
      iterations: how many were done.
      converged: whether the last one moved the points by less than the tolerance, or the distances
        had settled.
      rms_mm: root mean square distance to the planes over the pairs that were kept.
      kept: the part of the points that had a partner which was kept.
      trace: `rms_mm` before each iteration.
    """

    similarity: Similarity
    iterations: int
    converged: bool
    rms_mm: float
    kept: float
    trace: tuple[float, ...]

    def warnings(self) -> list[str]:
        """Says what speaks against the alignment; empty if nothing does."""
        low, high = PLAUSIBLE_SCALES
        scale = self.similarity.scale
        found = []
        if not low <= scale <= high:
            found.append(
                f"the scale is {scale:.3f}, outside of {low}–{high}: the mesh has shrunk or grown "
                "into a part of the scan, or is not in millimeters"
            )
        if not self.converged:
            found.append(f"the alignment did not converge in {self.iterations} iterations")
        if self.kept < 0.3:
            found.append(f"only {100 * self.kept:.0f} % of the points overlap")
        return found


def align(
    source: Surface,
    target: Surface,
    start: Similarity = Similarity(),
    settings: IcpSettings = IcpSettings(),
) -> IcpReport:
    """Aligns a surface with another one.

    Args:
      source: the surface that moves, such as a prediction.
      target: the surface that stays, such as a cropped scan. The source may reach beyond it.
      start: from source to target, right to about a centimeter and 20 degrees.
      settings: see `IcpSettings`.

    Raises:
      ValueError: the surfaces do not meet, so that there are no pairs.
    """
    matcher = _Matcher(source, target, settings)
    current, trace, converged = start, [], False
    for exact in (False, True) if settings.exact else (False,):
        # What only leads to the exact iterations need not be exact.
        loose = _LOOSE if settings.exact and not exact else 1.0
        begin = len(trace)
        for _ in range(settings.iterations):
            pairs = matcher(current, exact)
            trace.append(pairs.rms)
            if _settled(trace[begin:]):
                converged = True
                break
            step = _step(pairs, settings.with_scale)
            current = step.after(current)
            shift = np.linalg.norm(step(pairs.moving) - pairs.moving, axis=1)
            converged = bool(shift.mean() < loose * settings.tolerance_mm)
            if converged:
                break
    pairs = matcher(current, settings.exact)
    return IcpReport(current, len(trace), converged, pairs.rms, pairs.kept, tuple(trace))


def _settled(trace: list[float]) -> bool:
    """Whether the distances do not fall any more: pairs change to and fro."""
    before, last = trace[:-_LAST], trace[-_LAST:]
    return bool(before) and min(last) > (1 - _LEAST_GAIN) * min(before)


@dataclasses.dataclass(frozen=True)
class _Pairs:
    """Points of the source, where they are now, and the planes that they belong to.

    Attributes:
      moving, fixed: float64 [P, 3], a point of the source and its partner on the target.
      normals: float64 [P, 3], of the surface on which the partner was looked for.
      kept: the part of all points that are in these pairs.
    """

    moving: np.ndarray
    fixed: np.ndarray
    normals: np.ndarray
    kept: float

    @property
    def offsets(self) -> np.ndarray:
        """Signed distances to the planes, float64 [P]."""
        return np.sum(self.normals * (self.moving - self.fixed), axis=1)

    @property
    def rms(self) -> float:
        return float(np.sqrt(np.mean(self.offsets**2)))


class _Matcher:
    """Pairs the points of two surfaces, from each to the other."""

    def __init__(self, source: Surface, target: Surface, settings: IcpSettings):
        self._source, self._target, self._settings = source, target, settings
        forth = evenly(source.used, settings.samples)
        self._forth = forth if settings.both_ways else forth[:0]
        self._back = evenly(target.used, settings.samples)

    def __call__(self, current: Similarity, exact: bool) -> _Pairs:
        source, target = self._source, self._target
        asked = current(source.vertices[self._forth])
        on_target = _hits(target, asked, exact)
        normals = source.normals[self._forth] @ current.rotation.T
        first = self._kept(asked, normals, on_target)
        wanted = target.vertices[self._back]
        hits = _hits(source, current.inverse()(wanted), exact)
        # In the frame of the target, where the source has moved to.
        on_source = Hits(current(hits.points), hits.normals @ current.rotation.T, hits.on_border)
        second = self._kept(wanted, target.normals[self._back], on_source)
        count = np.count_nonzero(first) + np.count_nonzero(second)
        if not count:
            raise ValueError("the surfaces do not meet; they need another start")
        return _Pairs(
            np.concatenate([asked[first], on_source.points[second]]),
            np.concatenate([on_target.points[first], wanted[second]]),
            np.concatenate([on_target.normals[first], on_source.normals[second]]),
            count / (len(asked) + len(wanted)),
        )

    def _kept(self, points, normals, hits):
        """Which of the points have a partner that is one: bool [M]."""
        distance = np.linalg.norm(points - hits.points, axis=1)
        valid = np.ones(len(points), bool)
        if self._settings.reject:
            valid = same_side(normals, hits)
        if not valid.any():
            return valid
        return valid & (distance <= np.quantile(distance[valid], 1 - self._settings.trim))


def same_side(normals: np.ndarray, hits: Hits) -> np.ndarray:
    """Which hits are within the other surface, and on its same side: bool [M].

    Args:
      normals: float [M, 3], of the surface on which the points are that looked for the hits.
      hits: on the other surface.
    """
    return ~hits.on_border & (np.sum(normals * hits.normals, axis=1) > _LEAST_COSINE)


def evenly(indices: np.ndarray, count: int | None) -> np.ndarray:
    """Chooses `count` of the indices at even steps; all where there are no more."""
    if count is None or len(indices) <= count:
        return indices
    return indices[np.linspace(0, len(indices) - 1, count).astype(int)]


def _hits(surface, points, exact):
    return surface.ring_hits(points) if exact else surface.nearest_vertex_hits(points)


def _step(pairs: _Pairs, with_scale: bool) -> Similarity:
    """Finds the small similarity that brings points nearest to their planes.

    The distances are linear in a small rotation, translation and change of scale about the middle
    of the points.
    """
    center = pairs.moving.mean(axis=0)
    p, n = pairs.moving - center, pairs.normals
    size = np.sqrt(np.mean(np.sum(p * p, axis=1)))
    # Divided by their size, all unknowns move the points by about as much.
    columns = [np.cross(p, n) / size, n]
    if with_scale:
        columns.append(np.sum(p * n, axis=1, keepdims=True) / size)
    matrix = np.concatenate(columns, axis=1)
    # Through the normal equations, which are small; what no distance depends on stays as it is.
    solution = np.linalg.lstsq(matrix.T @ matrix, -matrix.T @ pairs.offsets, rcond=1e-10)[0]
    scale = float(np.exp(solution[6] / size)) if with_scale else 1.0
    rotation = rotation_about(solution[:3] / size)
    return Similarity(scale, rotation, center + solution[3:6] - scale * rotation @ center)
