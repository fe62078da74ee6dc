"""Writes small datasets that are laid out on disk as VGG-Face, LFW and MoFA-Test are.

A dataset shows made-up people (faces of a face model, in pictures that differ from training renders
as photographs do), or it holds real photographs. The truth about made-up people goes into
`DIR_truth.npz` beside the dataset, for evaluation only; nothing inside DIR tells it. As in real
life the VGG-Face listing names images that are gone (dead links) and some that are damaged.
"""

import os
import pathlib
import re

import numpy as np
import tqdm

import open_parts
from data_pipeline.detection import Detector
from data_pipeline.image_files.kinds import HEAD_BYTES, image_kind
from data_pipeline.mtcnn_detector import MtcnnDetector
from data_pipeline.photo_sheet import photo_sheet
from data_pipeline.photographs import list_photographs, read_image
from model.face_finding import NoFaceError, find_face
from model.face_models.load import load_face_model
from stand_ins.dataset_layouts import LAYOUTS, Entry, check_new, write_dataset
from stand_ins.occluders import random_style
from stand_ins.photographer import Framing, Person, Photographer
from storage.atomic import atomic_file, write_bytes
from storage.images import jpeg, to_bytes
from storage.printable import printable

_COEFFICIENT_LIMIT = 2.0
_LFW_SIZE, _MOFA_SIZE = 250, 224
# MoFA-Test has 84 pictures of 78 people; here every 13th has two.
_PEOPLE = {"vgg_face": 48, "lfw": 48, "mofa_test": 78}
_PHOTOS, _MOFA_SECOND = 6, 13


def write_rendered(
    output: str | os.PathLike,
    layout: str,
    people: int | None = None,
    photos: int | None = None,
    seed: int = 0,
    face_model: str | os.PathLike = open_parts.FACE_MODEL,
) -> pathlib.Path:
    """Writes a dataset of made-up people, and the truth beside it.

    Args:
      output: the dataset's folder; it must not exist.
      layout: one of `LAYOUTS`.
      people: the number of people; by default 78 for MoFA-Test, and 48 for the others.
      photos: the number of pictures of each; by default 6, and for MoFA-Test one of most people.
      seed: picture k of person p is a function of (seed, p, k).
      face_model: the file of a face model with expressions.

    Returns:
      The path of the truth, an `.npz` file.

    Raises:
      FileExistsError: the output or its truth is there already.
      ValueError: the layout is unknown, or the face model has no expressions.
    """
    output = pathlib.Path(output)
    truth_path = output.with_name(f"{output.name}_truth.npz")
    check_new(output, truth_path)
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} is not among {', '.join(LAYOUTS)}")
    model = load_face_model(face_model)
    if not model.expression_components:
        raise ValueError(f"{printable(face_model)}: has no expressions; give another --face_model")
    photographer = Photographer(model)
    counts = photo_counts(layout, people, photos)
    entries, truth = [], []
    with tqdm.tqdm(total=sum(counts), unit="photo", mininterval=2) as bar:
        for p, count in enumerate(counts):
            identity = f"Rendered_Person_{p + 1:04d}"
            person = random_person(model, np.random.default_rng([seed, p]))
            for k in range(count):
                generator = np.random.default_rng([seed, p, k])
                framing = random_framing(layout, generator)
                picture = photographer(person, framing, generator)
                data = jpeg(to_bytes(picture.image), int(generator.integers(55, 96)))
                entries.append(Entry(identity, data, picture.box))
                truth.append((identity, person, picture))
                bar.update()
    names = write_dataset(output, layout, entries, seed)
    _write_truth(truth_path, names, truth, model)
    return truth_path


def photo_counts(layout: str, people: int | None, photos: int | None) -> list[int]:
    """How many pictures each person of a layout has, where None stands for its own number."""
    numbers = range(_PEOPLE[layout] if people is None else people)
    if photos is None and layout == "mofa_test":
        return [2 if (p + 1) % _MOFA_SECOND == 0 else 1 for p in numbers]
    return [_PHOTOS if photos is None else photos for _ in numbers]


def write_from_photographs(
    output: str | os.PathLike,
    layout: str,
    photos: str | os.PathLike,
    seed: int = 0,
    detector: Detector | None = None,
) -> None:
    """Writes a dataset of real photographs.

    The folder that a photograph lies in says whose it is; one that lies in no subfolder is taken
    for the only photograph of a person.

    Args:
      output: the dataset's folder; it must not exist.
      layout: one of `LAYOUTS`.
      photos: any folder of photographs.
      seed: decides what is missing and damaged.
      detector: finds the boxes, MTCNN by default; without a face the box is the whole image.

    Raises:
      FileExistsError: the output is there already.
      ValueError: the layout is unknown, or the folder has no photograph.
    """
    output = pathlib.Path(output)
    check_new(output)
    detector = detector or MtcnnDetector()
    entries = []
    for photo in tqdm.tqdm(list_photographs(photos).photographs, unit="photo", mininterval=2):
        try:
            image = read_image(photo.path)
        except ValueError:
            # An unreadable file would count as one of the dataset's damaged files.
            continue
        try:
            box = find_face(image, detector, photo.name).box
        except NoFaceError:
            height, width = image.shape[:2]
            box = (0.0, 0.0, float(width), float(height))
        identity = re.sub(r"\W+", "_", photo.identity or photo.path.stem)
        data = photo.path.read_bytes()
        data = data if image_kind(data[:HEAD_BYTES]) == "JPEG" else jpeg(image, 95)
        entries.append(Entry(identity, data, box))
    write_dataset(output, layout, entries, seed)


def write_sheet(
    path: str | os.PathLike,
    folder: str | os.PathLike,
    people: int = 8,
    photos: int = 8,
    pixels: int = 128,
) -> None:
    """Writes a JPEG file with a row of photographs for each of the first people of a dataset.

    Args:
      path: the file to write.
      folder: the dataset.
      people: at most so many rows.
      photos: at most so many photographs in a row.
      pixels: width and height of each.
    """
    rows = {}
    for photo in list_photographs(folder).photographs:
        row = rows.setdefault(photo.identity, [])
        if len(row) == photos:
            continue
        try:
            image = read_image(photo.path)
        except ValueError:
            continue
        row.append(image)
    write_bytes(path, jpeg(photo_sheet(list(rows.values())[:people], pixels)))


def random_framing(layout: str, generator: np.random.Generator) -> Framing:
    """Draws where the face lies in an image: anywhere in VGG-Face's, in the middle of others'."""
    if layout == "lfw":
        size, part, spread = _LFW_SIZE, generator.uniform(0.155, 0.185), 0.02
    elif layout == "mofa_test":
        size, part, spread = _MOFA_SIZE, generator.uniform(0.22, 0.26), 0.02
    else:
        size = int(generator.integers(180, 421))
        part, spread = generator.uniform(0.13, 0.24), 0.08
    middle = np.array([0.5, 0.45]) + generator.uniform(-spread, spread, 2)
    roll = float(np.radians(np.clip(generator.normal(0, 6), -20, 20)))
    return Framing(size, part * size, tuple((middle * size).tolist()), roll)


def random_person(model, generator):
    """Draws a person; coefficients beyond the limit would be faces that nobody has."""

    def coefficients(count):
        values = generator.normal(size=count).clip(-_COEFFICIENT_LIMIT, _COEFFICIENT_LIMIT)
        return values.astype(np.float32)

    return Person(
        coefficients(model.shape_components),
        coefficients(model.texture_components),
        random_style(generator),
    )


def _write_truth(path, names, truth, model):
    identities, people, pictures = zip(*truth, strict=True)
    with atomic_file(path) as file:
        np.savez(
            file,
            name=np.array(names),
            identity=np.array(identities),
            shape=np.stack([person.shape for person in people]),
            texture=np.stack([person.texture for person in people]),
            expression=np.stack([picture.expression for picture in pictures]),
            points=np.stack([picture.points for picture in pictures]),
            yaw_deg=np.array([picture.yaw_deg for picture in pictures], np.float32),
            pitch_deg=np.array([picture.pitch_deg for picture in pictures], np.float32),
            glasses=np.array([person.style.glasses for person in people]),
            hair=np.array([person.style.hair_mm > 0 for person in people]),
            face_model_fingerprint=np.array(model.fingerprint),
        )
