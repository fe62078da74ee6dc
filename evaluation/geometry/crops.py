"""The first stage of a protocol: which part of a scan counts.

A crop takes the scan and the template, and returns patches: masks bool [N] of the scan's vertices
by their names. The patches are measured one by one.
"""

from collections.abc import Callable

import numpy as np
import scipy.spatial

from evaluation.geometry.face import Face, Template
from evaluation.geometry.face_search import completed, find_face

# The radius around the nose tip to which the paper crops scans (section 4.2).
RADIUS_MM = 95.0
Patches = dict[str, np.ndarray]


def ball_95(scan: Face, template: Template) -> Patches:
    """The vertices within 95 mm of the tip of the nose, as in the paper and in Tran et al."""
    return {"face": _ball(scan, completed(scan, template).nose_tip, RADIUS_MM)}


def now_mask(scan: Face, template: Template) -> Patches:
    """The vertices near the middle of the face, by landmarks, as in the NoW benchmark.

    The center lies at 0.3 of the way from the bottom of the nose to the middle between the inner
    corners of the eyes. The radius is 1.4 times half the sum of two lengths: between the outer
    corners of the eyes, and from the bottom of the nose to that middle.
    """
    landmarks = with_landmarks(scan, template).landmarks
    bottom, bridge = landmarks[4], landmarks[1:3].mean(axis=0)
    eyes = np.linalg.norm(landmarks[0] - landmarks[3])
    radius = 1.4 * (eyes + np.linalg.norm(bridge - bottom)) / 2
    return {"face": _ball(scan, bottom + 0.3 * (bridge - bottom), radius)}


def regions(scan: Face, template: Template) -> Patches:
    """The parts of the face that the template names, each by itself, in the manner of REALY."""
    found = find_face(scan, template)
    model = template.face.surface
    tree = scipy.spatial.cKDTree(found.from_template(model.vertices))
    distance, nearest = tree.query(scan.surface.vertices)
    near = distance < 15.0 * found.from_template.scale
    return {name: near & mask[nearest] for name, mask in template.regions.items()}


def whole(scan: Face, template: Template) -> Patches:
    """All vertices."""
    del template
    return {"face": np.ones(len(scan.surface.vertices), bool)}


def with_landmarks(face: Face, template: Template) -> Face:
    """Adds the template's landmarks to a face that has none, where the aligned template has them.

    They are no better than the alignment: within some millimeters.
    """
    if face.landmarks is not None:
        return face
    found = find_face(face, template)
    points = face.surface.nearest_hits(found.from_template(template.face.landmarks)).points
    return Face(face.surface, face.nose_tip, points, face.topology, face.seen)


def _ball(scan, center, radius):
    near = np.linalg.norm(scan.surface.vertices - center, axis=1) <= radius
    return near if scan.seen is None else near & scan.seen


CROPS: dict[str, Callable[[Face, Template], Patches]] = {
    "ball_95": ball_95,
    "now_mask": now_mask,
    "regions": regions,
    "whole": whole,
}
