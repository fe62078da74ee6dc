"""Turns photographs into files of faces, from options to files."""

import dataclasses
import pathlib
import sys
from collections.abc import Sequence

import cv2
import numpy as np

from data_pipeline.detection import make_detector
from data_pipeline.photographs import Photograph, list_photographs, read_image
from evaluation.contact_sheet import contact_sheet
from model.reconstructor import Reconstructor
from model.trained import Parts, load_trained
from programs.face_files import FaceFiles
from programs.face_formats import FORMATS, SUFFIXES
from programs.face_names import FurtherNames, output_names
from programs.output_folder import check_apart, without_results
from programs.reconstruction_results import (
    PhotographResult,
    WrittenFace,
    one_line,
    summary,
    to_json,
)
from storage.atomic import write_bytes, write_text, write_together
from storage.images import jpeg
from storage.printable import printable

_THUMBNAIL_PIXELS = 128
_SHEET_FACES = 48
_SHEET, _RESULTS = "contact_sheet.jpg", "results.json"


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that a reconstruction depends on.

    Attributes:
      output: the folder of the results.
      photographs: files and folders of photographs.
      checkpoint: a decoder file or the folder of a run.
      parts: the face model and the encoder, where they are not the decoder's own.
      landmarks: a CSV file of five points a photograph; None for the detector.
      limit: at most so many photographs, or None.
      photographed_tone: whether faces get the skin tone that the photograph shows, with its
        exposure and its color cast, instead of the person's own, which is decoded.
      all_faces: whether all faces of a photograph are wanted, or the largest one.
      formats: what is written of a face, some of `face_formats.FORMATS`.
      texture_size: width and height of textures in pixels.
      glb_texture: whether GLB files have a texture, or colors of vertices.
    """

    output: pathlib.Path
    photographs: Sequence[str]
    checkpoint: str | pathlib.Path
    parts: Parts
    landmarks: str | None
    limit: int | None
    photographed_tone: bool = False
    all_faces: bool = False
    formats: Sequence[str] = tuple(FORMATS)
    texture_size: int = 1024
    glb_texture: bool = False


def run(options: Options) -> int:
    """Reconstructs what the options say; returns how many faces were written.

    Raises:
      OSError, ValueError: an option is wrong. A photograph that fails is reported and left out.
    """
    photos = collect(options.photographs, options.output)[: options.limit]
    names = output_names([photo.path for photo in photos])
    check_overwrites_no_photograph(photos, names, options.output)
    trained = load_trained([options.checkpoint], options.parts)
    reconstructor = Reconstructor(
        trained.decoders[0].decoder,
        trained.encoder,
        trained.face_model,
        make_detector(options.landmarks),
    )
    writer = _Writer(options, reconstructor, FurtherNames(names, photos, options.output))
    results = [writer(photo, name) for photo, name in zip(photos, names, strict=True)]
    written = sum(len(result.faces) for result in results)
    if written:
        writer.write_sheet()
        write_text(options.output / _RESULTS, to_json(results))
    print(summary(results))
    return written


class _Writer:
    """Writes the faces of one photograph after the other, and keeps pictures for a sheet."""

    def __init__(self, options: Options, reconstructor: Reconstructor, further: FurtherNames):
        self._options = options
        self._reconstructor = reconstructor
        self._further = further
        self._face_files = FaceFiles(
            reconstructor, options.formats, options.texture_size, options.glb_texture
        )
        self._thumbnails = []

    def __call__(self, photo: Photograph, name: str) -> PhotographResult:
        """Reconstructs a photograph; says what became of it, on the screen too."""
        shown, faces, problems, found = printable(photo.path), [], [], []
        # Whatever a photograph does to a decoder, the detector or the alignment: the others go on.
        try:
            image = read_image(photo.path)
            found = self._find(image, photo.name)
        except Exception as error:
            problems.append(one_line(shown, error))
        for number, one in enumerate(found, start=1):
            own_name = name if number == 1 else self._further(name, number)
            try:
                face, notes = self._reconstruct(image, one)
            except Exception as error:
                problems.append(one_line(shown, error))
                continue
            files = self._write(face, one, own_name, image, photo.name)
            faces.append(WrittenFace(own_name, tuple(files), one, tuple(notes)))
            note = f" ({'; '.join(notes)})" if notes else ""
            where, kinds = printable(self._options.output / own_name), " .".join(_meshes(files))
            print(f"{shown} -> {where}.{kinds}{note}", flush=True)
        for problem in problems:
            print(f"{shown}: {problem}", file=sys.stderr)
        there = len(found) + (found[0].others if found else 0)
        return PhotographResult(shown, tuple(faces), there, tuple(problems))

    def write_sheet(self) -> None:
        """Writes the contact sheet of the first faces, if pictures of them were wanted."""
        if self._thumbnails:
            columns = np.stack(self._thumbnails, axis=1) / 255.0
            sheet = contact_sheet(list(columns), faces_per_row=3)
            write_bytes(self._options.output / _SHEET, jpeg(sheet, quality=90))

    def _find(self, image, name):
        if self._options.all_faces:
            return self._reconstructor.find_all(image, name)
        return [self._reconstructor.find(image, name)]

    def _reconstruct(self, image, found):
        """Reconstructs a face that was found; returns it and what is to be said about it."""
        notes = [found.note()] if found.note() else []
        crop = self._reconstructor.cut(image, found)
        face = self._reconstructor.reconstruct(crop[None])[0]
        if self._options.photographed_tone:
            face, reached = self._reconstructor.with_photographed_tone(face, crop, found.points)
            if not reached:
                notes.append("the face model only comes near the photograph's skin tone")
        return face, notes

    def _write(self, face, found, name, image, source):
        """Writes the files of a face; returns their names."""
        panels = self._face_files.panels(face, found, image)
        files = self._face_files(face, found, name, panels, source)
        write_together(self._options.output, files)
        if panels and len(self._thumbnails) < _SHEET_FACES:
            size = (_THUMBNAIL_PIXELS, _THUMBNAIL_PIXELS)
            small = [cv2.resize(panel, size, interpolation=cv2.INTER_AREA) for panel in panels]
            self._thumbnails.append(small)
        return files


def _meshes(files):
    """The endings of the meshes among files; of all files, if there is no mesh."""
    endings = [name.rsplit(".", 1)[1] for name in files]
    return [end for end in endings if end in ("glb", "obj", "ply")] or endings


def collect(arguments: Sequence[str], output: pathlib.Path) -> list[Photograph]:
    """Gathers the photographs that files and folders stand for, each once.

    Raises:
      FileNotFoundError: an argument is neither a file nor a folder.
      ValueError: a folder has no photograph, or is where the results go.
    """
    photos = {}
    for argument in map(pathlib.Path, arguments):
        if argument.is_dir():
            check_apart(output, argument)
            listing = list_photographs(argument)
            if summary := listing.passed_over_summary():
                print(f"{printable(argument)}: {summary}", file=sys.stderr)
            found = without_results(listing, output).photographs
        elif argument.exists():
            found = [Photograph(argument, argument.name)]
        else:
            raise FileNotFoundError(f"{printable(argument)}: no such photograph or folder")
        photos |= {photo.path.resolve(): photo for photo in found}
    return list(photos.values())


def check_overwrites_no_photograph(
    photos: list[Photograph], names: list[str], folder: pathlib.Path
) -> None:
    """Refuses results that would replace a photograph.

    Raises:
      ValueError: the folder holds such a photograph.
    """
    results = {(folder / f"{name}{suffix}").resolve() for name in names for suffix in SUFFIXES}
    results |= {(folder / name).resolve() for name in (_SHEET, _RESULTS)}
    for photo in photos:
        if photo.path.resolve() in results:
            raise ValueError(f"{printable(photo.path)}: would be overwritten; change --output_dir")
