"""The Basel Face Model 2009: `01_MorphableModel.mat`.

The file is in micrometers and has colors of 0..255. `shapeEV` and `texEV` are standard deviations.
Triangles count their vertices from 1 and go clockwise. There are no expressions, and no landmarks
have names.
"""

import os
import pathlib

import h5py
import numpy as np

from model.face_model_contents import Cut, FaceModelContents
from model.face_models import checks, file_kind, units
from model.face_models.basis import checked_pca
from model.face_models.landmarks_68 import known_points, landmarks_68, named_landmarks
from model.face_models.triangles import mended_triangles
from storage.hdf5_file import read_dataset
from storage.matlab_file import read_matlab

LAYOUT = "Basel Face Model 2009 (.mat)"

_MM = 1e-3
_RANGE = 1 / 255
_SHAPE = checks.PartNames("shapeMU", "shapePC", "shapeEV")
_COLOR = checks.PartNames("texMU", "texPC", "texEV")
_SEGMENTS_NAME = "segbin"
_NAMES = (*_SHAPE, *_COLOR, "tl")
# Columns of `segbin` are known by the landmark that lies in them.
_SEGMENTS = {
    "nose": "center.nose.tip",
    "eyes": "right.eye.corner_inner",
    "mouth": "center.lips.upper.outer",
}


def read_bfm_2009(
    path: str | os.PathLike, cut: Cut = Cut(), orthonormal: bool = True
) -> FaceModelContents:
    """Reads and checks a file.

    Args:
      path: the `.mat` file.
      cut: how many components to keep.
      orthonormal: whether to refuse a basis whose columns are not orthonormal.

    Returns:
      The model in millimeters, with colors in 0..1 and variances. Its landmarks are known if it has
      the 53,490 vertices of the original.

    Raises:
      ValueError: something is wrong with the file; names the file, the array and the problem.
    """
    path = pathlib.Path(path)
    arrays = _read_arrays(path)
    shape, repairs = _part(path, arrays, _SHAPE, cut.shape, orthonormal)
    shape, _, more = units.shape_in_millimeters(path, _SHAPE, shape, _MM)
    color, color_repairs = _part(path, arrays, _COLOR, cut.texture, orthonormal)
    color, more_color = units.colors_in_0_to_1(path, _COLOR, color, _RANGE)
    repairs += more + color_repairs + more_color
    checks.check_same_vertices(path, {"shapeMU": shape, "texMU": color})
    numbers = checks.checked_array(path, "tl", arrays["tl"], np.int64)
    triangles = checks.checked_triangles(path, "tl", numbers, len(shape.mean), first=1)
    triangles, mended = mended_triangles(path, "tl", triangles[:, ::-1].copy(), shape.mean)
    landmarks = named_landmarks(known_points(shape.mean))
    return FaceModelContents(
        layout=LAYOUT,
        shape=shape,
        color=color,
        triangles=triangles,
        landmarks=landmarks,
        landmarks_68=landmarks_68(shape.mean, landmarks),
        regions=_regions(arrays.get(_SEGMENTS_NAME), landmarks, len(shape.mean)),
        repairs=(*repairs, *mended),
    )


def _read_arrays(path):
    names = (*_NAMES, _SEGMENTS_NAME)
    arrays = _read_hdf5(path, names) if h5py.is_hdf5(path) else read_matlab(path, names)
    for name in _NAMES:
        if name not in arrays:
            raise ValueError(f"{path}: has no array {name!r}, which BFM 2009 files have")
    return arrays


def _read_hdf5(path, names):
    """Arrays of version 7.3, which stores columns first: everything is transposed there."""
    try:
        with h5py.File(path, "r") as file:
            found = {name: file[name] for name in names if name in file}
            for name, item in found.items():
                if not isinstance(item, h5py.Dataset):
                    raise ValueError(f"{path}: {name!r} is no array; {file_kind.OCTAVE}")
            return {name: read_dataset(path, item).T for name, item in found.items()}
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        # HDF5 raises any of these on a damaged file.
        raise ValueError(
            f"{path}: is truncated or damaged ({error}); download or copy it again"
        ) from None


def _part(path, arrays, names, components, orthonormal):
    """A part in the file's unit, with columns of unit length; and the repairs."""
    mean, basis, deviation = (checks.checked_array(path, n, arrays[n]) for n in names)
    if np.any(deviation < 0):
        raise ValueError(f"{path}: {names.variance} holds a standard deviation below 0")
    mean, deviation = mean.reshape(-1), deviation.reshape(-1)
    checks.check_shapes(path, names, mean.size, basis.shape, deviation.size)
    keep = checks.components_to_keep(path, names.variance, deviation.size, components)
    basis = np.ascontiguousarray(basis[:, :keep])
    return checked_pca(path, names, mean, basis, deviation[:keep] ** 2, orthonormal)


def _regions(segments, landmarks, n_vertices):
    if segments is None or segments.shape[0] != n_vertices:
        return {}
    regions = {}
    for column in (segments != 0).T:
        for name, landmark in _SEGMENTS.items():
            if landmark in landmarks and column[landmarks[landmark]]:
                regions[name] = column
    return regions
