"""The scans that are measured on: a data set that the user has, or a stand-in that is made."""

import dataclasses
import hashlib
import os
import pathlib

from absl import logging

import open_parts
from data_pipeline.scans.micc import STAND_IN_NOTE
from programs.workbench import Workbench
from stand_ins.scan_datasets import write_scans

# So much tells whether everything works, in a minute or two.
_PEOPLE = {"micc": 3, "now": 2}
_PICTURES = {"micc": 3, "now": 1}
LIMIT = (
    "The scans only have the layout of the data set whose name the benchmark has: their figures "
    "show that the program is right, and stand in no paper. Those of made-up people say nothing "
    "about people."
)


@dataclasses.dataclass(frozen=True)
class ScanFolder:
    """A data set of scans on disk, and whether it is a stand-in."""

    path: pathlib.Path
    is_stand_in: bool

    def fingerprint(self) -> str:
        """A hash of the names and sizes of all files; their contents may be gigabytes."""
        files = sorted(path for path in self.path.rglob("*") if path.is_file())
        digest = hashlib.sha256()
        for path in files:
            name = os.fsencode(path.relative_to(self.path))
            digest.update(name + b"\0%d\n" % path.stat().st_size)
        return digest.hexdigest()

    def limits(self) -> list[str]:
        """What a reader must know of the data."""
        return [LIMIT] if self.is_stand_in else []


def scan_folder(bench: Workbench, layout: str) -> ScanFolder:
    """Finds the data set of a benchmark, and makes a stand-in in the output where there is none.

    Args:
      bench: what is measured with.
      layout: "micc" or "now".
    """
    folder = bench.options.geometry.folder
    if folder is None:
        folder = bench.options.output / "stand_ins" / layout
        if not folder.is_dir():
            logging.info("%s: a stand-in is made, for there is no --dataset", folder)
            face_model = bench.options.parts.face_model or open_parts.FACE_MODEL
            folder.parent.mkdir(parents=True, exist_ok=True)
            write_scans(folder, layout, _PEOPLE[layout], _PICTURES[layout], 0, face_model)
    return ScanFolder(folder, (folder / STAND_IN_NOTE).is_file())
