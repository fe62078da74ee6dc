"""Makes the tables of a report from results."""

import itertools

from evaluation.bootstrap import Interval
from evaluation.clustering import Recall
from evaluation.coefficients import CoefficientStatistics
from evaluation.groups import GroupScores
from evaluation.likeness import JudgedPhotographs, Likeness
from evaluation.paper_figures import PaperFigures
from evaluation.robustness import Curve
from evaluation.table import Table, interval_text

# Beyond these limits coefficients are not those of faces any more; metrics count only within them.
MAX_MEAN_RMS = 0.2
VARIANCE_RANGE = (0.75, 1.25)
MAX_COEFFICIENT = 5.0
INTERVALS = "Intervals: 95 % percentile bootstrap over people."

# What a network says of each decoder, by the decoder's name.
Results = dict[str, Likeness]


def implausible(statistics: CoefficientStatistics) -> list[str]:
    """Lists the limits that the coefficients of many photographs break; faces break none."""
    low, high = VARIANCE_RANGE
    broken = {
        f"means {statistics.mean_rms:.2f} > {MAX_MEAN_RMS}": statistics.mean_rms > MAX_MEAN_RMS,
        f"variance {statistics.variance:.2f} outside {low}–{high}": not (
            low <= statistics.variance <= high
        ),
        f"a coefficient of {statistics.largest:.1f}": statistics.largest > MAX_COEFFICIENT,
    }
    return [text for text, is_broken in broken.items() if is_broken]


def cosine_table(by_network: dict[str, Results], paper: PaperFigures | None = None) -> Table:
    """Shows cosines of photograph and render, a row for each network and method (section 4.3).

    Args:
      by_network: what each network says of each method.
      paper: the paper's figures on this data set by this scorer, or None.
    """
    rows = [
        [f"{network}: {name}", *_cosine_cells(likeness)]
        for network, results in by_network.items()
        for name, likeness in results.items()
    ]
    first = next(iter(next(iter(by_network.values())).values()))
    turned = [f"at ±{yaw}°" for yaw in first.intervals if yaw]
    columns = ["frontal", "interval", "deviation", "5 %", "95 %"]
    columns += [text for name in turned for text in (name, "interval")]
    columns += ["EMD same", "EMD different", "same below", "different above"]
    if paper:
        add_paper(rows, paper.cosines())
        columns += ["paper: frontal", "paper: EMD same", "paper: EMD different"]
    return Table(
        title="Cosine of photograph and render",
        columns=["network: method", *columns],
        rows=rows,
        note=f"{INTERVALS} 5 % and 95 %: of the photographs. EMD: earth mover's distance of the "
        "frontal cosines to those of pairs of photographs of the same person and of different "
        "people (table 2 of the paper). Same below: the part of the pairs of photographs of one "
        "person that are less alike than photograph and render are on average. Different above: "
        "the part of the pairs of different people that are more alike than that.",
    )


def _cosine_cells(likeness: Likeness) -> list:
    frontal = likeness.summaries[0]
    cells = [frontal.mean, interval_text(likeness.intervals[0])]
    cells += [frontal.deviation, frontal.low, frontal.high]
    for yaw, interval in likeness.intervals.items():
        if yaw:
            cells += [interval.mean, interval_text(interval)]
    cells += [likeness.to_same, likeness.to_different]
    return [*cells, likeness.same_below, likeness.different_above]


def add_paper(rows: list[list], figures: dict[str, tuple]) -> None:
    """Gives the rows columns of the paper's figures, and a row for each of its other methods.

    Its own figures stand in the row of the last method by the scorer, and those of guessing in the
    scorer's row of guessing.

    Args:
      rows: of a table; the first cell of each is "network: method". They are changed.
      figures: the paper's by method; its own is called "ours".
    """
    width, empty = len(rows[0]), [None] * len(next(iter(figures.values())))
    of_scorer = [row for row in rows if row[0].startswith("scorer: ")]
    by_us = [row for row in of_scorer if not row[0].endswith((": guessing", "the source"))]
    for row in rows:
        name = "guessing" if row in of_scorer and row[0].endswith(": guessing") else None
        name = "ours" if by_us and row is by_us[-1] else name
        row += figures.get(name, empty)
    for name, cells in figures.items():
        if name not in ("ours", "guessing"):
            rows.append([f"{name}, by the paper", *[None] * (width - 1), *cells])


def photograph_table(by_network: dict[str, JudgedPhotographs]) -> Table:
    """Shows what the networks say about pairs of photographs: the scale to read cosines on."""
    rows = []
    for network, photos in by_network.items():
        same, different = photos.same, photos.different
        mean_same = same.mean if same.total else None
        rows.append([network, same.total, mean_same, different.total, different.mean])
    return Table(
        title="Cosine of photograph and photograph, all pairs",
        columns=["network", "pairs same", "mean same", "pairs different", "mean different"],
        rows=rows,
    )


def recall_table(by_network: dict[str, Results], paper: PaperFigures | None = None) -> Table:
    """Shows identity clustering recall, a row for each network and method (table 3).

    `paper` are the paper's figures on this data set by this scorer, or None.
    """
    rows = []
    for network, results in by_network.items():
        for decoder, likeness in results.items():
            rows.append([f"{network}: {decoder}", *_recall_cells(likeness.recall)])
            if others := likeness.recall_of_others:
                name = f"{network}: {decoder}, without the source"
                rows.append([name, *_recall_cells(others)])
        cells = [(value, None) for value in likeness.recall.random.values()]
        rows.append([f"{network}: guessing", *itertools.chain(*cells)])
    recall = likeness.recall
    columns = [text for k in recall.top for text in (f"Top-{k}", "interval")]
    if paper:
        add_paper(rows, paper.recall)
        columns += ["paper: Top-1", "paper: Top-5"]
    return Table(
        title="Identity recall of the frontal render",
        columns=["network: method", *columns],
        rows=rows,
        note=f"{recall.queries} renders searched among {recall.photographs} photographs of "
        f"{recall.identities} people, the source photograph included. Without the source: by other "
        f"photographs of the person alone, where there are some. {INTERVALS}",
    )


def shape_table(by_network: dict[str, Results], title: str, note: str) -> Table:
    """Shows cosines and recall of renders of one albedo, a row for each network and decoder."""
    rows = []
    for network, results in by_network.items():
        for decoder, likeness in results.items():
            cosines = [(c.mean, interval_text(c)) for c in likeness.intervals.values()]
            recall = _recall_cells(likeness.recall)
            rows.append([f"{network}: {decoder}", *itertools.chain(*cosines), *recall])
    names = [f"at ±{yaw}°" if yaw else "frontal" for yaw in likeness.intervals]
    names += [f"Top-{k}" for k in likeness.recall.top]
    return Table(
        title=title,
        columns=["network: decoder", *(text for name in names for text in (name, "interval"))],
        rows=rows,
        note=f"{note} Only shape tells them apart, and the networks, which know photographs, lose "
        "some of what they can. How much, the last rows say: there the same renders are searched "
        "among color renders of the same faces, whose shape is exactly right. "
        f"{INTERVALS}",
    )


def robustness_table(by_decoder: dict[str, dict[str, Curve]]) -> Table:
    """Shows how alike faces stay, a row for each change and level of it."""
    first = next(iter(by_decoder.values()))
    rows = []
    for change, curve in first.items():
        for k, level in enumerate(curve.levels):
            cells = [
                (
                    own[change].cosine[k].mean,
                    interval_text(own[change].cosine[k]),
                    own[change].distance[k],
                )
                for own in by_decoder.values()
            ]
            rows.append([f"{change} {level:g}", *itertools.chain(*cells)])
    columns = [(f"{name}: cosine", "interval", "mm") for name in by_decoder]
    return Table(
        title="Robustness: likeness to the face from the unchanged photograph",
        columns=["change", *itertools.chain(*columns)],
        rows=rows,
        note=f"Cosine of the frontal renders by the scorer; mean distance of vertices. {INTERVALS}",
    )


def _recall_cells(recall: Recall) -> list:
    cells = ((top.mean, interval_text(top)) for top in recall.top.values())
    return list(itertools.chain(*cells))


def gain_table(gains: dict[str, dict[str, Interval]], over: str = "") -> Table:
    """Shows paired gains in the frontal cosine, a row for each network and pair of decoders.

    `over` ends the title where the other decoders are not of this evaluation.
    """
    rows = [
        [f"{network}: {pair}", gain.mean, gain.low, gain.high]
        for network, pairs in gains.items()
        for pair, gain in pairs.items()
    ]
    return Table(
        title=f"Gain in the frontal cosine{over}, on the same photographs",
        columns=["network: decoders", "gain", "95 % from", "to"],
        rows=rows,
        note="Paired percentile bootstrap over people.",
    )


def group_table(by_column: dict[str, dict[str, dict[str, GroupScores]]]) -> Table:
    """Shows figures by group: a row for each column of the labels, value in it and decoder."""
    rows = [
        _group_row(f"{column} {value}: {decoder}", scores)
        for column, by_value in by_column.items()
        for value, by_decoder in by_value.items()
        for decoder, scores in by_decoder.items()
    ]
    first = next((s for v in by_column.values() for d in v.values() for s in d.values()), None)
    columns = ["group: decoder", "photographs"]
    for judge, by_yaw in first.cosines.items() if first else ():
        columns += [f"{judge}, frontal", "interval"]
        columns += [f"at ±{yaw}°" for yaw in by_yaw if yaw]
        columns += ["Top-1", "interval"]
    return Table(
        title="By group of people",
        columns=[*columns, "median L*", "of the photographs"],
        rows=rows,
        note=f"{INTERVALS} Top-1 searches the photographs of all groups; L* is of the cheeks.",
    )


def _group_row(name: str, scores: GroupScores) -> list:
    row = [name, scores.photographs]
    for judge, by_yaw in scores.cosines.items():
        row += [by_yaw[0].mean, interval_text(by_yaw[0])]
        row += [interval.mean for yaw, interval in by_yaw.items() if yaw]
        row += [scores.top_1[judge].mean, interval_text(scores.top_1[judge])]
    return [*row, scores.lightness, scores.photographed_lightness]


def coefficient_table(statistics: dict[str, dict[str, CoefficientStatistics]]) -> Table:
    """Says whether coefficients still are those of faces, a row for each decoder and part."""
    rows = []
    for decoder, parts in statistics.items():
        for part, values in parts.items():
            verdict = "; ".join(implausible(values)) or "within the limits"
            moments = [values.mean_rms, values.variance, values.within_half, values.largest]
            rows.append([f"{decoder}: {part}", *moments, verdict])
    low, high = VARIANCE_RANGE
    return Table(
        title="Coefficients over the photographs",
        columns=[
            "decoder: part",
            "RMS of means",
            "variance",
            "in 0.5–1.5",
            "largest",
            "verdict",
        ],
        rows=rows,
        note=f"Faces of the model have means of 0 and variances of 1. Limits: RMS of means at most "
        f"{MAX_MEAN_RMS}, variance {low}–{high}, no coefficient above {MAX_COEFFICIENT:g}.",
    )


def failure_table(title: str, reasons: dict[str, str]) -> list[Table]:
    """Lists what failed or is doubtful, by its name, with the reason; nothing where all is well."""
    rows = [list(pair) for pair in reasons.items()]
    return [Table(title=title, columns=["what", "why"], rows=rows)] if rows else []
