"""The section of a report that shows what each loss is good for (figure 3)."""

import dataclasses
import hashlib

from evaluation import plots, tables
from evaluation.section import Section
from evaluation.table import Table
from model.decoder import Coefficients
from programs.ablation_runs import OWN_STEPS, decoders_of_runs
from programs.portraits_of import PortraitsOf, sheet
from programs.workbench import Workbench

_FACES = 8


def ablation(bench: Workbench) -> Section:
    """Measures runs that lack a loss beside the full one, on the same photographs."""
    options = bench.options.ablation
    if options is None:
        return Section()
    paths = decoders_of_runs(options)
    runs = bench.with_decoders(paths)
    evaluation = runs.evaluation
    shown = [
        tables.cosine_table(evaluation.likeness),
        tables.gain_table(evaluation.gains),
        tables.recall_table(evaluation.likeness),
        tables.coefficient_table(evaluation.statistics),
    ]
    pictures = [_sheet(runs)]
    for part in Coefficients._fields:
        of_part = {name: getattr(faces, part).numpy() for name, faces in runs.faces.items()}
        variances = {name: values.var(axis=0) for name, values in of_part.items()}
        picture = plots.component_variances(variances, part)
        pictures.append(plots.renamed(picture, f"ablation_{part}"))
    hashes = {
        f"ablation: {name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in paths.items()
    }
    return Section(
        [_titled(table) for table in shown],
        pictures,
        {"ablation": evaluation.metrics()},
        facts={"ablation runs": str(options.folder)},
        fingerprints=hashes,
        limits=[
            "The runs of the ablation are short: what a loss prevents shows the more the longer "
            f"the training without it is. Missing runs were trained for {options.steps} steps of "
            f"stage 2 (the settings' own are {OWN_STEPS}), on the embedded photographs."
        ],
        title="Ablation (figure 3)",
    )


def _titled(table: Table) -> Table:
    title = f"Ablation: {table.title[0].lower()}{table.title[1:]}"
    return dataclasses.replace(table, title=title)


def _sheet(runs: Workbench):
    portraits = PortraitsOf(runs, _FACES)
    columns = {"photograph": portraits.photographs()}
    # As in the paper, the full method comes first.
    for name in (runs.names[-1], *runs.names[:-1]):
        columns[name] = portraits.faces(name)[:, 0]
    caption = (
        "Faces by the full method and by runs that lack something, as in figure 3 of the paper: "
        "the batch distribution loss, the loopback loss, or all but one frontal view in the "
        "identity loss."
    )
    return sheet("ablation.jpg", columns, caption)
