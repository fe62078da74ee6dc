"""Trials of protocols: wrong reconstructions of faces, whose errors are known, measured by all."""

import dataclasses

import numpy as np
from scipy.spatial.transform import Rotation

from evaluation.geometry import planted_errors
from evaluation.geometry.face import Face, Template
from evaluation.geometry.planted_errors import KINDS
from evaluation.geometry.protocols import PROTOCOLS, measure
from evaluation.geometry.similarity import Similarity
from evaluation.geometry.surface import Surface

# Scanners of faces, and people who mark landmarks on scans, are about so exact.
_NOISE_MM, _LANDMARK_NOISE_MM = 0.1, 1.5
_ERRORS_MM = (0.3, 4.0)
_PITCH_DEG = 34.0
# So large are the waves that a true face has and its model has not.
_WAVES_MM = 0.5
# Thousands of trials are wanted, and each alignment counts for little.
_PROTOCOLS = {name: dataclasses.replace(p, samples=400) for name, p in PROTOCOLS.items()}


@dataclasses.dataclass(frozen=True, eq=False)
class TrueFaces:
    """The faces of which wrong reconstructions are made.

    Attributes:
      own: their average and how they vary, in their own numbers of vertices.
      template: the average face that the protocols know.
      meshes: float64 [M, N, 3] mm, the faces, in the frame of `own`; None for random ones.
    """

    own: Template
    template: Template
    meshes: np.ndarray | None = None

    def face(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """The vertices of a face, float64 [N, 3] mm.

        A random face is one of the template's model, with what the model lacks: small waves.
        """
        if self.meshes is not None:
            return self.meshes[number % len(self.meshes)]
        coefficients = rng.normal(size=len(self.own.components)).clip(-2, 2)
        mean = self.own.face.surface.vertices
        vertices = mean + (coefficients @ self.own.components).reshape(mean.shape)
        waves = planted_errors.bumps(vertices, self.own, rng)
        return vertices + _WAVES_MM * waves / np.abs(waves).max()


@dataclasses.dataclass(frozen=True)
class Trial:
    """A wrong reconstruction of a face, and what protocols say of it.

    Attributes:
      truth: the number of the face.
      kind: one of `KINDS`.
      true_mm: its true error.
      by_protocol: the numbers of the protocols in mm.
    """

    truth: int
    kind: str
    true_mm: float
    by_protocol: dict[str, float]


def trials_of_face(faces: TrueFaces, number: int, errors: int, seed: int) -> list[Trial]:
    """Measures reconstructions of one face, of all kinds of errors in turn.

    Args:
      faces: where the face is from.
      number: which one.
      errors: how many reconstructions.
      seed: face t and its reconstruction k are a function of (seed, t, k).
    """
    rng = np.random.default_rng([seed, number])
    true = faces.face(number, rng)
    scan = make_scan(true, faces.own, rng)
    kinds, trials = list(KINDS), []
    for k in range(errors):
        own = np.random.default_rng([seed, number, k])
        kind = kinds[k % len(kinds)]
        wrong = planted_errors.plant(kind, true, faces.own, own.uniform(*_ERRORS_MM), own)
        error = planted_errors.true_error(wrong, true, faces.own)
        said = _by_all_protocols(as_face(wrong, faces.own), scan, faces.template)
        trials.append(Trial(number, kind, error, said))
    return trials


def _by_all_protocols(prediction: Face, scan: Face, template: Template) -> dict[str, float]:
    """What every protocol says, in mm; a global scale is 1, since no method makes all too large."""
    scales = {"per_mesh": None, "global": 1.0, "none": 1.0}
    return {
        name: measure(prediction, scan, protocol, template, scales[protocol.scale]).distance_mm
        for name, protocol in _PROTOCOLS.items()
    }


def make_scan(true: np.ndarray, own: Template, rng: np.random.Generator) -> Face:
    """Scans a face: other vertices, noise, another pose, and landmarks as people mark them."""
    surface = planted_errors.rescanned(true, own, _NOISE_MM, rng)
    face = as_face(true, own)
    angles = rng.uniform(-1, 1, 3) * (_PITCH_DEG, 15, 15)
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    pose = Similarity(1.0, rotation, rng.normal(0, 300, 3))
    landmarks = face.landmarks + rng.normal(0, _LANDMARK_NOISE_MM, (7, 3))
    return Face(surface, None, landmarks).moved(pose)


def as_face(vertices: np.ndarray, own: Template) -> Face:
    """A face in a template's topology, with its points at the vertices nearest to those there."""
    mean = own.face.surface
    points = mean.nearest_vertices(np.vstack([own.face.nose_tip, own.face.landmarks]))
    tip, *landmarks = vertices[points]
    surface = Surface(vertices, mean.triangles)
    return Face(surface, tip, np.array(landmarks), own.face.topology)
