"""Finds the face in a scan of any pose and place, and the tip of its nose.

Scans come pitched by 34 degrees and shifted by any distance, so alignment from where they are
fails. The search needs no landmark. Noses are among the few places where a surface bulges most. For
each such place and each turn about its direction, an average face is put there and aligned by a
few coarse iterations; the start that ends nearest is refined.
"""

import dataclasses
import functools

import numpy as np
import scipy.spatial

from evaluation.geometry.face import Face, Template
from evaluation.geometry.icp import PLAUSIBLE_SCALES, IcpSettings, align, evenly
from evaluation.geometry.similarity import Similarity, fit_similarity, rotation_about
from evaluation.geometry.surface import Surface

# A bulge is measured within this radius: about that of a nose.
_BULGE_MM = 22.0
# The direction of a face is that of its surface within this radius around the nose.
_DIRECTION_MM = 45.0
_CANDIDATES = 10
_TURNS_DEG = np.arange(0, 360, 30)
_TILTS_DEG = (-20.0, 20.0)
# The part of the average face that is compared: eyes, nose and mouth.
_CENTRAL_MM = 65.0
_POINTS = 300
_REFINED = 5
# A nose tip is at most so far from that of the aligned average face.
_TIP_MM = 15.0
_SETTINGS = IcpSettings(trim=0.2, exact=False, samples=1500, iterations=50, tolerance_mm=0.02)


@dataclasses.dataclass(frozen=True, eq=False)
class FoundFace:
    """Where a face is.

    Attributes:
      from_template: the similarity from the average face to the scan.
      nose_tip: float64 [3], in the scan.
      distance_mm: the mean distance of the middle of the average face to the scan; above a few
        millimeters there is no face there.
    """

    from_template: Similarity
    nose_tip: np.ndarray
    distance_mm: float


def completed(face: Face, template: Template) -> Face:
    """Finds the tip of the nose of a face that comes without it, and leaves others as they are."""
    if face.nose_tip is not None:
        return face
    return dataclasses.replace(face, nose_tip=find_face(face, template).nose_tip)


# The stages of a protocol ask for the same face one after the other.
@functools.lru_cache(maxsize=8)
def find_face(face: Face, template: Template) -> FoundFace:
    """Finds the pose of a face by its nose tip and landmarks, where it has some, or by search.

    Raises:
      ValueError: no place of the surface is like a face.
    """
    surface = face.surface
    center = template.face.nose_tip
    central = np.linalg.norm(template.face.surface.vertices - center, axis=1) < _CENTRAL_MM
    model = template.face.surface.cut(central)
    starts = _starts(face, template)
    tree = scipy.spatial.cKDTree(surface.vertices[surface.used])
    points = model.vertices[evenly(np.arange(len(model.vertices)), _POINTS)]
    coarse = [_coarse(points, tree, surface, start) for start in starts]
    coarse.sort(key=lambda pair: pair[1])
    # A free scale would shrink the average face into any bulge. What is searched for is in
    # millimeters, so that all starts have about the right size; landmarks give the size itself.
    searched = face.landmarks is None
    settings = dataclasses.replace(_SETTINGS, with_scale=not searched)
    refined = _refined([start for start, _ in coarse[:_REFINED]], model, surface, settings)
    if not refined:
        raise ValueError("no place of the surface is like a face; is it one, in millimeters?")

    def distance(found):
        return float(np.mean(tree.query(found(points))[0]))

    found = min(refined, key=distance)
    if searched:
        scaled = _refined([found], model, surface, _SETTINGS)
        found = min([found, *filter(_is_plausible, scaled)], key=distance)
    return FoundFace(found, _tip(surface, found, center), distance(found))


def _refined(starts, model, surface, settings) -> list[Similarity]:
    """Aligns the average face from several starts; those at which nothing meets are left out."""
    found = []
    for start in starts:
        try:
            found.append(align(model, surface, start, settings).similarity)
        except ValueError:
            continue
    return found


def _is_plausible(found: Similarity) -> bool:
    low, high = PLAUSIBLE_SCALES
    return low <= found.scale <= high


def _starts(face: Face, template: Template) -> list[Similarity]:
    if face.landmarks is not None:
        return [fit_similarity(template.face.landmarks, face.landmarks)]
    surface = face.surface
    tips = _bulges(surface) if face.nose_tip is None else [face.nose_tip]
    tree = scipy.spatial.cKDTree(surface.vertices)
    starts = []
    for tip in tips:
        near = tree.query_ball_point(tip, _DIRECTION_MM)
        outward = surface.normals[near].sum(axis=0)
        for rotation in _rotations(outward / max(np.linalg.norm(outward), 1e-9)):
            shift = tip - rotation @ template.face.nose_tip
            starts.append(Similarity(1.0, rotation, shift))
    return starts


def _bulges(surface: Surface) -> list[np.ndarray]:
    """The places where the surface bulges most, at least a nose apart: vertices, float64 [3]."""
    chosen = evenly(surface.used, 4000)
    vertices, normals = surface.vertices[chosen], surface.normals[chosen]
    tree = scipy.spatial.cKDTree(vertices)
    bulge = np.zeros(len(chosen))
    for k, near in enumerate(tree.query_ball_point(vertices, _BULGE_MM)):
        outward = normals[near].sum(axis=0)
        outward /= max(np.linalg.norm(outward), 1e-9)
        bulge[k] = np.mean((vertices[k] - vertices[near]) @ outward)
    tips = []
    for k in np.argsort(-bulge):
        if all(np.linalg.norm(vertices[k] - tip) > _BULGE_MM for tip in tips):
            tips.append(vertices[k])
        if len(tips) == _CANDIDATES:
            break
    return tips


def _rotations(outward: np.ndarray) -> list[np.ndarray]:
    """Rotations that turn +z to a direction, by all turns about it, and tilted up and down."""
    axis = np.cross([0.0, 0.0, 1.0], outward)
    sine, cosine = np.linalg.norm(axis), outward[2]
    # Of a direction straight back any half turn does.
    axis = axis / sine if sine > 1e-9 else np.array([0.0, 1.0, 0.0])
    facing = rotation_about(axis * np.arctan2(sine, cosine))
    tilts = [rotation_about(np.array([np.radians(t), 0.0, 0.0])) for t in _TILTS_DEG]
    turns = [rotation_about(np.array([0.0, 0.0, np.radians(turn)])) for turn in _TURNS_DEG]
    return [facing @ turn @ tilt for turn in turns for tilt in tilts]


def _coarse(points, tree, surface, start, iterations=8):
    """Aligns points by their closest vertices alone: the similarity, and the mean distance."""
    vertices = surface.vertices[surface.used]
    current = start
    for _ in range(iterations):
        distance, near = tree.query(current(points))
        kept = distance <= np.quantile(distance, 0.8)
        current = fit_similarity(points[kept], vertices[near[kept]], with_scale=False)
    distance = tree.query(current(points))[0]
    return current, float(np.mean(np.minimum(distance, 10.0)))


def _tip(surface: Surface, found: Similarity, template_tip: np.ndarray) -> np.ndarray:
    """The vertex that stands out most, near where the average face has the tip of its nose."""
    guess = found(template_tip)
    near = surface.used[
        np.linalg.norm(surface.vertices[surface.used] - guess, axis=1) < _TIP_MM * found.scale
    ]
    if not len(near):
        return surface.vertices[surface.nearest_vertices(guess[None])[0]]
    return surface.vertices[near[np.argmax(surface.vertices[near] @ found.rotation[:, 2])]]
