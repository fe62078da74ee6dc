"""Makes the tables of a report about skin tone."""

from evaluation.report import Table, interval_text
from evaluation.tone import FAR, ToneScores


def tone_table(by_decoder: dict[str, ToneScores], photographs: ToneScores) -> Table:
    """Shows how decoded skin tones compare with photographed cheeks.

    Args:
      by_decoder: the scores of each decoder.
      photographs: the scores of the photographs' own cheeks.
    """
    rows = [_row(name, scores) for name, scores in by_decoder.items()]
    return Table(
        title="Skin tone: decoded cheeks against photographed ones",
        columns=[
            *("decoder", "median L*", "spread", "far", "rank correlation"),
            *("AUC of L*", "interval", "AUC of ITA", "interval"),
        ],
        rows=[*rows, _row("the photographs' own cheeks", photographs)],
        note="A photographed cheek is exposure and cast before it is skin: only level and spread "
        "over all photographs, and the order, say something. Spread: interquartile range of L* by "
        f"that of the photographs; far: part with an L* off by more than {FAR:g}; rank "
        "correlation: of the individual typology angles (ITA); AUC: how often a dark-skinned "
        "person is darker than a light-skinned one, where labels say who is, with its interval "
        "over people.",
    )


def _row(name: str, s: ToneScores) -> list:
    row = [name, s.lightness, s.spread, s.far, s.rank_correlation]
    for auc in (s.auc_lightness, s.auc_angle):
        row += [auc.mean, interval_text(auc)] if auc else [None, None]
    return row
