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
from programs.face_files import SUFFIXES, FaceFiles, output_names
from programs.output_folder import check_apart, without_results
from storage.atomic import write_bytes, write_together
from storage.images import jpeg
from storage.printable import printable

_THUMBNAIL_PIXELS = 128
_SHEET_FACES = 48
_SHEET = "contact_sheet.jpg"


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
    """

    output: pathlib.Path
    photographs: Sequence[str]
    checkpoint: str | pathlib.Path
    parts: Parts
    landmarks: str | None
    limit: int | None
    photographed_tone: bool = False


def run(options: Options) -> int:
    """Reconstructs what the options say; returns how many faces were written.

    Raises:
      OSError, ValueError: an option is wrong. A photograph that fails is reported and left out.
    """
    photos = collect(options.photographs, options.output)[: options.limit]
    names = output_names([photo.path for photo in photos])
    check_overwrites_no_photograph(photos, names, options.output)
    trained = load_trained([options.checkpoint], options.parts)
    decoder = trained.decoders[0]
    reconstructor = Reconstructor(
        decoder.decoder, trained.encoder, trained.face_model, make_detector(options.landmarks)
    )
    face_files = FaceFiles(reconstructor)
    thumbnails, written = [], 0
    for photo, name in zip(photos, names, strict=True):
        # Whatever a photograph does to a decoder, the detector or the alignment: the others go on.
        try:
            image = read_image(photo.path)
            found = reconstructor.find(image, photo.name)
            face, notes = _reconstruct(reconstructor, image, found, options.photographed_tone)
        except Exception as error:
            shown = printable(photo.path)
            reason = str(error).removeprefix(f"{shown}: ") or type(error).__name__
            print(f"{shown}: {' '.join(printable(reason).split())}", file=sys.stderr)
            continue
        panels = face_files.panels(face, found, image)
        write_together(options.output, face_files(face, found, name, panels, photo.name))
        written += 1
        note = f" ({'; '.join(notes)})" if notes else ""
        files = printable(options.output / name)
        print(f"{printable(photo.path)} -> {files}.glb .obj .ply{note}", flush=True)
        if len(thumbnails) < _SHEET_FACES:
            size = (_THUMBNAIL_PIXELS, _THUMBNAIL_PIXELS)
            thumbnails.append([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in panels])
    if thumbnails:
        columns = np.stack(thumbnails, axis=1) / 255.0
        sheet = contact_sheet(list(columns), faces_per_row=3)
        write_bytes(options.output / _SHEET, jpeg(sheet, quality=90))
    return written


def _reconstruct(reconstructor, image, found, photographed_tone):
    """Reconstructs a face that was found; returns it and what is to be said about it."""
    notes = [found.note()] if found.note() else []
    crop = reconstructor.cut(image, found)
    face = reconstructor.reconstruct(crop[None])[0]
    if photographed_tone:
        face, reached = reconstructor.with_photographed_tone(face, crop, found.points)
        if not reached:
            notes.append("the face model only comes near the photograph's skin tone")
    return face, notes


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
    results.add((folder / _SHEET).resolve())
    for photo in photos:
        if photo.path.resolve() in results:
            raise ValueError(f"{printable(photo.path)}: would be overwritten; change --output_dir")
