"""Keeps comparisons of faces with scans in a folder, so that a killed evaluation goes on."""

import dataclasses
import hashlib
import io
import pathlib

import numpy as np

from evaluation.geometry.face import Face, Template
from evaluation.geometry.protocols import Protocol, measure
from storage.arrays import open_npz
from storage.atomic import write_bytes


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """How far a face is from a scan.

    Attributes:
      distance_mm: the protocol's number.
      scale: the scale that the face was given.
      warnings: what speaks against the alignment.
      errors_mm: float64 [N], by vertex of the scan, or of the template where the protocol
        registers; NaN where nothing was compared.
    """

    distance_mm: float
    scale: float
    warnings: tuple[str, ...]
    errors_mm: np.ndarray


class KeptComparisons:
    """Compares faces with scans by one protocol, each pair once."""

    def __init__(self, folder: pathlib.Path, protocol: Protocol, template: Template):
        """Binds a folder, which is made when it is needed, to how faces are compared."""
        self._folder, self._protocol, self._template = folder, protocol, template
        self._how = _digest(repr(protocol), template.face, template.components)
        self._digests: dict[Face, str] = {}

    def __call__(self, prediction: Face, scan: Face, scale: float | None) -> Comparison:
        """Compares a face with a scan, or takes what was kept.

        Args:
          prediction, scan: the faces.
          scale: the scale that the prediction gets, or None if it is free.

        Raises:
          ValueError: the face is not found, or the meshes do not meet.
        """
        key = f"{self._how} {self._of(prediction)} {self._of(scan)} {scale!r}"
        path = self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"
        if path.is_file():
            return _read(path)
        found = measure(prediction, scan, self._protocol, self._template, scale)
        compared = Comparison(
            found.distance_mm, found.scale, tuple(found.warnings()), found.errors_mm
        )
        _write(path, compared)
        return compared

    def _of(self, face: Face) -> str:
        if face not in self._digests:
            self._digests[face] = _digest(face.topology or "", face)
        return self._digests[face]


def _digest(text: str, face: Face, *more: np.ndarray) -> str:
    points = [part for part in (face.nose_tip, face.landmarks) if part is not None]
    arrays = [face.surface.vertices, face.surface.triangles, *points, *more]
    digest = hashlib.sha256(text.encode())
    for array in arrays:
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _write(path: pathlib.Path, compared: Comparison) -> None:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        figures=np.array([compared.distance_mm, compared.scale]),
        warnings=np.array(compared.warnings, dtype=str),
        errors_mm=compared.errors_mm,
    )
    write_bytes(path, buffer.getvalue())


def _read(path: pathlib.Path) -> Comparison:
    with open_npz(path) as kept:
        distance, scale = kept["figures"].tolist()
        return Comparison(distance, scale, tuple(kept["warnings"].tolist()), kept["errors_mm"])
