"""Wrong reconstructions of a face whose errors are known: vertices that are moved in many ways.

Each kind takes the true vertices, the template and a generator of random numbers, and returns how
the vertices move: float64 [N, 3]. `plant` brings the movement to a wanted size.
"""

from collections.abc import Callable

import numpy as np

from evaluation.geometry.face import Template
from evaluation.geometry.similarity import fit_similarity
from evaluation.geometry.surface import Surface

Movement = Callable[[np.ndarray, Template, np.random.Generator], np.ndarray]


def other_person(true: np.ndarray, template: Template, rng: np.random.Generator) -> np.ndarray:
    """Toward another face of the template's model."""
    coefficients = rng.normal(size=len(template.components))
    return template.face.surface.vertices + _decode(template, coefficients) - true


def average(true: np.ndarray, template: Template, rng: np.random.Generator) -> np.ndarray:
    """Toward the average face, as reconstructions that dare nothing are."""
    del rng
    return template.face.surface.vertices - true


def bumps(true: np.ndarray, template: Template, rng: np.random.Generator) -> np.ndarray:
    """In and out along the normals, in waves of 3 to 8 cm."""
    normals = Surface(true, template.face.surface.triangles).normals
    return normals * _waves(true, rng, (30.0, 80.0))[:, :1]


def slides(true: np.ndarray, template: Template, rng: np.random.Generator) -> np.ndarray:
    """Along the skin, in waves of 8 to 15 cm: right in outline, but every feature is misplaced."""
    surface = Surface(true, template.face.surface.triangles)
    field = _waves(true, rng, (80.0, 150.0))
    normals = surface.normals
    return field - np.sum(field * normals, axis=1, keepdims=True) * normals


def feature(true: np.ndarray, template: Template, rng: np.random.Generator) -> np.ndarray:
    """One of the regions sits elsewhere, in any direction."""
    names = sorted(template.regions)
    mask = template.regions[names[rng.integers(len(names))]]
    center = true[mask].mean(axis=0)
    reach = np.linalg.norm(true - center, axis=1) / 35.0
    direction = rng.normal(size=3)
    return np.exp(-(reach**2))[:, None] * direction / np.linalg.norm(direction)


def proportions(true: np.ndarray, template: Template, rng: np.random.Generator) -> np.ndarray:
    """The face is too long, too broad or too deep."""
    center = true[_face(template)].mean(axis=0)
    return (true - center) * rng.normal(size=3)


def noise(true: np.ndarray, template: Template, rng: np.random.Generator) -> np.ndarray:
    """Each vertex for itself."""
    del template
    return rng.normal(size=true.shape)


KINDS: dict[str, Movement] = {
    "other person": other_person,
    "average": average,
    "bumps": bumps,
    "slides": slides,
    "feature": feature,
    "proportions": proportions,
    "noise": noise,
}


def plant(
    kind: str, true: np.ndarray, template: Template, error_mm: float, rng: np.random.Generator
) -> np.ndarray:
    """Makes a wrong face of a true one.

    Args:
      kind: one of `KINDS`.
      true: float64 [N, 3] mm, in the template's topology.
      template: an average face.
      error_mm: the wanted `true_error`.
      rng: draws the error's form.

    Returns:
      float64 [N, 3] mm.
    """
    movement = KINDS[kind](true, template, rng)
    size = error_mm
    for _ in range(4):
        wrong = true + movement * (size / max(np.abs(movement).max(), 1e-9))
        if kind == "slides":
            wrong = Surface(true, template.face.surface.triangles).ring_hits(wrong).points
        size *= error_mm / max(true_error(wrong, true, template), 1e-9)
    return wrong


def true_error(wrong: np.ndarray, true: np.ndarray, template: Template) -> float:
    """How wrong a face is: the mean distance of its vertices to where they belong, in mm.

    The vertices within 95 mm of the template's nose tip count, after the best similarity.
    """
    own = _face(template)
    found = fit_similarity(wrong[own], true[own])
    return float(np.linalg.norm(found(wrong[own]) - true[own], axis=1).mean())


def rescanned(true: np.ndarray, template: Template, noise_mm: float, rng: np.random.Generator):
    """The surface of a face as a scanner sees it: with vertices of its own, and noise.

    Every vertex slides to a random place in one of its triangles, so that no vertex is where the
    face model has one, and yet all are on the same surface.

    Returns:
      A `Surface` of the part within 12 cm of the template's nose tip.
    """
    triangles = template.face.surface.triangles
    order = rng.permutation(len(triangles))
    of_vertex = np.zeros(len(true), np.int64)
    for corner in range(3):
        of_vertex[triangles[order, corner]] = order
    weights = rng.dirichlet((1.0, 1.0, 1.0), len(true))
    inside = np.einsum("nk,nkc->nc", weights, true[triangles[of_vertex]])
    slid = 0.35 * true + 0.65 * inside
    own = Surface(slid, triangles)
    slid = slid + own.normals * rng.normal(0, noise_mm, (len(true), 1))
    near = np.linalg.norm(template.face.surface.vertices - template.face.nose_tip, axis=1) < 120
    return Surface(slid, triangles).cut(near)


def _face(template):
    mean = template.face.surface.vertices
    return np.linalg.norm(mean - template.face.nose_tip, axis=1) <= 95.0


def _decode(template, coefficients):
    return (coefficients @ template.components).reshape(-1, 3)


def _waves(points, rng, lengths):
    """A smooth random field float64 [N, 3]: three waves in random directions."""
    field = np.zeros_like(points)
    for _ in range(3):
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction) * rng.uniform(*lengths) / (2 * np.pi)
        phase = rng.uniform(0, 2 * np.pi, 3)
        field += rng.normal(size=3) * np.sin((points @ direction)[:, None] + phase)
    return field
