"""Shows how far protocols can be believed, on faces whose true errors are known."""

import dataclasses
import pathlib
import shlex
import sys
from collections.abc import Iterator

import numpy as np
import tqdm
from scipy.spatial.transform import Rotation

from evaluation.geometry import planted_errors
from evaluation.geometry.comparison import Measured, trust, trust_table
from evaluation.geometry.face import Face, Template
from evaluation.geometry.planted_errors import KINDS
from evaluation.geometry.protocols import PROTOCOLS, measure
from evaluation.geometry.similarity import Similarity
from evaluation.geometry.surface import Surface
from evaluation.report import Picture, Report, write_report
from evaluation.scatter import scatter
from evaluation.table import to_text
from model.face_models.load import load_face_model
from programs.face_template import make_template

# Scanners of faces, and people who mark landmarks on scans, are about so exact.
_NOISE_MM, _LANDMARK_NOISE_MM = 0.1, 1.5
_ERRORS_MM = (0.3, 4.0)
_PITCH_DEG = 34.0


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that a comparison depends on.

    Attributes:
      output: the folder of the report.
      face_model: the file of the face model.
      truths: how many faces there are.
      errors: how many reconstructions of each.
      seed: of all random numbers.
    """

    output: pathlib.Path
    face_model: str | pathlib.Path
    truths: int = 4
    errors: int = 21
    seed: int = 0


def run(options: Options) -> None:
    """Compares all protocols, prints the table and writes the report.

    Raises:
      OSError, ValueError: the face model cannot be used.
    """
    template = make_template(load_face_model(options.face_model))
    measured = compare(template, options.truths, options.errors, options.seed)
    trusted = {name: trust(measured, name) for name in measured.by_protocol}
    table = trust_table(trusted, len(measured.true_mm), options.truths)
    report = Report(
        title="Protocols that compare faces with scans",
        command=shlex.join(["python", *sys.argv]),
        facts={
            "faces": f"{options.truths} random faces of {pathlib.Path(options.face_model).name}",
            "seed": str(options.seed),
        },
        limits=[
            "The true faces are of the face model that the protocol 'dense' fits to scans; with "
            "scans of real people its fit is worse.",
            "'ganfit' uses one scale for all faces of this comparison.",
        ],
        tables=[table],
        pictures=[
            Picture(
                "protocols.png",
                scatter(measured.true_mm, measured.by_protocol, measured.kinds),
                "What each protocol says of faces whose true error is known",
            )
        ],
        metrics={
            "protocols": {name: dataclasses.asdict(value) for name, value in trusted.items()},
            "true_mm": measured.true_mm.tolist(),
            "kinds": measured.kinds,
            "measured_mm": {name: own.tolist() for name, own in measured.by_protocol.items()},
        },
    )
    write_report(report, options.output)
    print(to_text(table))
    print(f"\n{options.output / 'report.html'}")


def compare(template: Template, truths: int, errors: int, seed: int = 0) -> Measured:
    """Measures planted errors by all protocols; each reconstruction takes some seconds.

    Args:
      template: an average face with a model.
      truths: how many faces.
      errors: how many reconstructions of each, of all kinds in turn.
      seed: face t and its reconstruction k are a function of (seed, t, k).
    """
    rows = tqdm.tqdm(
        measured_errors(template, truths, errors, seed),
        total=truths * errors,
        unit="face",
        mininterval=5,
    )
    truths_of, kinds_of, true_mm, found = zip(*rows, strict=True)
    by_protocol = {name: np.array([row[name] for row in found]) for name in PROTOCOLS}
    return Measured(np.array(truths_of), list(kinds_of), np.array(true_mm), by_protocol)


def measured_errors(
    template: Template, truths: int, errors: int, seed: int
) -> Iterator[tuple[int, str, float, dict[str, float]]]:
    """Yields for each reconstruction: its face, its kind, its true error, and all protocols' mm."""
    kinds = list(KINDS)
    for t in range(truths):
        rng = np.random.default_rng([seed, t])
        true = _random_face(template, rng)
        scan = make_scan(true, template, rng)
        for k in range(errors):
            own = np.random.default_rng([seed, t, k])
            kind = kinds[k % len(kinds)]
            wrong = planted_errors.plant(kind, true, template, own.uniform(*_ERRORS_MM), own)
            error = planted_errors.true_error(wrong, true, template)
            yield t, kind, error, _measure_all(_as_face(wrong, template), scan, template)


def _measure_all(prediction: Face, scan: Face, template: Template) -> dict[str, float]:
    """What every protocol says, in mm; a global scale is 1, since no method makes all too large."""
    scales = {"per_mesh": None, "global": 1.0, "none": 1.0}
    return {
        name: measure(prediction, scan, protocol, template, scales[protocol.scale]).distance_mm
        for name, protocol in PROTOCOLS.items()
    }


def _random_face(template: Template, rng: np.random.Generator) -> np.ndarray:
    """A face of the model with what the model lacks: waves of half a millimeter, [N, 3] mm."""
    coefficients = rng.normal(size=len(template.components)).clip(-2, 2)
    mean = template.face.surface.vertices
    vertices = mean + (coefficients @ template.components).reshape(mean.shape)
    waves = planted_errors.bumps(vertices, template, rng)
    return vertices + 0.5 * waves / np.abs(waves).max()


def make_scan(true: np.ndarray, template: Template, rng: np.random.Generator) -> Face:
    """Scans a face: other vertices, noise, another pose, and landmarks as people mark them."""
    surface = planted_errors.rescanned(true, template, _NOISE_MM, rng)
    face = _as_face(true, template)
    angles = rng.uniform(-1, 1, 3) * (_PITCH_DEG, 15, 15)
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    pose = Similarity(1.0, rotation, rng.normal(0, 300, 3))
    landmarks = face.landmarks + rng.normal(0, _LANDMARK_NOISE_MM, (7, 3))
    return Face(surface, None, landmarks).moved(pose)


def _as_face(vertices: np.ndarray, template: Template) -> Face:
    """A face in the template's topology, with its points where the template has them."""
    mean = template.face.surface
    points = mean.nearest_vertices(np.vstack([template.face.nose_tip, template.face.landmarks]))
    tip, *landmarks = vertices[points]
    surface = Surface(vertices, mean.triangles)
    return Face(surface, tip, np.array(landmarks), template.face.topology)
