"""Turns photographs into files of faces, from options to files."""

import glob
import pathlib
import sys
import time
from collections.abc import Iterable, Sequence

from data_pipeline.photographs import Photograph
from programs.face_formats import SUFFIXES
from programs.face_names import output_names
from programs.face_pipeline import NamedPhotograph, Outcome
from programs.face_sheet import FaceSheet
from programs.finished_photographs import FinishedPhotographs
from programs.job_pool import outcomes_of_jobs
from programs.merged_face import merged_outcomes
from programs.photograph_arguments import collect, label, shown
from programs.pipeline_parts import make_pipeline
from programs.reconstruction_options import Options
from programs.reconstruction_results import PhotographResult, summary, to_json
from storage.atomic import write_bytes, write_text
from storage.printable import printable

_SHEET, _RESULTS = "contact_sheet.jpg", "results.json"
# Results are also written while work goes on, so that it can be resumed whatever ends it.
_SAVE_SECONDS = 30.0


def run(options: Options) -> int:
    """Reconstructs what the options say; returns how many faces there are.

    Raises:
      OSError, ValueError: an option is wrong. A photograph that fails is reported and left out.
    """
    photos = collect(options.photographs, options.output, options.video_every)[: options.limit]
    names = output_names([label(photo) for photo in photos])
    written = [merged_name(options.photographs)] if options.merge else names
    check_overwrites_no_photograph(photos, written, options.output)
    items = [NamedPhotograph(*pair) for pair in zip(photos, names, strict=True)]
    finished = FinishedPhotographs(options.output / _RESULTS, options)
    todo = [item for item in items if shown(item.photo) not in finished.results]
    if len(todo) < len(items):
        print(f"{len(items) - len(todo)} of {len(items)} photographs are finished already.")
    record = _Record(options.output, finished.made_with, finished.results)
    try:
        for outcome in _outcomes(options, todo, items) if todo else ():
            _say(outcome.result, options.output)
            record.add(outcome)
    finally:
        record.save()
    print(summary(record.results()))
    return sum(len(result.faces) for result in record.results())


def _outcomes(
    options: Options, todo: list[NamedPhotograph], items: list[NamedPhotograph]
) -> Iterable[Outcome]:
    """Reconstructs what is to be done, in this process or in several."""
    if options.jobs > 1:
        return outcomes_of_jobs(options, todo, items)
    pipeline = make_pipeline(options, items)
    if options.merge:
        return merged_outcomes(pipeline, todo, merged_name(options.photographs))
    return pipeline.outcomes(todo)


def merged_name(arguments: Sequence[str]) -> str:
    """What one face of all photographs is called: as the one argument is, or "merged"."""
    path = pathlib.Path(arguments[0])
    if len(arguments) > 1 or glob.has_magic(arguments[0]):
        return "merged"
    # A folder's name has no suffix, whatever dots are in it.
    named = path if path.is_file() else pathlib.Path(f"{path.resolve().name}.folder")
    return output_names([named])[0]


class _Record:
    """What became of all photographs, and the files that say it."""

    def __init__(self, output, made_with, earlier):
        self._output, self._made_with = output, made_with
        self._results: dict[str, PhotographResult] = dict(earlier)
        self._sheet = FaceSheet()
        self._saved = time.monotonic()

    def add(self, outcome: Outcome) -> None:
        result = outcome.result
        self._results[result.path] = result
        for face, strip in zip(result.faces, outcome.thumbnails, strict=False):
            self._sheet.add(face["name"], strip)
        if time.monotonic() - self._saved > _SAVE_SECONDS:
            self.save()

    def results(self) -> list[PhotographResult]:
        return list(self._results.values())

    def save(self) -> None:
        """Writes results and sheet, if there is a face."""
        if any(result.faces for result in self.results()):
            write_text(self._output / _RESULTS, to_json(self.results(), self._made_with))
        if picture := self._sheet.jpeg():
            write_bytes(self._output / _SHEET, picture)
        self._saved = time.monotonic()


def _say(result: PhotographResult, output: pathlib.Path) -> None:
    for face in result.faces:
        note = f" ({'; '.join(face['notes'])})" if face["notes"] else ""
        where, kinds = printable(output / face["name"]), " .".join(_meshes(face["files"]))
        print(f"{result.path} -> {where}.{kinds}{note}", flush=True)
    for problem in result.problems:
        print(f"{result.path}: {problem}", file=sys.stderr)


def _meshes(files: list[str]) -> list[str]:
    """The endings of the meshes among files; of all files, if there is no mesh."""
    endings = [name.rsplit(".", 1)[1] for name in files]
    return [end for end in endings if end in ("glb", "obj", "ply")] or endings


def check_overwrites_no_photograph(
    photos: list[Photograph], names: list[str], folder: pathlib.Path
) -> None:
    """Refuses results that would replace a photograph.

    Raises:
      ValueError: the folder holds such a photograph.
    """
    files = [folder / f"{name}{suffix}" for name in names for suffix in SUFFIXES]
    results = {
        file.resolve() for file in (*files, folder / _SHEET, folder / _RESULTS) if file.exists()
    }
    for photo in photos:
        if photo.path.resolve() in results:
            raise ValueError(f"{printable(photo.path)}: would be overwritten; change --output_dir")
