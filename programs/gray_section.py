"""The section of a report in which faces are judged by their shape alone."""

from evaluation.section import Section
from evaluation.tables import gray_table
from model.albedo import GrayRenderer
from programs.judges import judge_renders
from programs.workbench import Workbench


def gray(bench: Workbench) -> Section:
    """Judges gray renders, in which color cannot hide weak geometry."""
    judged = judge_renders(bench.judges, bench.faces, bench.shadings, bench.others, GrayRenderer)
    metrics = {
        name: {judge: results[name].metrics() for judge, results in judged.items()}
        for name in [*bench.others, *bench.decoders]
    }
    return Section([gray_table(judged)], metrics={"gray": metrics}, title="Shape alone")
