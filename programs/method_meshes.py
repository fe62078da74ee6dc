"""Meshes that other systems made, found in a folder by what they are reconstructions of."""

import pathlib

import numpy as np

from data_pipeline.scans.mesh_files import SUFFIXES, read_in_millimeters
from evaluation.geometry.face import Face
from evaluation.geometry.surface import Surface
from model.morphable_model import MorphableModel
from model.trained import TrainedDecoder
from programs.face_template import face_of
from programs.short_names import short_names
from storage.printable import printable

MEAN_FACE = "mean face"


def parse_methods(texts: list[str]) -> dict[str, pathlib.Path]:
    """Reads arguments NAME=FOLDER.

    Raises:
      ValueError: one is not of this form, or a name is given twice.
      FileNotFoundError: a folder is not there.
    """
    methods = {}
    for text in texts:
        name, sign, folder = text.partition("=")
        if not (name and sign and folder):
            raise ValueError(f"--method is {text!r}, but must be NAME=FOLDER")
        if name in methods or name == MEAN_FACE:
            raise ValueError(f"--method names {name!r} twice")
        methods[name] = pathlib.Path(folder)
        if not methods[name].is_dir():
            raise FileNotFoundError(f"{printable(folder)}: no such folder (--method {name})")
    return methods


def decoder_names(decoders: list[TrainedDecoder], methods: dict[str, pathlib.Path]) -> list[str]:
    """Names decoders as shortly as tells them apart, so that the names may be folders.

    Raises:
      ValueError: a decoder is given twice, or has the name of another method.
    """
    names = [name.replace("/", "_") for name in short_names([own.path for own in decoders])]
    for name in names:
        if name in methods or name == MEAN_FACE:
            raise ValueError(f"--method {name} is the name of a decoder too; give it another name")
    return names


def find_mesh(folder: pathlib.Path, *parts: str) -> pathlib.Path | None:
    """Finds a mesh by the parts of its name, such as a subject and a condition.

    `subject/condition.obj`, `subject_condition.obj`, and one mesh for all conditions,
    `subject.obj`, are looked for in this order, with every suffix of a mesh.
    """
    names = ["/".join(parts), "_".join(parts), *(["/".join(parts[:-1])] if len(parts) > 1 else [])]
    for name in names:
        for suffix in SUFFIXES:
            path = folder / f"{name}{suffix}"
            if path.is_file():
                return path
    return None


def read_face(path: pathlib.Path, model: MorphableModel) -> Face:
    """Reads a mesh as a face; one of the face model's topology gets all that is known of that.

    Raises:
      FileNotFoundError, ValueError: the file cannot be read.
    """
    vertices, triangles = read_in_millimeters(path)
    if len(vertices) == model.n_vertices and np.array_equal(triangles, model.triangles):
        return face_of(model, vertices)
    return Face(Surface(vertices, triangles))
