"""The section of a report that says whether skin tones follow the people on the photographs."""

import dataclasses

import numpy as np

from evaluation.bootstrap import mean_interval, paired_gain
from evaluation.section import Section
from evaluation.tone import Steadiness, ToneScores, steadiness, tone_scores
from evaluation.tone_agreement import agreement
from evaluation.tone_tables import ToneFindings, tone_table
from model.color import srgb_to_lab
from model.face_renderer import FaceRenderer
from model.tone_calibration import photographed_cheeks
from programs.face_luminance import face_luminances
from programs.judges import identities_of
from programs.photo_changes import TONE_CHANGES
from programs.workbench import Workbench

# So many changed photographs are held at a time.
_BLOCK = 256


def tone(bench: Workbench) -> Section:
    """Says how decoded tones compare with photographed cheeks, and whether they hold still."""
    moved = _movements(bench)
    findings = {name: _findings(bench, name, moved[name]) for name in bench.decoders}
    photographs = _photographed(bench, moved[None])
    metrics = {name: dataclasses.asdict(own) for name, own in findings.items()}
    return Section(
        [tone_table(findings, photographs)],
        title="Skin tone",
        metrics={"tone": metrics, "photographed_tone": dataclasses.asdict(photographs)},
    )


def _findings(bench: Workbench, name: str, moved: Steadiness) -> ToneFindings:
    people = identities_of(bench.cache)
    renderer = FaceRenderer(
        bench.trained.face_model, bench.trained.encoder.crop, bench.decoders[name].shading
    )
    rendered, photographed = face_luminances(renderer, bench.faces[name], bench.crops)
    return ToneFindings(
        scores=_scores(bench, bench.decoded_cheeks[name]),
        steadiness=moved,
        luminance=mean_interval(rendered, people),
        photographed_luminance=mean_interval(photographed, people),
        luminance_gain=paired_gain(photographed, rendered, people),
        agreement=agreement(bench.decoded_cheeks[name], people),
    )


def _photographed(bench: Workbench, moved: Steadiness) -> ToneFindings:
    """What the photographs' own cheeks would reach; their luminance is each decoder's to state."""
    cheeks = bench.photographed_cheeks
    agreed = agreement(cheeks, identities_of(bench.cache))
    return ToneFindings(_scores(bench, cheeks), moved, None, None, None, agreed)


def _scores(bench: Workbench, cheeks: np.ndarray) -> ToneScores:
    dark = bench.labels.dark(bench.cache.names) if bench.labels else None
    return tone_scores(cheeks, bench.photographed_cheeks, dark, identities_of(bench.cache))


def _movements(bench: Workbench) -> dict[str | None, Steadiness]:
    """Says how far tones move by what a camera does: by decoder, and None for the photographs."""
    before = {**bench.decoded_cheeks, None: bench.photographed_cheeks}
    after = {name: {} for name in before}
    for change, apply in TONE_CHANGES.items():
        blocks = [
            _cheeks(bench, apply(bench.crops[start : start + _BLOCK]), start)
            for start in range(0, len(bench.crops), _BLOCK)
        ]
        for name in before:
            after[name][change] = np.concatenate([block[name] for block in blocks])
    return {name: steadiness(before[name], after[name]) for name in before}


def _cheeks(bench: Workbench, crops: np.ndarray, start: int) -> dict[str | None, np.ndarray]:
    """The cheeks CIELAB [N, 3] of N photographs from `start` on, in changed crops."""
    faces = bench.decode(crops)
    cheeks = {name: bench.cheeks_of(face) for name, face in faces.items()}
    crop = bench.trained.encoder.crop
    points = bench.cache.points[start : start + len(crops)]
    return {**cheeks, None: srgb_to_lab(photographed_cheeks(crops, points, crop))}
