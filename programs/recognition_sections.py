"""The sections of a report in which recognition networks judge faces (sections 4.3 and 4.4)."""

from collections.abc import Sequence

from evaluation import plots, tables
from evaluation.earlier_scores import KEY, gains_over
from evaluation.likeness import Likeness
from evaluation.section import Picture, Section
from evaluation.table import Table
from model.decoder import Coefficients
from programs.sheets_section import draw_comparison
from programs.workbench import TRAINED_AGAINST, Workbench
from storage.printable import printable

_INDEPENDENT = (
    "The encoder was trained against: its figures say how well training went. The scorer enters no "
    "loss and no feature: its figures say how alike the faces are."
)


def recognition(bench: Workbench) -> Section:
    """Says how alike photographs and renders are (section 4.3, figure 5 and table 2)."""
    evaluation = bench.evaluation
    photos = {name: judge.photos for name, judge in bench.judges.items()}
    paper = bench.paper_figures
    shown = [tables.cosine_table(evaluation.likeness, paper), tables.photograph_table(photos)]
    if len(bench.decoders) > 1:
        shown.append(tables.gain_table(evaluation.gains))
    pictures = []
    for name, results in evaluation.likeness.items():
        pictures.append(plots.score_distributions(name, photos[name], results))
    findings = [
        statement(judge, name, own)
        for judge, results in evaluation.likeness.items()
        for name, own in results.items()
    ]
    return _judged(bench, "Likeness of photograph and render", shown, pictures, findings=findings)


def statement(judge: str, name: str, likeness: Likeness) -> str:
    """Says in words how alike photographs and renders are, as section 4.3 does."""
    mean = f"{likeness.summaries[0].mean:.3f}"
    texts = [
        f"By the {judge}, photograph and render of {name} have an average similarity of {mean}."
    ]
    if likeness.same_below is None:
        texts.append("There is no pair of photographs of one person to compare with.")
    else:
        part = f"{likeness.same_below:.1%}"
        texts.append(f"Of the pairs of photographs of one person {part} score below that.")
    if likeness.different_above is not None:
        part = f"{likeness.different_above:.2%}"
        texts.append(f"Of the pairs of photographs of different people {part} score above it.")
    return " ".join(texts)


def clustering(bench: Workbench) -> Section:
    """Says how often the nearest photograph shows the same person (section 4.4, table 3)."""
    likeness = bench.evaluation.likeness
    pictures = [plots.recall_curves(name, results) for name, results in likeness.items()]
    people = len(set(bench.judges["encoder"].photos.identities))
    limit = f"Recall falls with the number of people searched, here {people}."
    shown = [tables.recall_table(likeness, bench.paper_figures)]
    return _judged(bench, "Clustering of identities", shown, pictures, [limit])


def comparison(bench: Workbench) -> Section:
    """Says what the last decoder gains over those of an earlier evaluation, if there is one."""
    if bench.earlier is None:
        return Section()
    gains = gains_over(bench.earlier, bench.scores)
    table = tables.gain_table(gains, f" over {bench.options.compare}")
    return Section([table], title="Comparison with the earlier evaluation")


def photographs(bench: Workbench) -> Section:
    """Shows the photographs beside their faces, and says whether the coefficients are a face's."""
    statistics = bench.evaluation.statistics
    pictures = [draw_comparison(bench)]
    for part in Coefficients._fields:
        variances = {name: getattr(c, part).numpy().var(axis=0) for name, c in bench.faces.items()}
        pictures.append(plots.component_variances(variances, part))
    rejected = {printable(r.name): r.reason for r in bench.cache.rejected}
    table = tables.coefficient_table(statistics)
    failed = {name: own.failures for name, own in bench.others.items() if own.failures}
    return Section(
        [table],
        pictures,
        {"rejected": rejected, "without_mesh": failed},
        title="Photographs and faces",
    )


def _judged(
    bench: Workbench,
    title: str,
    shown: list[Table],
    pictures: list[Picture],
    limits: Sequence[str] = (),
    findings: Sequence[str] = (),
) -> Section:
    """Makes a section of what the judges say."""
    scores = {name: vars(of_judge) for name, of_judge in bench.scores.items()}
    metrics = bench.evaluation.metrics() | {KEY: scores}
    return Section(
        shown,
        pictures,
        metrics,
        limits=[*_limits(bench), *limits],
        title=title,
        findings=list(findings),
    )


def _limits(bench: Workbench) -> list[str]:
    """Says what a reader must know before quoting a metric."""
    photos = bench.judges["encoder"].photos
    texts = [
        TRAINED_AGAINST if bench.scorer_is_encoder else _INDEPENDENT,
        "Figures depend on the face model, the networks and the photographs; only those made with "
        "the same parts can be compared.",
        "A photograph without a face that was found counts as a cosine of 0 and as a failed query.",
        "Renders are neutral, in one fixed light, without hair, glasses and background.",
    ]
    if not photos.same.total:
        texts.append("One photograph a person: there is no pair of photographs of one person.")
    return texts
