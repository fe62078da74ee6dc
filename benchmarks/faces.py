"""How long a person waits for faces: `reconstruct.py` from a cold start, as a user calls it.

    python -m benchmarks.faces [RUNS]

It prints seconds by the clock and of processors: until --help and until an error in a flag is
answered, until the files of the first face are written, and for each further face of a folder.
Each is the median of several runs. Another program on the machine spoils it.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import open_parts

ROOT = pathlib.Path(__file__).resolve().parent.parent
_FURTHER = 40


class Run(NamedTuple):
    """What a run took, in seconds: until its first line, until its end, and of processors."""

    first_line: float
    wall: float
    cpu: float


def run(*arguments: str) -> Run:
    """Runs `reconstruct.py`."""
    before, start = os.times(), time.perf_counter()
    command = [sys.executable, "reconstruct.py", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        process.stdout.readline()
        first_line = time.perf_counter() - start
        process.stdout.read()
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system
    return Run(first_line, wall, cpu - before.children_user - before.children_system)


def faces(photos: list[pathlib.Path], *flags: str) -> Run:
    """Reconstructs photographs into a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        return run(f"--output_dir={folder}", *flags, *map(str, photos))


def further(photos: list[pathlib.Path], *flags: str) -> Run:
    """What each photograph after the first one takes."""
    one, all_of_them = faces(photos[:1], *flags), faces(photos, *flags)
    count = len(photos) - 1
    wall, cpu = all_of_them.wall - one.wall, all_of_them.cpu - one.cpu
    return Run(wall / count, wall / count, cpu / count)


def main(runs: int = 3) -> None:
    """Prints the table."""
    photos = sorted(open_parts.PHOTOS.glob("*.jpg"))[: 1 + _FURTHER]
    rows = {
        "--help": lambda: run("--help"),
        "an error in a flag": lambda: run("--output_dir=x", "--formats=stl", "a.jpg"),
        "the first face, all formats": lambda: faces(photos[:1]),
        "the first face, --formats=glb": lambda: faces(photos[:1], "--formats=glb"),
        "each further face, all formats": lambda: further(photos),
        "each further face, --formats=glb": lambda: further(photos, "--formats=glb"),
        "each further face, --jobs=2": lambda: further(photos, "--jobs=2"),
    }
    print(f"{'':34s} {'first line':>10s} {'to the end':>10s} {'processors':>10s}   (seconds)")
    for name, measure in rows.items():
        taken = [measure() for _ in range(runs)]
        medians = [statistics.median(column) for column in zip(*taken, strict=True)]
        print(f"{name:34s} " + " ".join(f"{seconds:10.2f}" for seconds in medians), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
