"""The section of a report that says whether skin tones follow the people on the photographs."""

import dataclasses

import numpy as np

from evaluation.report import Section
from evaluation.tone import ToneScores, tone_scores
from evaluation.tone_tables import tone_table
from programs.judges import identities_of
from programs.workbench import Workbench


def tone(bench: Workbench) -> Section:
    """Compares decoded skin tones with the cheeks of the photographs."""
    scores = {name: scores_of(bench, cheeks) for name, cheeks in bench.decoded_cheeks.items()}
    photographs = scores_of(bench, bench.photographed_cheeks)
    metrics = {name: dataclasses.asdict(of_decoder) for name, of_decoder in scores.items()}
    return Section(
        [tone_table(scores, photographs)],
        metrics={"tone": metrics, "photographed_tone": dataclasses.asdict(photographs)},
    )


def scores_of(bench: Workbench, cheeks: np.ndarray) -> ToneScores:
    """Compares cheeks, CIELAB float [P, 3], with those of the P photographs."""
    dark = bench.labels.dark(bench.cache.names) if bench.labels else None
    return tone_scores(cheeks, bench.photographed_cheeks, dark, identities_of(bench.cache))
