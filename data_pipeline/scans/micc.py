"""The layout of the MICC Florence data set: scans and videos of 53 people.

    subject_01/Model/{frontal1,frontal2,sidel,sider}/obj/<timestamp>.obj
    subject_01/Video/{Indoor-Cooperative,PTZ-Indoor,PTZ-Outdoor}

A video is a file of any video suffix, a folder that holds one, or a folder of frames. A scan's 68
landmarks, where they were marked, lie beside its OBJ file or in the folder above, as `.ljson`.
"""

import dataclasses
import os
import pathlib
import re

from data_pipeline.scans.frames import is_video
from storage.printable import printable

FRONTAL = ("frontal1", "frontal2")
VIEWS = (*FRONTAL, "sidel", "sider")
# The tip of the nose among the 68 landmarks, from 0.
NOSE_TIP_OF_68 = 30
# A data set that only has this layout says so in a file of this name.
STAND_IN_NOTE = "README_stand_in.txt"
# The paper's names of the conditions, and those on disk.
CONDITIONS = {
    "cooperative": "Indoor-Cooperative",
    "indoor": "PTZ-Indoor",
    "outdoor": "PTZ-Outdoor",
}


@dataclasses.dataclass(frozen=True)
class ScanFile:
    """A scan on disk: its mesh in mm, and its 68 landmarks, if there are some."""

    mesh: pathlib.Path
    landmarks: pathlib.Path | None


@dataclasses.dataclass(frozen=True)
class Subject:
    """A person of the data set.

    Attributes:
      name: such as "subject_01".
      scans: by view, those that are there.
      videos: by the paper's name of the condition, those that are there.
    """

    name: str
    scans: dict[str, ScanFile]
    videos: dict[str, pathlib.Path]


def read_micc(folder: str | os.PathLike) -> list[Subject]:
    """Lists the people of a data set in MICC's layout, by name.

    Raises:
      FileNotFoundError: there is no such folder.
      ValueError: the folder has no subject with a scan.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{printable(folder)}: no such folder of the MICC data set")
    people = [
        path for path in sorted(folder.iterdir()) if re.match(r"(?i)subject_?\d+$", path.name)
    ]
    subjects = [Subject(path.name, _scans(path), _videos(path)) for path in people]
    found = [subject for subject in subjects if subject.scans]
    if not found:
        raise ValueError(
            f"{printable(folder)}: has no subject_XX/Model/frontal1/obj/*.obj; it must be the "
            "folder of the MICC Florence data set, or of a data set in its layout"
        )
    return found


def _scans(person):
    scans = {}
    for view in VIEWS:
        place = _entry(_entry(person, "Model"), view)
        if place is None:
            continue
        meshes = sorted(p for p in place.rglob("*") if p.suffix.lower() == ".obj")
        if meshes:
            scans[view] = ScanFile(meshes[0], _landmarks(meshes[0], place))
    return scans


def _landmarks(mesh, place):
    """The `.ljson` file of a mesh: of its name, or else the only one near."""
    near = sorted(p for p in place.rglob("*") if p.suffix.lower() == ".ljson")
    named = [p for p in near if p.stem == mesh.stem]
    return (named or near or [None])[0]


def _videos(person):
    found = {}
    for condition, name in CONDITIONS.items():
        place = _entry(_entry(person, "Video"), name)
        if place is None:
            continue
        inside = sorted(filter(is_video, place.iterdir())) if place.is_dir() else []
        found[condition] = inside[0] if inside else place
    return found


def _entry(folder, name):
    """The file or folder of a name, whatever its case and suffix; None if there is none."""
    if folder is None or not folder.is_dir():
        return None
    same = [p for p in sorted(folder.iterdir()) if p.stem.casefold() == name.casefold()]
    return same[0] if same else None
