"""The section of a report that says whether skin tones follow the people on the photographs."""

from evaluation import tables
from evaluation.report import Section
from evaluation.tone import ToneScores, tone_scores
from model.color import srgb_to_lab
from model.tone_calibration import modeled_cheeks, photographed_cheeks
from programs.workbench import Workbench


def tone(bench: Workbench) -> Section:
    """Compares decoded skin tones with the cheeks of the photographs."""
    scores = tones_of(bench)
    metrics = {"tone": {name: vars(of_decoder) for name, of_decoder in scores.items()}}
    return Section([tables.tone_table(scores)], metrics=metrics)


def tones_of(bench: Workbench) -> dict[str, ToneScores]:
    """Compares the decoded skin tones of each decoder with the cheeks of the photographs."""
    crop = bench.trained.encoder.crop
    photographed = srgb_to_lab(photographed_cheeks(bench.crops, bench.cache.points, crop))
    return {
        name: tone_scores(
            srgb_to_lab(modeled_cheeks(bench.trained.face_model, face.texture.numpy())),
            photographed,
        )
        for name, face in bench.faces.items()
    }
