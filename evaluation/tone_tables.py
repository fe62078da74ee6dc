"""Makes the tables of a report about skin tone."""

import dataclasses

from evaluation.bootstrap import Interval
from evaluation.table import Table, interval_text
from evaluation.tone import FAR, Steadiness, ToneScores
from evaluation.tone_agreement import Agreement
from evaluation.tone_types import TYPES, TypeErrors


@dataclasses.dataclass(frozen=True)
class ToneFindings:
    """All that is said of the tones of one decoder.

    Attributes:
      scores: how they compare with photographed cheeks.
      steadiness: whether they hold still.
      luminance, photographed_luminance: the mean luminance of the rendered faces, and of the same
        pixels of the photographs, in 0..1; None where there is no render.
      luminance_gain: by how much the renders are brighter.
      agreement: whether several photographs of a person agree; None where few have several.
    """

    scores: ToneScores
    steadiness: Steadiness
    luminance: Interval | None
    photographed_luminance: Interval | None
    luminance_gain: Interval | None
    agreement: Agreement | None


def tone_table(by_decoder: dict[str, ToneFindings], photographs: ToneFindings) -> Table:
    """Shows all measures of tone, a row each.

    Args:
      by_decoder: what was found of each decoder.
      photographs: what was found of the photographs' own cheeks.
    """
    columns = [*by_decoder.values(), photographs]
    measures = _MEASURES | (_AGREEMENT if photographs.agreement else {})
    rows = [[name, *(get(c) for c in columns)] for name, get in measures.items()]
    rows += [
        [f"movement by {change}", *(c.steadiness.by_change[change] for c in columns)]
        for change in photographs.steadiness.by_change
    ]
    return Table(
        title="Skin tone",
        columns=["measure", *by_decoder, "the photographs' own cheeks"],
        rows=rows,
        note="A photographed cheek is exposure and cast before it is skin: only level and spread "
        "over all photographs, and the order, say something. Spread: interquartile range of L* by "
        "that of the photographs. ITA: individual typology angle. AUC: how often a dark-skinned "
        "person is darker than a light-skinned one, where labels say who is. Movement: median "
        "distance in CIELAB by which a cheek moves when the photograph is exposed half a stop "
        "more or less, or red is multiplied and blue divided by 1.15 or the reverse, in linear "
        "light. Luminance: mean of the pixels of the face in the fixed scene, and of the same "
        "pixels of the photograph. Distance: median color difference (CIE 1976). Intervals: 95 % "
        "percentile bootstrap over people.",
    )


def tone_type_table(by_method: dict[str, TypeErrors]) -> Table:
    """Shows errors of the individual typology angle, a row for each method."""
    rows = [
        [name, *(e.by_type[t].mean for t in TYPES), e.mean, e.spread]
        for name, e in by_method.items()
    ]
    return Table(
        title="Known tones: error of the individual typology angle in degrees",
        columns=["decoder", *TYPES, "mean", "spread"],
        rows=rows,
        note="Random faces of the face model, each in the tones of all six types, rendered in many "
        "lights, exposures and casts, with the exposure made up for the face to 80 %. Spread: "
        "standard deviation over types. The renders are read in both ways that a decoder knows, as "
        "photographs and as renders. The benchmark FAIR, on other images, reports a mean of 11 to "
        "14 and a spread of 1.6 to 2.6 for published methods.",
    )


def _mean(interval: Interval | None) -> float | None:
    return interval.mean if interval else None


def _ends(interval: Interval | None) -> str | None:
    return interval_text(interval) if interval else None


_MEASURES = {
    "median L*": lambda c: c.scores.lightness,
    "spread of L*": lambda c: c.scores.spread,
    f"part with L* off by more than {FAR:g}": lambda c: c.scores.far,
    "rank correlation of ITA": lambda c: c.scores.rank_correlation,
    "AUC of L*": lambda c: _mean(c.scores.auc_lightness),
    "AUC of L*, interval": lambda c: _ends(c.scores.auc_lightness),
    "AUC of ITA": lambda c: _mean(c.scores.auc_angle),
    "AUC of ITA, interval": lambda c: _ends(c.scores.auc_angle),
    "luminance of the rendered face": lambda c: _mean(c.luminance),
    "luminance of the rendered face, interval": lambda c: _ends(c.luminance),
    "luminance of the photograph there": lambda c: _mean(c.photographed_luminance),
    "render brighter by": lambda c: _mean(c.luminance_gain),
    "render brighter by, interval": lambda c: _ends(c.luminance_gain),
    "movement of the cheek": lambda c: c.steadiness.movement,
}
_AGREEMENT = {
    "people with several photographs": lambda c: c.agreement.people,
    "rank correlation of ITA over two of them": lambda c: c.agreement.rank_correlation,
    "rank correlation of L* over two of them": lambda c: c.agreement.lightness_correlation,
    "distance within people": lambda c: c.agreement.within,
    "distance between people": lambda c: c.agreement.between,
}
