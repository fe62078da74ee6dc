"""Compares the reconstructions of all methods with the scans of their subjects."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
import tqdm

from evaluation.geometry.face import Face, Template
from evaluation.geometry.protocols import Protocol
from evaluation.geometry.registration import in_topology
from evaluation.geometry.scan_table import Entry
from evaluation.turning_mesh import TurningMesh
from programs.error_maps import error_map
from programs.error_meshes import error_mesh
from programs.kept_comparisons import Comparison, KeptComparisons
from storage.images import png

_MAPPED_SUBJECTS = 4


@dataclasses.dataclass(frozen=True, eq=False)
class ErrorMap:
    """The distances of a reconstruction from a scan of its subject, on the scan.

    Attributes:
      subject, method: whose scan, and who made the reconstruction.
      image: uint8 RGB [S, S, 3].
      mesh: the same as a mesh that turns.
    """

    subject: str
    method: str
    image: np.ndarray
    mesh: TurningMesh


@dataclasses.dataclass(frozen=True, eq=False)
class _Case:
    """A reconstruction of a video, and a scan that it is compared with."""

    method: str
    subject: str
    condition: str
    view: str
    prediction: Face
    scan: Face


def measure_all(
    faces: dict[str, dict[tuple[str, str], Face]],
    scans: dict[str, dict[str, Face]],
    protocol: Protocol,
    scales: Sequence[str],
    template: Template,
    failures: dict[str, str],
    kept: pathlib.Path,
) -> tuple[list[Entry], list[ErrorMap]]:
    """Compares all faces with all scans of their subjects, under each policy of the scale.

    Args:
      faces: by (subject, condition), by method.
      scans: by view, by subject.
      protocol: how they are compared.
      scales: policies among `SCALES`; none for the protocol's own.
      template: an average face.
      failures: gets the reasons of comparisons that fail.
      kept: a folder that keeps each comparison.

    Returns:
      What was measured, and error maps of the first subjects.
    """
    cases = [
        _Case(method, subject, condition, view, face, scan)
        for subject, views in scans.items()
        for view, scan in views.items()
        for method, own in faces.items()
        for (who, condition), face in own.items()
        if who == subject
    ]
    compare = KeptComparisons(kept, protocol, template)
    free = _measured(cases, compare, dict.fromkeys(faces), failures)
    one = {m: _common_scale([r for c, r in free if c.method == m]) for m in faces}
    entries, shown = [], []
    for policy in scales or (protocol.scale,):
        if policy == "per_mesh":
            results = free
        else:
            fixed = one if policy == "global" else dict.fromkeys(faces, 1.0)
            results = _measured(cases, compare, fixed, failures)
        entries += [_entry(case, policy, result) for case, result in results]
        shown = shown or _maps(results, protocol, template)
    return entries, shown


def _measured(cases, compare, scales, failures) -> list[tuple[_Case, Comparison]]:
    results, known = [], {}
    for case in tqdm.tqdm(cases, unit="comparison", mininterval=5):
        # The same face under three conditions, such as the mean, is compared once with a scan.
        key = (case.prediction, case.scan, scales[case.method])
        try:
            if key not in known:
                known[key] = compare(case.prediction, case.scan, key[2])
            results.append((case, known[key]))
        except ValueError as error:
            failures[f"{case.method} {case.subject} {case.condition} {case.view}"] = str(error)
    return results


def _common_scale(results: list[Comparison]) -> float:
    """One scale for all meshes of a method: the geometric mean of their own."""
    return float(np.exp(np.mean([np.log(r.scale) for r in results]))) if results else 1.0


def _entry(case: _Case, policy: str, result: Comparison) -> Entry:
    return Entry(
        case.method,
        case.subject,
        case.condition,
        case.view,
        policy,
        result.distance_mm,
        result.scale,
        result.warnings,
    )


def _maps(results, protocol, template) -> list[ErrorMap]:
    """Error maps of the first subjects' first scans, under the first condition."""
    maps, subjects = {}, []
    for case, result in results:
        if case.subject not in subjects:
            subjects.append(case.subject)
        key = case.subject, case.method
        if len(subjects) <= _MAPPED_SUBJECTS and key not in maps:
            scan = in_topology(case.scan, template) if protocol.registers else case.scan
            image = error_map(scan, result.errors_mm, template)
            mesh = error_mesh(case.method, scan, result.errors_mm, template, png(image))
            maps[key] = ErrorMap(*key, image, mesh)
    return list(maps.values())
