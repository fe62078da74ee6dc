"""Shows how far protocols can be believed, on faces whose true errors are known."""

import concurrent.futures
import dataclasses
import hashlib
import json
import math
import multiprocessing
import os
import pathlib
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import tqdm

from evaluation.geometry.comparison import Measured, trust, trust_table
from evaluation.geometry.planted_errors import KINDS
from evaluation.geometry.protocols import PROTOCOLS
from evaluation.geometry.trials import Trial, TrueFaces, trials_of_face
from evaluation.scatter import scatter
from evaluation.section import Picture, Section
from programs.coarse_template import STEP_MM, coarse_template
from programs.mesh_population import read_population
from programs.workbench import Workbench
from storage.atomic import write_text
from storage.printable import printable

# Each face gets three reconstructions of each kind.
ERRORS = 3 * len(KINDS)
SEED = 0
_FACES: list[TrueFaces] = []


def protocols(bench: Workbench) -> Section:
    """Says how far each protocol follows the true errors of wrong reconstructions."""
    geometry = bench.options.geometry
    template = coarse_template(bench.template)
    folder = geometry.faces and pathlib.Path(geometry.faces)
    faces = read_population(folder, template) if folder else TrueFaces(template, template)
    kept = bench.options.output / "cache" / "protocols"
    trials = trials_of(faces, geometry.pairs, SEED, kept, geometry.processes)
    measured = gather(trials)
    trusted = {name: trust(measured, name) for name in measured.by_protocol}
    whose = f"the meshes of {printable(folder.name)}" if folder else "faces of the face model"
    return Section(
        [trust_table(trusted, len(trials), len(set(measured.truths.tolist())), whose)],
        [
            Picture(
                "protocols.png",
                scatter(measured.true_mm, measured.by_protocol, measured.kinds),
                f"What each protocol says of {whose} whose true error is known",
            )
        ],
        {
            "protocols": {name: dataclasses.asdict(value) for name, value in trusted.items()},
            "planted": [dataclasses.asdict(trial) for trial in trials],
        },
        facts={"faces of the comparison": f"{whose}, a vertex every {STEP_MM:g} mm"},
        seeds={"planted errors": SEED},
        limits=[
            "The true faces are of the very face model that the protocol 'dense' fits to scans, "
            "and their reconstructions come with its numbers."
            if folder is None
            else "The meshes are no faces of the face model that 'dense' fits to them.",
            "'ganfit' uses one scale for all faces of the comparison of protocols, which is 1.",
        ],
    )


def trials_of(
    faces: TrueFaces, pairs: int, seed: int, kept: pathlib.Path, processes: int
) -> list[Trial]:
    """Measures planted errors by all protocols, in processes; what was measured before is kept.

    Args:
      faces: where the true faces are from.
      pairs: how many reconstructions there are at least; the last face gets all of its own.
      seed: of all random numbers.
      kept: a folder that keeps the trials of each face.
      processes: how many work; 1 works in this one.
    """
    own = kept / _key(faces, seed)
    numbers = range(math.ceil(pairs / ERRORS))
    paths = {number: own / f"face_{number:05d}.json" for number in numbers}
    missing = [number for number, path in paths.items() if not path.is_file()]
    with tqdm.tqdm(total=len(paths), unit="face", mininterval=5) as bar:
        bar.update(len(paths) - len(missing))
        for number, found in _work(faces, missing, seed, processes):
            write_text(paths[number], json.dumps([dataclasses.asdict(t) for t in found]))
            bar.update()
    return [Trial(**row) for path in paths.values() for row in json.loads(path.read_text())]


def gather(trials: list[Trial]) -> Measured:
    """Puts trials into arrays."""
    return Measured(
        np.array([trial.truth for trial in trials]),
        [trial.kind for trial in trials],
        np.array([trial.true_mm for trial in trials]),
        {name: np.array([t.by_protocol[name] for t in trials]) for name in PROTOCOLS},
    )


def _key(faces, seed):
    """What tells trials from others: the faces, the seed, the protocols and the kinds."""
    digest = hashlib.sha256(f"{seed} {ERRORS} {list(KINDS)} {PROTOCOLS}".encode())
    for template in (faces.own, faces.template):
        digest.update(np.ascontiguousarray(template.face.surface.vertices).tobytes())
        digest.update(np.ascontiguousarray(template.components).tobytes())
    return digest.hexdigest()[:16]


def _work(faces, numbers, seed, processes) -> Iterator[tuple[int, list[Trial]]]:
    if processes == 1 or len(numbers) < 2:
        yield from ((number, trials_of_face(faces, number, ERRORS, seed)) for number in numbers)
        return
    # Each process has one thread: those of the linear algebra would wait for each other.
    threads = {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    os.environ |= dict.fromkeys(threads, "1")
    try:
        with concurrent.futures.ProcessPoolExecutor(
            min(processes, len(numbers)), multiprocessing.get_context("spawn"), _begin, (faces,)
        ) as executor:
            tasks = {executor.submit(_trials, number, seed): number for number in numbers}
            for done in concurrent.futures.as_completed(tasks):
                yield tasks[done], done.result()
    except BrokenProcessPool as error:
        raise OSError(
            "a process that measured was killed, perhaps for want of memory; start the command "
            "again, with fewer --processes: it goes on where it was"
        ) from error
    finally:
        for name, value in threads.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _begin(faces):
    _FACES.append(faces)


def _trials(number, seed):
    return trials_of_face(_FACES[0], number, ERRORS, seed)
