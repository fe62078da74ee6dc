"""The section of a report in which faces are judged by their shape alone."""

import dataclasses
from typing import NamedTuple

from evaluation.likeness import Likeness, likeness
from evaluation.section import Section
from evaluation.table import Table
from evaluation.tables import shape_table
from model.albedo import GrayRenderer, MeanTextureRenderer
from model.face_renderer import FaceRenderer
from programs.judges import Judge, judge_renders
from programs.workbench import Workbench


class _Albedo(NamedTuple):
    """One albedo for all faces: its renderer, its key in metrics.json, and texts of its table."""

    renderer: type[FaceRenderer]
    key: str
    title: str
    note: str


_ALBEDOS = (
    _Albedo(
        GrayRenderer,
        "gray",
        "Shape alone: gray renders",
        "All faces are drawn in one gray, without brows or lips.",
    ),
    _Albedo(
        MeanTextureRenderer,
        "mean_texture",
        "Shape alone: the mean face's texture on all",
        "All faces are drawn in the texture of the mean face.",
    ),
)


def gray(bench: Workbench) -> Section:
    """Judges renders of one albedo, in which color cannot hide weak geometry."""
    tables, metrics = [], {}
    for albedo in _ALBEDOS:
        table, measured = _judged(bench, albedo)
        tables.append(table)
        metrics[albedo.key] = measured
    return Section(tables, metrics=metrics, title="Shape alone")


def _judged(bench: Workbench, albedo: _Albedo) -> tuple[Table, dict]:
    judged = judge_renders(bench.judges, bench.faces, bench.shadings, bench.others, albedo.renderer)
    metrics = {
        name: {judge: results[name].metrics() for judge, results in judged.items()}
        for name in [*bench.others, *bench.decoders]
    }
    for judge, results in judged.items():
        for name in bench.decoders:
            limit = _limit(bench, bench.judges[judge], name, albedo.renderer)
            results[f"{name}, among its own faces in color"] = limit
            metrics[name][judge]["limit"] = limit.recall.metrics()
    return shape_table(judged, albedo.title, albedo.note), metrics


def _limit(bench: Workbench, judge: Judge, name: str, renderer: type[FaceRenderer]) -> Likeness:
    """Searches renders of one albedo among color renders of the same faces: the shape is exact."""
    faces, shading = bench.faces[name], bench.shadings[name]
    frontal = judge.embeddings(faces, shading)[:, judge.yaws_deg.index(0)]
    photos = dataclasses.replace(judge.photos, embeddings=frontal, missed=[])
    return likeness(photos, judge.embeddings(faces, shading, renderer), judge.yaws_deg)
