"""Reads face model files into a `MorphableModel`.

The files of the Basel Face Model 2017 and 2019 (HDF5) and 2009 (.mat) are read as they come;
ICT-FaceKit has to be converted first. `docs/face_models.md` says which to choose and how to get it.
"""

import os
import pathlib

import numpy as np
from absl import logging

from model.face_model_contents import Cut, FaceModelContents, Pca
from model.face_models import bfm_2009, bfm_hdf5, file_kind
from model.landmarks import detector_offsets
from model.morphable_model import LinearModel, MorphableModel


def load_face_model(
    path: str | os.PathLike,
    shape_components: int | None = None,
    texture_components: int | None = None,
    expression_components: int | None = None,
    expression_mean: bool = False,
) -> MorphableModel:
    """Loads a morphable face model from a file of any of the formats.

    Args:
      path: a `.h5` file in the layout of BFM 2017 and 2019, or the `.mat` file of BFM 2009.
      shape_components: how many of the file's shape components to keep, all by default.
      texture_components: how many texture components to keep.
      expression_components: how many expression components to keep.
      expression_mean: adds the mean of the expressions to the shape. In BFM 2017 it is not zero and
        many loaders add it; equation 1 has no such term, and without it e = 0 is the neutral face.

    Returns:
      The model, in millimeters, with colors in 0..1 and triangles that go counter-clockwise seen
      from outside. What was wrong in the file and could be mended is logged. Where the detector
      sees the five points is read from the file beside it, if there is one (`model.landmarks`).

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is no face model, or part of it is missing or inconsistent; the message
        names the file, the array and the value.
    """
    cut = Cut(shape_components, texture_components, expression_components)
    contents = read_face_model(path, cut)
    for repair in contents.repairs:
        logging.warning("%s: %s", path, repair)
    face_model = to_morphable_model(contents, pathlib.Path(path).stem, expression_mean)
    face_model.detector_offsets_mm = detector_offsets(path, face_model)
    return face_model


def read_face_model(
    path: str | os.PathLike, cut: Cut = Cut(), orthonormal: bool = True
) -> FaceModelContents:
    """Reads and checks the arrays of a face model file. The content of the file tells its format.

    Args:
      path: the file.
      cut: how many components to keep.
      orthonormal: whether to refuse a basis whose columns are not orthonormal.

    Raises:
      FileNotFoundError, ValueError: as for `load_face_model`.
    """
    path = pathlib.Path(path)
    head = file_kind.first_bytes(path)
    read = bfm_2009.read_bfm_2009 if _is_bfm_2009(path, head) else bfm_hdf5.read_bfm_hdf5
    return read(path, cut, orthonormal)


def _is_bfm_2009(path: pathlib.Path, head: bytes) -> bool:
    """Says whether a file is a MATLAB file, and so of BFM 2009; by its content first."""
    if head.startswith(file_kind.MATLAB):
        if path.suffix.lower() in (".h5", ".hdf5"):
            raise ValueError(
                f"{path}: is a MATLAB file, as BFM 2009 comes, not the HDF5 of BFM 2017; give it "
                "the name it came with, 01_MorphableModel.mat"
            )
        return True
    if path.suffix.lower() != ".mat":
        return False
    # HDF5 without MATLAB's header is of version 7.3 as other programs write it, or misnamed.
    return not (head.startswith(file_kind.HDF5) and bfm_hdf5.has_its_groups(path))


def to_morphable_model(
    contents: FaceModelContents, name: str = "face model", expression_mean: bool = False
) -> MorphableModel:
    """Makes a morphable model of the contents of a file.

    Args:
      contents: the arrays.
      name: what the model is called in messages.
      expression_mean: whether to add the mean of the expressions to the shape.

    Raises:
      ValueError: the mean of the expressions is asked for, and there are no expressions.
    """
    shape, expression = contents.shape, contents.expression
    if expression_mean:
        if expression is None:
            raise ValueError(f"face model {name} has no expressions, so no mean of them to add")
        shape = shape._replace(mean=shape.mean + expression.mean)
    return MorphableModel(
        _linear_model(shape),
        _linear_model(contents.color),
        contents.triangles,
        contents.landmarks,
        None if expression is None else _linear_model(expression),
        name=name,
        landmarks_68=contents.landmarks_68,
        regions=contents.regions,
        color_space=contents.color_space,
        tone_components=contents.tone_components,
    )


def _linear_model(part: Pca) -> LinearModel:
    # W of equation 1 holds the square roots of the eigenvalues.
    scaled = part.basis * np.sqrt(part.variance)
    return LinearModel(part.mean, np.ascontiguousarray(scaled.T))
