"""Reads and writes the HDF5 layout of the Basel Face Model 2017 and 2019 (that of Statismo).

A file has the groups `shape`, `color` and `expression`, each with `model/{mean, pcaBasis,
pcaVariance, noiseVariance}` and `representer/{points, cells}`, and landmarks as JSON. Files of
this project also have `metadata/landmarks68_index` and `metadata/regions`, and a file that only
stands in for a face model says so in the attribute `stand_in`.
"""

import json
import os
import pathlib

import h5py
import numpy as np
from absl import logging

from model.face_model_contents import Cut, FaceModelContents, Pca
from model.face_models import checks, file_kind, units
from model.face_models.basis import checked_pca
from model.face_models.hdf5_datasets import CheckedDatasets
from model.face_models.landmark_vertices import nearest_vertices
from model.face_models.landmarks_68 import landmarks_68
from model.face_models.triangles import mended_triangles
from storage.atomic import atomic_path

LAYOUT = "Basel Face Model 2017 / 2019 layout (HDF5)"

_MM = 1.0
_CELLS = "shape/representer/cells"
_LANDMARKS = "metadata/landmarks/json"
_LANDMARKS_68 = "metadata/landmarks68_index"
_SOURCE_INDEX = "metadata/ict_vertex_index"
# What the numbers in `metadata/vertex_class` of some converted files stand for.
_VERTEX_CLASSES = ("skin", "sclera", "iris", "pupil")
_COLOR_SPACES = {"rgb": "srgb", "srgb": "srgb", "linear": "linear", "linearrgb": "linear"}
_STAND_IN = "stand_in"


def read_bfm_hdf5(
    path: str | os.PathLike, cut: Cut = Cut(), orthonormal: bool = True
) -> FaceModelContents:
    """Reads and checks a file.

    Args:
      path: the `.h5` file.
      cut: how many components to keep; the others are not even read.
      orthonormal: whether to refuse a basis whose columns are not orthonormal.

    Returns:
      The model in millimeters, with colors in 0..1.

    Raises:
      ValueError: something is wrong with the file; names the file, the dataset and the problem.
    """
    path = pathlib.Path(path)
    head = file_kind.first_bytes(path)
    try:
        with h5py.File(path, "r") as file:
            return _contents(_Reader(CheckedDatasets(path, file), orthonormal), cut)
    except (OSError, RuntimeError, KeyError, TypeError, UnicodeDecodeError) as error:
        # HDF5 raises any of these on a damaged file.
        if head.startswith(file_kind.HDF5):
            raise ValueError(
                f"{path}: is truncated or damaged ({error}); download or copy it again"
            ) from None
        raise ValueError(
            f"{path}: is no HDF5 file ({error}); BFM 2017 comes as model2017-1_bfm_nomouth.h5"
        ) from None


def has_its_groups(path: pathlib.Path) -> bool:
    """Says whether an HDF5 file has the groups of this layout, whatever its name."""
    try:
        with h5py.File(path, "r") as file:
            return "shape/model" in file
    except (OSError, RuntimeError, KeyError):
        return False


def _contents(reader: "_Reader", cut: Cut) -> FaceModelContents:
    shape, unit = reader.shape(cut.shape)
    color = reader.color(cut.texture)
    expression = reader.expression(cut.expression, unit, shape)
    parts = {"shape": shape, "color": color, "expression": expression}
    means = {_part_names(name).mean: part for name, part in parts.items()}
    checks.check_same_vertices(reader.path, means)
    triangles = reader.triangles(shape.mean)
    landmarks = reader.landmarks(shape.mean, triangles, unit)
    notes = reader.notes()
    return FaceModelContents(
        layout=LAYOUT,
        shape=shape,
        color=color,
        triangles=triangles,
        landmarks=landmarks,
        expression=expression,
        landmarks_68=reader.landmarks_68(shape.mean, landmarks),
        regions=reader.regions(len(shape.mean)),
        color_space=reader.color_space(),
        source_index=reader.source_index(len(shape.mean)),
        stand_in=notes.pop(_STAND_IN, ""),
        notes=notes,
        repairs=tuple(reader.repairs),
    )


def _part_names(group: str) -> checks.PartNames:
    return checks.PartNames(
        f"{group}/model/mean", f"{group}/model/pcaBasis", f"{group}/model/pcaVariance"
    )


class _Reader:
    """The parts of a face model, out of the datasets of an open file."""

    def __init__(self, datasets: CheckedDatasets, orthonormal: bool):
        self.path = datasets.path
        self._datasets = datasets
        self._orthonormal = orthonormal
        self.repairs: list[str] = []

    def shape(self, components: int | None) -> tuple[Pca, float]:
        """The shape in mm, and the factor to mm of its mean."""
        part, unit, repairs = units.shape_in_millimeters(
            self.path, _part_names("shape"), self._pca("shape", components), _MM
        )
        self.repairs += repairs
        return part, unit

    def color(self, components: int | None) -> Pca:
        """The colors in 0..1."""
        part, repairs = units.colors_in_0_to_1(
            self.path, _part_names("color"), self._pca("color", components), 1.0
        )
        self.repairs += repairs
        return part

    def expression(self, components: int | None, unit: float, shape: Pca) -> Pca | None:
        """The expressions in mm, if there are any."""
        if "expression" not in self._datasets.file:
            return None
        raw = self._pca("expression", components)
        part, repairs = units.expression_in_millimeters(
            self.path, _part_names("expression"), raw, unit, shape
        )
        self.repairs += repairs
        return part

    def _pca(self, group: str, components: int | None) -> Pca:
        """A part in the file's unit, with columns of unit length."""
        names = _part_names(group)
        mean = self._datasets.array(names.mean).reshape(-1)
        variance = self._datasets.array(names.variance).reshape(-1)
        basis_shape = self._datasets.dataset(names.basis).shape
        checks.check_shapes(self.path, names, mean.size, basis_shape, variance.size)
        keep = checks.components_to_keep(self.path, names.variance, variance.size, components)
        basis = self._datasets.array(names.basis, columns=keep)
        part, repairs = checked_pca(
            self.path, names, mean, basis, variance[:keep], self._orthonormal
        )
        self.repairs += repairs
        return part

    def triangles(self, mean: np.ndarray) -> np.ndarray:
        """The triangles int32 [T, 3], mended."""
        cells = self._datasets.array(_CELLS, np.int64)
        triangles = checks.checked_triangles(self.path, _CELLS, cells, len(mean))
        triangles, repairs = mended_triangles(self.path, _CELLS, triangles, mean)
        self.repairs += repairs
        return triangles

    def landmarks(self, mean: np.ndarray, triangles: np.ndarray, unit: float) -> dict[str, int]:
        """The vertices of the mean that are nearest to the landmarks, by their names."""
        landmarks, repairs = nearest_vertices(
            self.path, _LANDMARKS, self._landmark_points(), mean, triangles, unit
        )
        self.repairs += repairs
        return landmarks

    def _landmark_points(self) -> dict[str, np.ndarray]:
        """Landmarks as they are given: float [3] by names."""
        text = self._datasets.text(_LANDMARKS)
        if text is None:
            return {}
        try:
            return {str(e["id"]): np.array(e["coordinates"], float) for e in json.loads(text)}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self.path}: {_LANDMARKS!r} is no list of landmarks: {error}"
            ) from None

    def landmarks_68(self, mean: np.ndarray, landmarks: dict[str, int]) -> np.ndarray | None:
        """The vertices int32 [68] of iBUG's points, as the file has them or as they are known."""
        own = self._datasets.indices(_LANDMARKS_68, 68)
        if own is None:
            return landmarks_68(mean, landmarks)
        if own.min() < -1 or own.max() >= len(mean):
            raise ValueError(
                f"{self.path}: {_LANDMARKS_68} has indices from {own.min()} to {own.max()}, but "
                f"the vertices are 0 to {len(mean) - 1}"
            )
        return own

    def source_index(self, n_vertices: int) -> np.ndarray | None:
        """The vertices of the kit that the file was converted from, int32 [N]."""
        return self._datasets.indices(_SOURCE_INDEX, n_vertices)

    def regions(self, n_vertices: int) -> dict[str, np.ndarray]:
        """Masks bool [N] by the names of the regions."""
        group = self._datasets.file.get("metadata/regions")
        names = group if isinstance(group, h5py.Group) else ()
        regions = {
            name: self._datasets.indices(f"metadata/regions/{name}", n_vertices) != 0
            for name in names
        }
        classes = self._datasets.indices("metadata/vertex_class", n_vertices)
        if classes is not None:
            regions |= {name: classes == k for k, name in enumerate(_VERTEX_CLASSES)}
        return regions

    def color_space(self) -> str:
        """The color space: RGB in a file of BFM means sRGB, as an author of it has stated."""
        name = self._datasets.text("color/representer/colorspace")
        if name is None:
            return "srgb"
        space = _COLOR_SPACES.get(name.strip("\0 ").lower())
        if space is None:
            logging.warning("%s: color space %r is taken for sRGB", self.path, name)
        return space or "srgb"

    def notes(self) -> dict[str, str]:
        """The texts among the attributes of the file, by their names."""
        return {k: v for k, v in sorted(self._datasets.file.attrs.items()) if isinstance(v, str)}


def write_bfm_hdf5(
    path: str | os.PathLike, contents: FaceModelContents, dtype: type = np.float32
) -> None:
    """Writes a file with the groups and datasets of the original, completely or not at all.

    Args:
      path: the file; its folder is made if need be.
      contents: what to write.
      dtype: that of the bases: float32, or float16 for half the size and columns off by 6e-4.
    """
    with atomic_path(path) as partial, h5py.File(partial, "w") as file:
        _write(file, contents, dtype)


def _write(file, contents, dtype):
    parts = {"shape": contents.shape, "color": contents.color}
    if contents.expression is not None:
        parts["expression"] = contents.expression
    for name, part in parts.items():
        points = contents.color.mean if name == "color" else contents.shape.mean
        _write_part(file, name, part, points, contents.triangles, dtype)
    file["color/representer/colorspace"] = "RGB" if contents.color_space == "srgb" else "linearRGB"
    file["version/majorVersion"], file["version/minorVersion"] = 0, 9
    landmarks = [
        {"id": name, "coordinates": contents.shape.mean[vertex].astype(float).tolist()}
        for name, vertex in contents.landmarks.items()
    ]
    file[_LANDMARKS] = json.dumps(landmarks)
    if contents.landmarks_68 is not None:
        file[_LANDMARKS_68] = contents.landmarks_68
    if contents.source_index is not None:
        file[_SOURCE_INDEX] = contents.source_index
    for name, mask in contents.regions.items():
        file[f"metadata/regions/{name}"] = mask.astype(np.uint8)
    for title, text in contents.notes.items():
        file.attrs[title] = text
    if contents.stand_in:
        file.attrs[_STAND_IN] = contents.stand_in


def _write_part(file, name, part, points, triangles, dtype):
    file[f"{name}/model/mean"] = part.mean.reshape(-1)
    # A file that should be small is compressed too; a large one is read faster if it is not.
    packed = {"compression": "gzip", "shuffle": True} if dtype == np.float16 else {}
    file.create_dataset(f"{name}/model/pcaBasis", data=part.basis.astype(dtype), **packed)
    file[f"{name}/model/pcaVariance"] = part.variance
    file[f"{name}/model/noiseVariance"] = np.zeros(1, np.float32)
    file[f"{name}/representer/points"] = points.T
    file[f"{name}/representer/cells"] = np.ascontiguousarray(triangles.T)
    file[f"{name}/version/majorVersion"], file[f"{name}/version/minorVersion"] = 0, 9
    file[f"catalog/MorphableModel.{name}/modelPath"] = f"/{name}"
    kind = "COLOR" if name == "color" else "SHAPE"
    file[f"catalog/MorphableModel.{name}/modelType"] = f"{kind}_MODEL"
