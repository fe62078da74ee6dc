"""What a CSV file says about the people on photographs, for figures by group."""

import dataclasses
import math
import os
from collections.abc import Sequence

import numpy as np

from data_pipeline.csv_rows import read_csv
from storage.printable import printable

# This column says whose skin is plainly dark (1) and whose is not (0).
DARK = "dark"


@dataclasses.dataclass(frozen=True)
class Labels:
    """Labels of photographs.

    Attributes:
      path: the file.
      sha256: of the file.
      columns: the columns by which photographs are grouped.
      rows: the cells by column, for each photograph's name.
    """

    path: str
    sha256: str
    columns: tuple[str, ...]
    rows: dict[str, dict[str, str]]

    def cells(self, column: str, names: Sequence[str]) -> list[str]:
        """The cells of photographs in a column; empty where the file says nothing."""
        return [self.rows.get(name, {}).get(column, "") for name in names]

    def dark(self, names: Sequence[str]) -> np.ndarray | None:
        """Whose skin is dark: float [P] of 1, 0, and NaN where nobody says; None without `DARK`."""
        if all(DARK not in row for row in self.rows.values()):
            return None
        return np.array([float(cell) if cell else math.nan for cell in self.cells(DARK, names)])

    def check_names(self, names: Sequence[str]) -> None:
        """Checks that there are labels of some of the photographs.

        Raises:
          ValueError: there are none.
        """
        if not set(names) & set(self.rows):
            raise ValueError(
                f"{self.path}: has no label of any of the {len(names)} photographs; its column "
                f"'file' has names such as {printable(next(iter(self.rows)))}, and a photograph is "
                f"{printable(names[0])}"
            )


def read_labels(path: str | os.PathLike, columns: Sequence[str] | None = None) -> Labels:
    """Reads labels: a CSV file with a column `file`, and one or more others.

    Args:
      path: the file. Its names are relative to the folder of photographs.
      columns: those to group by; None for all.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: a column is missing, a photograph is labeled twice, or `DARK` is neither 0 nor 1.
    """
    table = read_csv(path, ["file", *(columns or ())])
    rows = {}
    for line, row in table.rows:
        name = row.pop("file")
        # Cells beyond the header's are under None.
        cells = {key: cell.strip() for key, cell in row.items() if key is not None}
        if name in rows:
            raise ValueError(f"{printable(path)}:{line}: {printable(name)} is labeled twice")
        if cells.get(DARK, "") not in ("", "0", "1"):
            raise ValueError(
                f"{printable(path)}:{line}: {DARK!r} is {cells[DARK]!r}; write 1, 0 or nothing"
            )
        rows[name] = cells
    found = tuple(next(iter(rows.values()), {}))
    if not found:
        raise ValueError(
            f"{printable(path)}: has no labels; it needs rows, and a column but 'file'"
        )
    return Labels(printable(path), table.sha256, tuple(columns or found), rows)
