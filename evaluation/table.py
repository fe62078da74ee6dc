"""A table of a report, and how it is written: as aligned text, Markdown, LaTeX and HTML."""

import dataclasses
import html

from evaluation.bootstrap import Interval


@dataclasses.dataclass(frozen=True)
class Table:
    """A table; cells are texts, numbers, or None where there is nothing to say."""

    title: str
    columns: list[str]
    rows: list[list]
    note: str = ""


def interval_text(interval: Interval) -> str:
    """Writes the ends of an interval into one cell."""
    return f"{_cell(interval.low)} to {_cell(interval.high)}"


def to_text(table: Table) -> str:
    """Lays a table out in aligned columns, for a terminal."""
    lines = [table.columns, *([_cell(value) for value in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = "\n".join("  " + _padded(line, widths) for line in lines)
    return f"{table.title}\n{body}"


def markdown_table(table: Table) -> str:
    """Writes a table with its title and its note in Markdown."""
    head = _markdown_row(table.columns)
    rule = _markdown_row(["---"] * len(table.columns))
    rows = [_markdown_row([_cell(value) for value in row]) for row in table.rows]
    parts = [f"## {table.title}", "\n".join([head, rule, *rows]), table.note]
    return "\n\n".join(part for part in parts if part)


def latex_table(table: Table) -> str:
    """Writes a table in LaTeX, for a document that loads the package booktabs."""
    lines = [table.columns, *([_cell(value) for value in row] for row in table.rows)]
    head, *rows = (" & ".join(map(_latex, line)) + r" \\" for line in lines)
    caption = _latex(f"{table.title}. {table.note}".strip())
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}",
            *(r"\toprule", head, r"\midrule", *rows, r"\bottomrule"),
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def html_table(table: Table) -> str:
    """Writes a table with its title and its note in HTML."""
    head = "".join(f"<th>{html.escape(column)}</th>" for column in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(value))}</td>" for value in row) + "</tr>"
        for row in table.rows
    )
    note = f'<p class="note">{html.escape(table.note)}</p>' if table.note else ""
    return (
        f'<div class="table"><table><caption>{html.escape(table.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
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


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)


_LATEX = {letter: f"\\{letter}" for letter in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "±": r"$\pm$",
    "°": r"$^\circ$",
    "–": "--",
}
