"""The layouts of VGG-Face, LFW and MoFA-Test on disk, with what is missing and damaged in life."""

import dataclasses
import pathlib
import shutil
from collections.abc import Sequence

import numpy as np

from stand_ins.camera import random_background
from storage.atomic import write_bytes
from storage.images import jpeg, to_bytes
from storage.printable import printable

LAYOUTS = ("vgg_face", "lfw", "mofa_test")
# MoFA-Test is a flat folder of pictures; whose they are says a list, which lies in the stand-in.
IDENTITY_LIST = "identities.csv"
# How many useless rows a VGG-Face listing has for each good one: dead links, damaged files.
_MISSING, _CORRUPT = 0.10, 0.06
CORRUPTIONS = ("truncated", "html", "empty", "no_face")


@dataclasses.dataclass(frozen=True)
class Entry:
    """One photograph of a dataset that is going to be written.

    Attributes:
      identity: whose photograph it is.
      data: its JPEG file; None for a photograph that is listed but missing.
      box: left, top, right and bottom of the face in pixels.
    """

    identity: str
    data: bytes | None
    box: tuple[float, float, float, float]


def check_new(*paths: pathlib.Path) -> None:
    """Refuses to overwrite anything.

    Raises:
      FileExistsError: one of the paths is there already.
    """
    for path in paths:
        if path.exists():
            raise FileExistsError(
                f"{printable(path)}: is there already; remove it or give another --output"
            )


def write_dataset(
    output: pathlib.Path, layout: str, entries: Sequence[Entry], seed: int
) -> list[str]:
    """Writes the folder of a dataset, complete or not at all.

    Args:
      output: the folder; it must not exist.
      layout: one of `LAYOUTS`.
      entries: what to write, in any order.
      seed: decides what is missing and damaged.

    Returns:
      The name of each entry's photograph in the folder.

    Raises:
      ValueError: the layout is unknown.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} is not among {', '.join(LAYOUTS)}")
    partial = output.with_name(output.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        writers = {"vgg_face": _write_vgg_face, "lfw": _write_lfw, "mofa_test": _write_mofa_test}
        names = writers[layout](partial, entries, np.random.default_rng([seed, 2**31]))
        partial.replace(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return names


def _write_lfw(folder, entries, generator):
    del generator
    names, counts = [], {}
    for entry in entries:
        counts[entry.identity] = number = counts.get(entry.identity, 0) + 1
        names.append(f"{entry.identity}/{entry.identity}_{number:04d}.jpg")
        write_bytes(folder / names[-1], entry.data)
    return names


def _write_mofa_test(folder, entries, generator):
    del generator
    names = [f"{number + 1:05d}.jpg" for number in range(len(entries))]
    for name, entry in zip(names, entries, strict=True):
        write_bytes(folder / name, entry.data)
    rows = [f"{name},{entry.identity}" for name, entry in zip(names, entries, strict=True)]
    write_bytes(folder / IDENTITY_LIST, "\n".join(["file,identity", *rows, ""]).encode())
    return names


def _write_vgg_face(folder, entries, generator):
    """Rows `id url left top right bottom pose score curation`, some of them of no use."""
    people = {}
    for index, entry in enumerate(entries):
        people.setdefault(entry.identity, []).append((index, entry))
    places = {}
    for identity, own in people.items():
        rows = []
        for index, entry in _with_useless(own, generator):
            image_id = f"{len(rows) + 1:08d}"
            rows.append(_row(identity, image_id, entry.box, generator))
            name = f"images/{identity}/{image_id}.jpg"
            if entry.data is not None:
                write_bytes(folder / name, entry.data)
            if index is not None:
                places[index] = name
        write_bytes(folder / "files" / f"{identity}.txt", "\n".join([*rows, ""]).encode())
    return [places[index] for index in range(len(entries))]


def _with_useless(own, generator):
    """Mixes dead links and damaged files, whose index is None, among the entries."""
    mixed = []
    for index, entry in own:
        if generator.random() < _MISSING:
            mixed.append((None, dataclasses.replace(entry, data=None)))
        if generator.random() < _CORRUPT:
            kind = CORRUPTIONS[generator.integers(len(CORRUPTIONS))]
            damaged = corrupt(entry.data, kind, generator)
            mixed.append((None, dataclasses.replace(entry, data=damaged)))
        mixed.append((index, entry))
    return mixed


def corrupt(data: bytes, kind: str, generator: np.random.Generator) -> bytes:
    """Damages a JPEG file in one of the ways of `CORRUPTIONS`."""
    if kind == "truncated":
        return data[: int(len(data) * generator.uniform(0.1, 0.5))]
    if kind == "html":
        return b"<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>\n"
    if kind == "empty":
        return b""
    return jpeg(to_bytes(random_background(int(generator.integers(180, 421)), generator)), 85)


def _row(identity, image_id, box, generator):
    url = f"http://photographs.invalid/{identity.lower()}/{image_id}.jpg"
    numbers = " ".join(f"{value:.2f}" for value in box)
    # Pose is the number of the detector's view, 3 the frontal one.
    pose, score = generator.integers(2, 5), generator.uniform(0.5, 4.0)
    curated = int(generator.random() < 0.9)
    return f"{image_id} {url} {numbers} {pose:.2f} {score:.2f} {curated}"
