"""Photographs become faces in three stages that work beside each other.

One thread reads photographs and finds the faces in them, the caller's thread runs the networks and
the renderer on batches, and one thread writes files. Only a few batches are in memory at a time.
"""

import collections
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, NamedTuple

import cv2
import numpy as np

from data_pipeline.photographs import Photograph
from model.face_finding import FoundFace
from model.fitting.camera import Pose
from model.reconstructor import ReconstructedFace, Reconstructor
from programs.face_files import FaceFiles
from programs.face_names import FurtherNames
from programs.photograph_arguments import shown
from programs.reconstruction_options import Options
from programs.reconstruction_results import PhotographResult, WrittenFace, one_line
from storage.atomic import write_together

_BATCH = 8
_AHEAD = 2
THUMBNAIL_PIXELS = 128


class NamedPhotograph(NamedTuple):
    """A photograph, and what the files of its largest face are called before their endings."""

    photo: Photograph
    name: str


@dataclasses.dataclass(frozen=True)
class SeenFace:
    """A face that was found and cut out of its photograph.

    Attributes:
      found: where it is.
      crop: uint8 RGB [S, S, 3], as the encoder wants it.
      panel: the photograph around it as people see it, uint8 RGB; None without renders.
    """

    found: FoundFace
    crop: np.ndarray
    panel: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class SeenPhotograph:
    """A photograph that was read: its faces, how many there are, and what went wrong."""

    photo: Photograph
    name: str
    faces: list[SeenFace]
    there: int
    problems: list[str]


class Outcome(NamedTuple):
    """What became of a photograph, and for each of its faces the panels in small."""

    result: PhotographResult
    thumbnails: list[np.ndarray]


class _DrawnFace(NamedTuple):
    seen: SeenFace
    face: ReconstructedFace
    pose: Pose
    panels: list[np.ndarray]
    notes: list[str]


class FacePipeline:
    """Reconstructs photographs as a stream.

    Attributes:
      reconstructor: what turns them into faces.
    """

    def __init__(
        self,
        options: Options,
        reconstructor: Reconstructor,
        face_files: FaceFiles,
        further: FurtherNames,
    ):
        """Binds what reads, reconstructs, draws and names faces."""
        self._options = options
        self.reconstructor = reconstructor
        self._face_files = face_files
        self._further = further

    def outcomes(self, photos: Iterable[NamedPhotograph]) -> Iterator[Outcome]:
        """Reconstructs photographs and writes their faces; yields in the order of the photographs.

        Raises:
          OSError: a file cannot be written. A photograph that fails is an outcome.
        """
        with ThreadPoolExecutor(1) as finder, ThreadPoolExecutor(1) as scribe:
            seen = ahead(finder, self.look_at_all, batches(photos))
            drawn = map(self._draw, seen)
            for written in ahead(scribe, self._write, drawn):
                yield from written

    def look_at_all(self, batch: list[NamedPhotograph]) -> list[SeenPhotograph]:
        """Reads photographs and finds their faces."""
        return [self._look_at(*item) for item in batch]

    def _look_at(self, photo, name):
        faces, problems, there = [], [], 0
        # Whatever a photograph does to a decoder, the detector or the alignment: the others go on.
        try:
            image = photo.read()
            found = self._find(image, photo.name)
            there = len(found) + found[0].others
        except Exception as error:
            problems.append(one_line(shown(photo), error))
            found = []
        for one in found:
            try:
                crop = self.reconstructor.cut(image, one)
                faces.append(SeenFace(one, crop, self._face_files.photograph(image, one)))
            except Exception as error:
                problems.append(one_line(shown(photo), error))
        return SeenPhotograph(photo, name, faces, there, problems)

    def _find(self, image, name):
        if self._options.all_faces:
            return self.reconstructor.find_all(image, name)
        return [self.reconstructor.find(image, name)]

    def _draw(self, batch):
        """Reconstructs and draws the faces of some photographs."""
        seen = [face for photo in batch for face in photo.faces]
        drawn = iter(self._drawn(seen) if seen else ())
        return [(photo, list(itertools.islice(drawn, len(photo.faces)))) for photo in batch]

    def _drawn(self, seen):
        faces = self.reconstructor.reconstruct(np.stack([face.crop for face in seen]))
        toned = [self._toned(*pair) for pair in zip(faces, seen, strict=True)]
        faces = [face for face, _ in toned]
        poses = self.reconstructor.poses(faces, np.stack([face.found.points for face in seen]))
        panels = self._face_files.panels(faces, poses, [face.panel for face in seen])
        return [
            _DrawnFace(face, toned[k][0], poses[k : k + 1], panels[k], toned[k][1])
            for k, face in enumerate(seen)
        ]

    def _toned(self, face, seen):
        """Gives a face the photograph's skin tone if that is wanted; returns it and what to say."""
        notes = list(seen.found.notes)
        if self._options.photographed_tone:
            face, reached = self.reconstructor.with_photographed_tone(
                face, seen.crop, seen.found.points
            )
            if not reached:
                notes.append("the face model only comes near the photograph's skin tone")
        return face, notes

    def _write(self, batch):
        return [self._write_photograph(*pair) for pair in batch]

    def _write_photograph(self, photo, drawn):
        faces = []
        for number, own in enumerate(drawn, start=1):
            name = photo.name if number == 1 else self._further(photo.name, number)
            faces.append(self._write_face(own, name, photo.photo.name).to_json())
        result = PhotographResult(
            shown(photo.photo), tuple(faces), photo.there, tuple(photo.problems)
        )
        return Outcome(result, [thumbnail(own.panels) for own in drawn if own.panels])

    def write_face_of(
        self, face: ReconstructedFace, seen: SeenFace, name: str, source: str
    ) -> tuple[WrittenFace, np.ndarray | None]:
        """Draws and writes a face that was reconstructed elsewhere, as it is seen in a photograph.

        Returns:
          What was written, and its panels in small; None without renders.
        """
        face, notes = self._toned(face, seen)
        pose = self.reconstructor.poses([face], seen.found.points[None])
        (panels,) = self._face_files.panels([face], pose, [seen.panel])
        written = self._write_face(_DrawnFace(seen, face, pose, panels, notes), name, source)
        return written, thumbnail(panels) if panels else None

    def _write_face(self, drawn: _DrawnFace, name: str, source: str) -> WrittenFace:
        files = self._face_files(
            drawn.face, drawn.seen.found, drawn.pose, name, drawn.panels, source
        )
        write_together(self._options.output, files)
        return WrittenFace(name, tuple(files), drawn.seen.found, drawn.pose, tuple(drawn.notes))


def thumbnail(panels: list[np.ndarray]) -> np.ndarray:
    """Shrinks panels to a strip for a sheet: uint8 RGB [S, P S, 3]."""
    size = (THUMBNAIL_PIXELS, THUMBNAIL_PIXELS)
    small = [cv2.resize(panel, size, interpolation=cv2.INTER_AREA) for panel in panels]
    return np.concatenate(small, axis=1)


def batches(items: Iterable[Any], size: int = _BATCH) -> Iterator[list[Any]]:
    """Divides items: a first one alone, which is seen at once, then the others by `size`."""
    items = iter(items)
    first = True
    while batch := list(itertools.islice(items, 1 if first else size)):
        yield batch
        first = False


def ahead(
    executor: Executor, function: Callable[[Any], Any], items: Iterable[Any], depth: int = _AHEAD
) -> Iterator[Any]:
    """Applies a function in an executor, up to `depth` items ahead; yields results in order."""
    waiting: collections.deque = collections.deque()
    for item in items:
        waiting.append(executor.submit(function, item))
        while waiting and (len(waiting) > depth or waiting[0].done()):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
