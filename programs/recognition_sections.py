"""The sections of a report in which recognition networks judge faces (sections 4.3 and 4.4)."""

from collections.abc import Sequence

import numpy as np

from data_pipeline.photographs import read_image
from evaluation import plots, tables
from evaluation.contact_sheet import contact_sheet
from evaluation.earlier_scores import KEY, gains_over
from evaluation.section import Picture, Section
from evaluation.table import Table
from model.decoder import Coefficients
from model.rendered_views import Portraits
from programs.workbench import TRAINED_AGAINST, YAWS_DEG, Workbench
from storage.images import jpeg
from storage.printable import printable

_PORTRAIT_PIXELS = 144
_INDEPENDENT = (
    "The encoder was trained against: its figures say how well training went. The scorer enters no "
    "loss and no feature: its figures say how alike the faces are."
)


def recognition(bench: Workbench) -> Section:
    """Says how alike photographs and renders are (section 4.3, figure 5 and table 2)."""
    evaluation = bench.evaluation
    photos = {name: judge.photos for name, judge in bench.judges.items()}
    shown = [tables.cosine_table(evaluation.likeness, photos), tables.photograph_table(photos)]
    if len(bench.decoders) > 1:
        shown.append(tables.gain_table(evaluation.gains))
    pictures = []
    for name, results in evaluation.likeness.items():
        pictures.append(plots.score_distributions(name, photos[name], results))
    return _judged(bench, shown, pictures)


def clustering(bench: Workbench) -> Section:
    """Says how often the nearest photograph shows the same person (section 4.4, table 3)."""
    likeness = bench.evaluation.likeness
    pictures = [plots.recall_curves(name, results) for name, results in likeness.items()]
    people = len(set(bench.judges["encoder"].photos.identities))
    limit = f"Recall falls with the number of people searched, here {people}."
    return _judged(bench, [tables.recall_table(likeness)], pictures, [limit])


def comparison(bench: Workbench) -> Section:
    """Says what the last decoder gains over those of an earlier evaluation, if there is one."""
    if bench.earlier is None:
        return Section()
    gains = gains_over(bench.earlier, bench.scores)
    return Section([tables.gain_table(gains, f" over {bench.options.compare}")])


def photographs(bench: Workbench) -> Section:
    """Shows the photographs beside their faces, and says whether the coefficients are a face's."""
    statistics = bench.evaluation.statistics
    pictures = [draw_sheet(bench)]
    for part in Coefficients._fields:
        variances = {name: getattr(c, part).numpy().var(axis=0) for name, c in bench.faces.items()}
        pictures.append(plots.component_variances(variances, part))
    rejected = {printable(r.name): r.reason for r in bench.cache.rejected}
    table = tables.coefficient_table(statistics)
    return Section([table], pictures, {"rejected": rejected})


def draw_sheet(bench: Workbench) -> Picture:
    """Draws photographs, frontal renders by each decoder, and turned ones by the last."""
    cache, judge = bench.cache, bench.judges["encoder"]
    chosen = np.linspace(0, len(cache) - 1, bench.options.sheet_faces).round().astype(int)
    chosen = np.unique(chosen)
    portraits = Portraits(judge.face_model, judge.network.crop, _PORTRAIT_PIXELS, YAWS_DEG)
    folder = bench.options.photographs.folder
    photos = [
        portraits.photograph(read_image(folder / cache.names[k]), cache.points[k]) for k in chosen
    ]
    renders = [
        portraits.renders(Coefficients(*(part.numpy()[chosen] for part in coefficients)))
        for coefficients in bench.faces.values()
    ]
    frontal = [views[:, 0] for views in renders]
    turned = [renders[-1][:, k] for k in range(1, len(YAWS_DEG))]
    columns = [np.stack(images) / 255.0 for images in (photos, *frontal, *turned)]
    named = " | ".join(["photograph", *bench.faces, "turned to both sides"])
    return Picture("contact_sheet.jpg", jpeg(contact_sheet(columns, faces_per_row=2)), named)


def _judged(
    bench: Workbench, shown: list[Table], pictures: list[Picture], limits: Sequence[str] = ()
) -> Section:
    """Makes a section of what the judges say."""
    scores = {name: vars(of_judge) for name, of_judge in bench.scores.items()}
    metrics = bench.evaluation.metrics() | {KEY: scores}
    return Section(shown, pictures, metrics, limits=[*_limits(bench), *limits])


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
