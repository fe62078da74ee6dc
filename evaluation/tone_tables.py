"""Makes the tables of a report about skin tone."""

from evaluation.bootstrap import Interval
from evaluation.table import Table, interval_text
from evaluation.tone import FAR, ToneFindings


def tone_table(by_decoder: dict[str, ToneFindings], photographs: ToneFindings) -> Table:
    """Shows all measures of tone, a row each.

    Args:
      by_decoder: what was found of each decoder.
      photographs: what was found of the photographs' own cheeks.
    """
    columns = [*by_decoder.values(), photographs]
    rows = [[name, *(get(c) for c in columns)] for name, get in _MEASURES.items()]
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
        "pixels of the photograph. Intervals: 95 % percentile bootstrap over people.",
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
