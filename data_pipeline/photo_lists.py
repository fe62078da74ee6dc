"""Lists of photographs: which are used, whose they are, and where their faces are."""

import os

from absl import logging

from data_pipeline.csv_rows import read_csv
from storage.printable import printable

# Left, top, right and bottom in pixels.
Box = tuple[float, float, float, float]


def read_photo_list(path: str | os.PathLike, split: str | None = None) -> list[str]:
    """Reads the names in column `file` of a CSV file; with `split` those of its rows alone.

    Raises:
      FileNotFoundError: the file does not exist.
      ValueError: a column is missing, or no row has that split.
    """
    table = read_csv(path, ["file", "split"] if split else ["file"])
    rows = [row for _, row in table.rows if row["file"]]
    names = [row["file"] for row in rows if not split or row["split"] == split]
    if not names:
        splits = sorted({row["split"] for row in rows if row.get("split")})
        found = f"no row of split {split!r}; found {splits}" if split else "no row names a file"
        raise ValueError(f"{printable(path)}: {found}")
    return names


def read_identities(path: str | os.PathLike) -> dict[str, str]:
    """Reads whose photographs a CSV file says they are, in its column `identity`, by name."""
    rows = [row for _, row in read_csv(path, ["file"]).rows]
    return {row["file"]: row["identity"] for row in rows if row.get("identity")}


def parse_vgg_face_row(line: str, where: str) -> tuple[str | None, Box | None]:
    """Parses a row `id [uid] url left top right bottom pose score curation`.

    Returns:
      The id and the box; twice None for a row that is empty or damaged, which is logged.
    """
    fields = line.split()
    try:
        if len(fields) not in (9, 10):
            raise ValueError(f"{len(fields)} fields, expected 9 or 10")
        if not fields[0].isalnum():
            raise ValueError(f"id {fields[0]!r} is not alphanumeric")
        return fields[0], tuple(float(value) for value in fields[-7:-3])
    except ValueError as error:
        if fields:
            logging.warning("%s: row skipped: %s", where, error)
        return None, None
