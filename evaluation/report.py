"""Writes metrics, tables and pictures of an evaluation as JSON, Markdown, LaTeX, HTML, PNG, PDF.

Every file says what was measured on which data, by which command, and what limits it has.
"""

import dataclasses
import importlib.metadata
import json
import math
import pathlib
import platform

from evaluation import bootstrap
from evaluation.page import to_page
from evaluation.section import Picture, Section
from evaluation.table import Table, latex_table, markdown_table
from storage.atomic import write_together

# The form of metrics.json, as docs/evaluation_on_photographs.md describes it.
SCHEMA = 2
_PACKAGES = ("numpy", "scipy", "tensorflow", "tf_keras", "opencv-python-headless")


@dataclasses.dataclass(frozen=True)
class Report:
    """What an evaluation found.

    Attributes:
      title: the report's title.
      command: the command that makes the report again.
      facts: what was measured with what; texts by their names.
      limits: what a reader must know before quoting a metric.
      tables, pictures: what is shown, in reading order.
      metrics: every metric in full precision, as JSON can hold it.
      fingerprints: hashes of the files and networks that the metrics depend on.
      seeds: those of what is drawn at random, the bootstrap aside.
      sections: the parts of a report that has several, as its page shows them.
    """

    title: str
    command: str
    facts: dict[str, str]
    limits: list[str]
    tables: list[Table]
    pictures: list[Picture]
    metrics: dict
    fingerprints: dict[str, str] = dataclasses.field(default_factory=dict)
    seeds: dict[str, int] = dataclasses.field(default_factory=dict)
    sections: list[Section] = dataclasses.field(default_factory=list)


def join_sections(title: str, command: str, sections: list[Section]) -> Report:
    """Makes one report of sections; what several of them say, it says once."""
    facts, fingerprints, seeds, metrics = {}, {}, {}, {}
    for section in sections:
        facts |= section.facts
        fingerprints |= section.fingerprints
        seeds |= section.seeds
        metrics |= section.metrics
    return Report(
        title=title,
        command=command,
        facts=facts,
        fingerprints=fingerprints,
        seeds=seeds,
        limits=list(dict.fromkeys(limit for section in sections for limit in section.limits)),
        tables=[table for section in sections for table in section.tables],
        pictures=[picture for section in sections for picture in section.pictures],
        metrics=metrics,
        sections=sections,
    )


def write_report(report: Report, folder: pathlib.Path) -> None:
    """Writes `metrics.json`, tables, `report.html` and the pictures; each file is whole."""
    header = {
        "schema": SCHEMA,
        "command": report.command,
        "data": report.facts,
        "fingerprints": report.fingerprints,
        "versions": _versions(),
        "seeds": {"bootstrap": bootstrap.SEED} | report.seeds,
        "limits": report.limits,
    }
    files = {
        "metrics.json": json.dumps(_finite(header | report.metrics), indent=2).encode() + b"\n",
        "tables.md": to_markdown(report).encode(),
        "tables.tex": to_latex(report).encode(),
        "report.html": to_html(report).encode(),
    }
    for picture in report.pictures:
        files |= {picture.name: picture.data} | picture.more
    write_together(folder, files)


def to_markdown(report: Report) -> str:
    """Writes the tables with data, command and limits in Markdown."""
    parts = [f"# {report.title}", f"```\n{report.command}\n```"]
    parts.append("\n".join(f"- {name}: {text}" for name, text in report.facts.items()))
    for section in report.sections or [Section(report.tables)]:
        parts += [" ".join(section.findings), *map(markdown_table, section.tables)]
    parts += ["## Limits", "\n".join(f"- {limit}" for limit in report.limits)]
    return "\n\n".join(part for part in parts if part) + "\n"


def to_latex(report: Report) -> str:
    """Writes the tables in LaTeX, for a document that loads the package booktabs."""
    head = "\n".join(f"% {line}" for line in [report.title, report.command, *report.limits])
    return "\n\n".join([head, *map(latex_table, report.tables)]) + "\n"


def to_html(report: Report) -> str:
    """Writes the whole report as one page that needs no other file."""
    sections = report.sections or [Section(report.tables, report.pictures)]
    return to_page(report.title, report.command, report.facts, report.limits, sections)


def _versions() -> dict[str, str]:
    """The versions of Python and of the packages that figures may depend on, where installed."""
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _finite(value):
    """Replaces what JSON cannot hold (NaN, infinity) by null."""
    if isinstance(value, dict):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
