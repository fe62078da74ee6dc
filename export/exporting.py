"""Writes the regressor in some formats, and says how well each of them repeats the forward pass."""

import json
import pathlib
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from export.face_model_file import face_model_file
from export.forward import ForwardPass
from export.writers import FORMATS, Run
from model.reconstructor import Reconstructor
from storage.atomic import write_bytes, write_text

FACE_MODEL_FILE = "face_model.npz"
REPORT_FILE = "accuracy.json"
_RUNS = 10


class Measured(NamedTuple):
    """What was written.

    Attributes:
      megabytes: of the file, or of all files of the folder.
      largest_error: of a coefficient, in standard deviations.
      vertex_error_mm: the largest distance of a vertex from where the forward pass puts it.
      milliseconds: the median of some runs with one crop, by the threads that the runtime takes.
    """

    megabytes: float
    largest_error: float
    vertex_error_mm: float
    milliseconds: float


def export(
    reconstructor: Reconstructor,
    crops: np.ndarray,
    folder: pathlib.Path,
    formats: Sequence[str] = tuple(FORMATS),
) -> dict[str, Measured]:
    """Writes the regressor, the face model as arrays, and a report.

    Args:
      reconstructor: what is exported.
      crops: uint8 RGB [B, S, S, 3], crops of photographs by which the formats are compared.
      folder: where the files go; it is made if there is none.
      formats: some of `FORMATS`.

    Returns:
      By format, how well it repeats `Reconstructor.reconstruct`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    forward = ForwardPass(reconstructor.decoder, reconstructor.encoder)
    faces = reconstructor.reconstruct(crops)
    measured = {}
    for name in formats:
        path = folder / FORMATS[name].name
        FORMATS[name].write(forward, path)
        measured[name] = _measure(FORMATS[name].load(path), path, reconstructor, crops, faces)
    crop = reconstructor.encoder.crop
    write_bytes(folder / FACE_MODEL_FILE, face_model_file(reconstructor.face_model, crop))
    report = {name: result._asdict() for name, result in measured.items()}
    write_text(folder / REPORT_FILE, json.dumps(report, indent=2) + "\n")
    return measured


def _measure(run: Run, path, reconstructor, crops, faces):
    results = [run(crop[None]) for crop in crops]
    shape, texture = (np.concatenate(parts) for parts in zip(*results, strict=True))
    errors = [shape - [face.shape for face in faces], texture - [face.texture for face in faces]]
    vertices = reconstructor.face_model.decode_shape(shape).numpy()
    away = np.linalg.norm(vertices - [face.vertices for face in faces], axis=-1)
    return Measured(
        megabytes=round(_size(path) / 1e6, 2),
        largest_error=float(max(np.abs(error).max() for error in errors)),
        vertex_error_mm=float(away.max()),
        milliseconds=round(_median_milliseconds(run, crops[:1]), 1),
    )


def _median_milliseconds(run, crop):
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        run(crop)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))


def _size(path):
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
