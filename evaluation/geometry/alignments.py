"""The second stage of a protocol: where the prediction lies on the scan.

An alignment takes the prediction, the scan, a patch of the scan (bool [N]), the template, the
scale (None where it is free, otherwise the number that it has), and how many points of each mesh
are paired. It returns a report of `icp`.
"""

import functools
from collections.abc import Callable

import numpy as np

from evaluation.geometry import icp
from evaluation.geometry.crops import RADIUS_MM, with_landmarks
from evaluation.geometry.face import Face, Template
from evaluation.geometry.face_search import completed, find_face
from evaluation.geometry.icp import IcpReport, IcpSettings
from evaluation.geometry.similarity import Similarity, fit_similarity
from evaluation.geometry.surface import Surface

# The prediction is compared within the patch's extent, and this much around it at the start.
_MARGIN = 1.15

Aligner = Callable[[Face, Face, np.ndarray, Template, float | None, int], IcpReport]


def by_icp(
    prediction: Face,
    scan: Face,
    patch: np.ndarray,
    template: Template,
    scale: float | None,
    samples: int,
) -> IcpReport:
    """Iterative closest points in both directions, from landmarks or from a search."""
    return _from_start(prediction, scan, patch.tobytes(), template, scale, samples)


def by_icp_of_the_region(
    prediction: Face,
    scan: Face,
    patch: np.ndarray,
    template: Template,
    scale: float | None,
    samples: int,
) -> IcpReport:
    """As `by_icp` with the face, then once more with the patch alone, which gets no scale."""
    nose = completed(scan, template).nose_tip
    face = np.linalg.norm(scan.surface.vertices - nose, axis=1) < RADIUS_MM
    whole = _from_start(prediction, scan, face.tobytes(), template, scale, samples).similarity
    return _icp(prediction, scan, patch, whole, whole.scale, samples)


def by_scan_to_mesh(
    prediction: Face,
    scan: Face,
    patch: np.ndarray,
    template: Template,
    scale: float | None,
    samples: int,
) -> IcpReport:
    """The seven landmarks, then the least distances from scan to mesh, as in the NoW benchmark."""
    source, target = with_landmarks(prediction, template), with_landmarks(scan, template)
    begun = fit_similarity(source.landmarks, target.landmarks, scale is None)
    begun = _scaled(begun, scale, source.landmarks.mean(axis=0))
    settings = IcpSettings(
        with_scale=scale is None, trim=0.0, both_ways=False, reject=False, samples=2 * samples
    )
    return icp.align(prediction.surface, scan.surface.cut(patch), begun, settings)


def by_numbers(
    prediction: Face,
    scan: Face,
    patch: np.ndarray,
    template: Template,
    scale: float | None,
    samples: int,
) -> IcpReport:
    """Least squares between vertices of the same number (Procrustes).

    Raises:
      ValueError: the meshes have no common numbers.
    """
    del template, samples
    check_same_topology(prediction, scan)
    source, target = prediction.surface.vertices[patch], scan.surface.vertices[patch]
    found = fit_similarity(source, target, scale is None)
    if scale is not None:
        found = fit_similarity(scale * source, target, False).after(Similarity(scale))
    rms = np.sqrt(np.mean(np.sum((found(source) - target) ** 2, axis=1)))
    return IcpReport(found, 1, True, float(rms), 1.0, (float(rms),))


def by_nothing(
    prediction: Face,
    scan: Face,
    patch: np.ndarray,
    template: Template,
    scale: float | None,
    samples: int,
) -> IcpReport:
    """The prediction stays where it is."""
    del prediction, scan, patch, template, samples
    return IcpReport(Similarity(scale or 1.0), 0, True, 0.0, 1.0, ())


def start(prediction: Face, scan: Face, template: Template, scale: float | None) -> Similarity:
    """The similarity from which the alignment of two faces starts, by landmarks or a search."""
    if prediction.landmarks is not None and scan.landmarks is not None:
        found = fit_similarity(prediction.landmarks, scan.landmarks, scale is None)
    else:
        to_scan = find_face(scan, template).from_template
        found = to_scan.after(_pose(prediction, template).inverse())
    return _scaled(found, scale, _center(prediction.surface.vertices))


def check_same_topology(prediction: Face, scan: Face) -> None:
    """Checks that vertices of the same number are the same points.

    Raises:
      ValueError: they are not.
    """
    if prediction.topology is None or prediction.topology != scan.topology:
        raise ValueError("prediction and scan have no common numbers of vertices")


def _pose(prediction, template):
    if prediction.topology is not None and prediction.topology == template.face.topology:
        return fit_similarity(template.face.surface.vertices, prediction.surface.vertices)
    return find_face(prediction, template).from_template


def _scaled(found: Similarity, scale: float | None, point: np.ndarray) -> Similarity:
    return found if scale is None else found.with_scale(scale, point)


def _center(points):
    return (points.min(axis=0) + points.max(axis=0)) / 2


# Several protocols, and the regions of one, begin with the same alignment.
@functools.lru_cache(maxsize=4)
def _from_start(prediction, scan, patch: bytes, template, scale, samples):
    begun = start(prediction, scan, template, scale)
    return _icp(prediction, scan, np.frombuffer(patch, bool), begun, scale, samples)


def _icp(prediction, scan, patch, begun, scale, samples):
    target = scan.surface.cut(patch)
    source = _around(prediction.surface, target, begun)
    return icp.align(source, target, begun, IcpSettings(with_scale=scale is None, samples=samples))


def _around(surface: Surface, target: Surface, begun: Similarity) -> Surface:
    """The part of a surface that begins near the target."""
    center = _center(target.vertices)
    radius = _MARGIN * np.linalg.norm(target.vertices - center, axis=1).max()
    return surface.cut(np.linalg.norm(begun(surface.vertices) - center, axis=1) < radius)


ALIGNMENTS: dict[str, Aligner] = {
    "icp": by_icp,
    "icp_of_the_region": by_icp_of_the_region,
    "scan_to_mesh": by_scan_to_mesh,
    "numbers": by_numbers,
    "none": by_nothing,
}
