"""Gives a mesh the numbers of the template's vertices, by fitting the template to it.

Closest points do not correspond: a mouth that sits too low is compared with the chin, and the error
looks small. A statistical face model that is fitted to the whole surface brings mouth to mouth.
First pose and coefficients are fitted together (closest points of the scan, distances to their
planes, a normal prior on the coefficients that is loosened step by step); then each vertex moves
along its normal onto the surface. The numbers are as good as the model: what slides along smooth
skin, and what the model cannot show, is found within a millimeter or two.
"""

import functools

import numpy as np

from evaluation.geometry.face import Face, Template
from evaluation.geometry.face_search import find_face
from evaluation.geometry.icp import evenly, same_side
from evaluation.geometry.similarity import Similarity, rotation_about
from evaluation.geometry.surface import Hits, Surface

# The expected distance between model and scan, in mm, from the first iterations to the last: the
# larger it is the more the prior counts.
_NOISE_MM = (6.0, 4.0, 2.5, 1.5, 1.0, 0.7, 0.5, 0.4, 0.3)
_ITERATIONS_EACH = 4
_RADIUS_MM = 110.0
_POINTS = 2500
# Vertices whose model is farther from the scan were not measured.
_SEEN_MM = 5.0


# A scan is compared with several predictions, one after the other.
@functools.lru_cache(maxsize=4)
def in_topology(face: Face, template: Template) -> Face:
    """Brings a face into the template's numbers of vertices; one that has them stays as it is.

    Raises:
      ValueError: no place of the surface is like a face.
    """
    if face.topology is not None and face.topology == template.face.topology:
        return face
    pose, coefficients = fit_model(face, template)
    vertices = pose(_decode(template, coefficients))
    return _snapped(Surface(vertices, template.face.surface.triangles), face, template)


def fit_model(face: Face, template: Template) -> tuple[Similarity, np.ndarray]:
    """Fits the template's model to a face: the pose, and the coefficients float64 [K]."""
    pose = find_face(face, template).from_template
    coefficients = np.zeros(len(template.components))
    mean = template.face.surface.vertices
    near = np.linalg.norm(mean - template.face.nose_tip, axis=1) < _RADIUS_MM
    chosen = evenly(np.flatnonzero(near), _POINTS)
    modes = template.components.reshape(len(coefficients), -1, 3)[:, chosen].astype(np.float64)
    triangles = template.face.surface.triangles
    for noise in _NOISE_MM:
        for _ in range(_ITERATIONS_EACH):
            surface = Surface(_decode(template, coefficients), triangles)
            pose, coefficients = _iterate(
                surface, face.surface, chosen, modes, pose, coefficients, noise
            )
    return pose, coefficients


def _decode(template, coefficients):
    mean = template.face.surface.vertices
    return mean + (coefficients @ template.components).reshape(mean.shape)


def _iterate(model, scan, chosen, modes, pose, coefficients, noise):
    """One step of Gauss and Newton in pose and coefficients together."""
    p = pose(model.vertices[chosen])
    hits = scan.nearest_vertex_hits(p)
    kept = same_side(model.normals[chosen] @ pose.rotation.T, hits)
    distance = np.linalg.norm(p - hits.points, axis=1)
    # Half a centimeter at the end; far more while the shape is still unknown.
    kept &= distance < 5.0 + 3.0 * noise
    if np.count_nonzero(kept) < 50:
        return pose, coefficients
    p, n = p[kept], hits.normals[kept]
    offsets = np.sum(n * (p - hits.points[kept]), axis=1)
    center = p.mean(axis=0)
    arms = p - center
    moved = pose.scale * np.einsum("pc,kpc->pk", n @ pose.rotation, modes[:, kept])
    rigid = [np.cross(arms, n), n, np.sum(arms * n, axis=1, keepdims=True)]
    matrix = np.concatenate([*rigid, moved], axis=1)
    # Neighbors err alike, so that points count as some hundreds of independent ones.
    weight = 300.0 / len(p) / noise**2
    normal = weight * matrix.T @ matrix
    right = -weight * matrix.T @ offsets
    normal[7:, 7:] += np.eye(len(coefficients))
    right[7:] -= coefficients
    normal[np.arange(7), np.arange(7)] += 1e-9 * np.trace(normal[:7, :7])
    solution = np.linalg.solve(normal, right)
    scale, rotation = float(np.exp(solution[6])), rotation_about(solution[:3])
    step = Similarity(scale, rotation, center + solution[3:6] - scale * rotation @ center)
    return step.after(pose), coefficients + solution[7:]


def _snapped(surface: Surface, face: Face, template: Template) -> Face:
    """Moves the vertices along their normals onto the scan, where it is near."""
    hits = face.surface.nearest_hits(surface.vertices)
    offset = np.sum(surface.normals * (hits.points - surface.vertices), axis=1)
    seen = _measured(surface, hits)
    vertices = surface.vertices + np.where(seen, offset, 0.0)[:, None] * surface.normals
    own = Surface(vertices, surface.triangles)
    tip = vertices[template.face.surface.nearest_vertices(template.face.nose_tip[None])[0]]
    nose = tip if face.nose_tip is None else face.nose_tip
    return Face(own, nose, face.landmarks, template.face.topology, seen)


def _measured(surface: Surface, hits: Hits) -> np.ndarray:
    distance = np.linalg.norm(hits.points - surface.vertices, axis=1)
    return same_side(surface.normals, hits) & (distance < _SEEN_MM)
