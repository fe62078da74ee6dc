"""Writes metrics, tables and pictures of an evaluation as JSON, Markdown, HTML, PNG.

Every file says what was measured on which data, by which command, and what limits it has.
"""

import base64
import dataclasses
import html
import json
import math
import mimetypes
import pathlib

from evaluation.bootstrap import Interval
from storage.atomic import write_together


@dataclasses.dataclass(frozen=True)
class Table:
    """A table; cells are texts, numbers, or None where there is nothing to say."""

    title: str
    columns: list[str]
    rows: list[list]
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture: `name` with its ending, the file's bytes, and what it shows."""

    name: str
    data: bytes
    caption: str


@dataclasses.dataclass(frozen=True)
class Section:
    """What one part of an evaluation has found; its fields are those of `Report`."""

    tables: list[Table] = dataclasses.field(default_factory=list)
    pictures: list[Picture] = dataclasses.field(default_factory=list)
    metrics: dict = dataclasses.field(default_factory=dict)
    facts: dict[str, str] = dataclasses.field(default_factory=dict)
    limits: list[str] = dataclasses.field(default_factory=list)


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
    """

    title: str
    command: str
    facts: dict[str, str]
    limits: list[str]
    tables: list[Table]
    pictures: list[Picture]
    metrics: dict


def join_sections(title: str, command: str, sections: list[Section]) -> Report:
    """Makes one report of sections; what several of them say, it says once."""
    facts, metrics = {}, {}
    for section in sections:
        facts |= section.facts
        metrics |= section.metrics
    return Report(
        title=title,
        command=command,
        facts=facts,
        limits=list(dict.fromkeys(limit for section in sections for limit in section.limits)),
        tables=[table for section in sections for table in section.tables],
        pictures=[picture for section in sections for picture in section.pictures],
        metrics=metrics,
    )


def write_report(report: Report, folder: pathlib.Path) -> None:
    """Writes `metrics.json`, `tables.md`, `report.html` and the pictures; each file is whole."""
    header = {"command": report.command, "data": report.facts, "limits": report.limits}
    files = {
        "metrics.json": json.dumps(_finite(header | report.metrics), indent=2).encode() + b"\n",
        "tables.md": to_markdown(report).encode(),
        "report.html": to_html(report).encode(),
    }
    files |= {picture.name: picture.data for picture in report.pictures}
    write_together(folder, files)


def interval_text(interval: Interval) -> str:
    """Writes the ends of an interval into one cell."""
    return f"{_cell(interval.low)} to {_cell(interval.high)}"


def to_text(table: Table) -> str:
    """Lays a table out in aligned columns, for a terminal."""
    lines = [table.columns, *([_cell(value) for value in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = "\n".join("  " + _padded(line, widths) for line in lines)
    return f"{table.title}\n{body}"


def to_markdown(report: Report) -> str:
    """Writes the tables with data, command and limits in Markdown."""
    parts = [f"# {report.title}", f"```\n{report.command}\n```"]
    parts.append("\n".join(f"- {name}: {text}" for name, text in report.facts.items()))
    for table in report.tables:
        head = _markdown_row(table.columns)
        rule = _markdown_row(["---"] * len(table.columns))
        rows = [_markdown_row([_cell(value) for value in row]) for row in table.rows]
        parts += [f"## {table.title}", "\n".join([head, rule, *rows]), table.note]
    parts += ["## Limits", "\n".join(f"- {limit}" for limit in report.limits)]
    return "\n\n".join(part for part in parts if part) + "\n"


def to_html(report: Report) -> str:
    """Writes the whole report as one page that needs no other file."""
    title = html.escape(report.title)
    facts = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>"
        for name, text in report.facts.items()
    )
    limits = "".join(f"<li>{html.escape(limit)}</li>" for limit in report.limits)
    tables = "".join(map(_html_table, report.tables))
    pictures = "".join(map(_html_picture, report.pictures))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<pre>{html.escape(report.command)}</pre><dl>{facts}</dl>{tables}"
        f"<h2>Limits</h2><ul>{limits}</ul>{pictures}</body></html>\n"
    )


_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse } th, td { padding: .25rem .7rem; text-align: right }
th:first-child, td:first-child { text-align: left } tr { border-bottom: 1px solid #ddd }
pre { background: #f4f4f4; padding: .7rem; white-space: pre-wrap; overflow-wrap: anywhere }
dt { font-weight: 600 } img { max-width: 100% } figure { margin: 2rem 0 } figcaption { color: #555 }
"""


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(column)}</th>" for column in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(value))}</td>" for value in row) + "</tr>"
        for row in table.rows
    )
    note = f"<p>{html.escape(table.note)}</p>" if table.note else ""
    title = html.escape(table.title)
    return f"<h2>{title}</h2><table><tr>{head}</tr>{rows}</table>{note}"


def _html_picture(picture: Picture) -> str:
    kind = mimetypes.guess_type(picture.name)[0]
    data = base64.b64encode(picture.data).decode()
    caption = html.escape(picture.caption)
    return (
        f'<figure><img alt="{caption}" src="data:{kind};base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _padded(cells: list[str], widths: list[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])


def _cell(value) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _finite(value):
    """Replaces what JSON cannot hold (NaN, infinity) by null."""
    if isinstance(value, dict):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
