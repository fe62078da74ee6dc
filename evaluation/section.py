"""What one part of an evaluation has found, and the pictures that show it."""

import dataclasses

from evaluation.table import Table
from evaluation.turning_mesh import MeshFigure


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture: `name` with its ending, the file's bytes, and what it shows, in sentences.

    `more` are the same picture as files of other kinds, which no page shows.
    """

    name: str
    data: bytes
    caption: str
    more: dict[str, bytes] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Section:
    """What one part of an evaluation has found.

    Attributes:
      tables, pictures: what is shown, in reading order.
      metrics, facts, fingerprints, seeds, limits: see `evaluation.report.Report`.
      title: the heading; by default it is that of the first table.
      findings: sentences that say what was found, before the tables.
      meshes: figures of meshes that turn.
    """

    tables: list[Table] = dataclasses.field(default_factory=list)
    pictures: list[Picture] = dataclasses.field(default_factory=list)
    metrics: dict = dataclasses.field(default_factory=dict)
    facts: dict[str, str] = dataclasses.field(default_factory=dict)
    fingerprints: dict[str, str] = dataclasses.field(default_factory=dict)
    seeds: dict[str, int] = dataclasses.field(default_factory=dict)
    limits: list[str] = dataclasses.field(default_factory=list)
    title: str = ""
    findings: list[str] = dataclasses.field(default_factory=list)
    meshes: list[MeshFigure] = dataclasses.field(default_factory=list)

    def is_shown(self) -> bool:
        """Whether there is something for a reader to look at."""
        return bool(self.tables or self.pictures or self.findings or self.meshes)
