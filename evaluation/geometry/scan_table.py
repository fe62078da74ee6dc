"""Table 1 of the paper: errors on scans, by method and condition."""

import csv
import dataclasses
import io
from collections.abc import Collection

import numpy as np

from evaluation.table import Table

CONDITIONS = ("cooperative", "indoor", "outdoor")
# Table 1: mean and standard deviation by condition. They are of the real data set alone.
PAPERS_OWN = ("1.50 ± 0.13", "1.50 ± 0.11", "1.48 ± 0.11")
PAPERS_OTHERS = {"Tran et al.": ("1.93 ± 0.27", "2.02 ± 0.25", "1.86 ± 0.23")}


def has_papers_protocol(protocol: str, average: str, frame_step: int) -> bool:
    """Whether faces are made and compared as the paper says, so that its figures may stand beside.

    Args:
      protocol: the name of the protocol.
      average: what is averaged over a video.
      frame_step: each so-manieth frame is used.
    """
    return (protocol, average, frame_step) == ("paper", "embeddings", 1)


@dataclasses.dataclass(frozen=True)
class Entry:
    """What one reconstruction measured.

    Attributes:
      method, subject, condition, scan: which reconstruction, and which scan.
      policy: how the scale was chosen: one of `protocols.SCALES`.
      distance_mm: the protocol's number.
      scale: the scale that the mesh was given.
      warnings: what speaks against the alignment.
    """

    method: str
    subject: str
    condition: str
    scan: str
    policy: str
    distance_mm: float
    scale: float
    warnings: tuple[str, ...] = ()


def by_subject(entries: list[Entry], frontal: str) -> dict[tuple, float]:
    """Joins the scans of a subject: mm by (method, policy, condition, subject).

    Args:
      entries: of one scan each.
      frontal: "mean" or "min" over the scans.
    """
    groups = {}
    for entry in entries:
        key = (entry.method, entry.policy, entry.condition, entry.subject)
        groups.setdefault(key, []).append(entry.distance_mm)
    join = {"mean": np.mean, "min": np.min}[frontal]
    return {key: float(join(values)) for key, values in groups.items()}


def scan_table(
    entries: list[Entry], frontal: str, protocol: str, beside_paper: Collection[str] = ()
) -> Table:
    """Shows mean and standard deviation over subjects, a row for each method and scale policy.

    Args:
      entries: what was measured.
      frontal: how the scans of a subject are joined.
      protocol: the name of the protocol.
      beside_paper: the methods beside which the paper's figures of its own method stand, which only
        the real data set and the paper's protocol allow. With none the paper is left out.
    """
    values = by_subject(entries, frontal)
    width = 4 if beside_paper else 3
    rows = []
    for method, policy in dict.fromkeys((e.method, e.policy) for e in entries):
        row = [f"{method} (scale {policy.replace('_', ' ')})"]
        for condition in CONDITIONS:
            own = [v for key, v in values.items() if key[:3] == (method, policy, condition)]
            papers = PAPERS_OWN[CONDITIONS.index(condition)] if method in beside_paper else None
            cells = [float(np.mean(own)), _deviation(own), len(own)] if own else [None, None, 0]
            row += [*cells, papers][:width]
        rows.append(row)
    if beside_paper:
        for name, figures in PAPERS_OTHERS.items():
            rows.append([name, *(cell for papers in figures for cell in (None, None, 0, papers))])
    columns = [text for c in CONDITIONS for text in (c, "std", "subjects", "the paper")[:width]]
    return Table(
        title=f"Distance to scans in mm, by the protocol {protocol}",
        columns=["method", *columns],
        rows=rows,
        note="Mean and standard deviation over subjects (table 1 of the paper). The scans of a "
        f"subject are joined by their {frontal}.",
    )


def _deviation(values):
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def to_csv(entries: list[Entry]) -> bytes:
    """Writes all entries as a CSV file, a row for each."""
    text = io.StringIO()
    names = [field.name for field in dataclasses.fields(Entry)]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for entry in entries:
        row = dataclasses.asdict(entry) | {"warnings": "; ".join(entry.warnings)}
        writer.writerow([row[name] for name in names])
    return text.getvalue().encode()
