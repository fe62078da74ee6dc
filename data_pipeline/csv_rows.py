"""Tables about photographs: CSV files with a header, whose rows are about a file each."""

import csv
import dataclasses
import hashlib
import io
import os
import pathlib
from collections.abc import Collection

from storage.lfs_pointer import refuse_lfs_pointer
from storage.printable import printable


@dataclasses.dataclass(frozen=True)
class CsvTable:
    """A table as text.

    Attributes:
      sha256: of the file.
      notes: the lines before the header that begin with "#", without it.
      rows: the line's number and its cells by column, for each row.
    """

    sha256: str
    notes: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_csv(path: str | os.PathLike, columns: Collection[str]) -> CsvTable:
    """Reads a table. File names in it may have bytes that are no UTF-8, as on disk.

    Args:
      path: the CSV file.
      columns: the columns that it must have; it may have others.

    Raises:
      FileNotFoundError: there is no such file, or it is not a regular one.
      ValueError: the file is no CSV file, a Git LFS pointer, or it lacks a column.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{printable(path)}: no such file; a CSV file is expected")
    refuse_lfs_pointer(path)
    data = path.read_bytes()
    lines = list(io.StringIO(data.decode("utf-8-sig", "surrogateescape"), newline=""))
    first = next((k for k, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.DictReader(lines[first:], restval="")
    try:
        lacking = set(columns) - set(reader.fieldnames or ())
        if lacking:
            raise ValueError(f"no column {sorted(lacking)}; found {reader.fieldnames}")
        rows = tuple((first + reader.line_num, row) for row in reader)
    except (csv.Error, ValueError) as error:
        raise ValueError(f"{printable(path)}: {error}") from error
    notes = tuple(line[1:].strip() for line in lines[:first])
    return CsvTable(hashlib.sha256(data).hexdigest(), notes, rows)
