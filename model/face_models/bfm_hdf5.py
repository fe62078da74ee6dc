"""The HDF5 layout of the Basel Face Model 2017 and 2019 (Statismo): read and written.

Groups `shape`, `color` and `expression`, each with `model/{mean, pcaBasis, pcaVariance,
noiseVariance}` and `representer/{points, cells}`, and landmarks as JSON. Beside the original's
datasets, files of this project have `metadata/landmarks68_index` and `metadata/regions`, and say in
the attribute `stand_in` if they are no face model in their own right.
"""

import json
import os
import pathlib

import h5py
import numpy as np
from absl import logging

from model.face_models import checks, units
from model.face_models.basis import checked_pca
from model.face_models.contents import Cut, FaceModelContents, Pca
from model.face_models.landmark_vertices import nearest_vertices
from model.face_models.landmarks_68 import landmarks_68
from model.face_models.triangles import mended_triangles
from storage.atomic import atomic_path

SIGNATURE = b"\x89HDF\r\n\x1a\n"
LAYOUT = "Basel Face Model 2017 / 2019 layout (HDF5)"

_MM = 1.0
_CELLS = "shape/representer/cells"
_LANDMARKS = "metadata/landmarks/json"
_LANDMARKS_68 = "metadata/landmarks68_index"
_SOURCE_INDEX = "metadata/ict_vertex_index"
# Of the converted ICT-FaceKit files: what each vertex is, by number.
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
      orthonormal: whether to refuse a basis that is not.

    Raises:
      ValueError: names the file, the dataset and what is wrong with it.
    """
    path = pathlib.Path(path)
    with _open(path) as file:
        reader = _Reader(path, file, orthonormal)
        shape, unit = reader.shape(cut.shape)
        color = reader.color(cut.texture)
        expression = reader.expression(cut.expression, unit, shape)
        parts = {"shape": shape, "color": color, "expression": expression}
        means = {_part_names(name).mean: part for name, part in parts.items()}
        checks.check_same_vertices(path, means)
        triangles = reader.triangles(shape.mean)
        landmarks = reader.landmarks(shape.mean, triangles, unit)
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
            source_index=reader.indices(_SOURCE_INDEX, len(shape.mean)),
            notes=reader.notes(),
            stand_in=str(file.attrs.get(_STAND_IN, "")),
            repairs=tuple(reader.repairs),
        )


def _part_names(group: str) -> checks.PartNames:
    return checks.PartNames(
        f"{group}/model/mean", f"{group}/model/pcaBasis", f"{group}/model/pcaVariance"
    )


def _open(path: pathlib.Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        if checks.first_bytes(path).startswith(SIGNATURE):
            raise ValueError(
                f"{path}: is truncated or damaged ({error}); download or copy it again"
            ) from None
        raise ValueError(
            f"{path}: is no HDF5 file ({error}); BFM 2017 comes as model2017-1_bfm_nomouth.h5"
        ) from None


class _Reader:
    """Datasets of one open file, checked, with errors that name file and dataset."""

    def __init__(self, path: pathlib.Path, file: h5py.File, orthonormal: bool):
        self._path = path
        self._file = file
        self._orthonormal = orthonormal
        self.repairs: list[str] = []

    def array(self, name: str, dtype=np.float32, columns: int | None = None) -> np.ndarray:
        """A dataset, or its first columns."""
        dataset = self._dataset(name)
        try:
            values = dataset[()] if columns is None else dataset[:, :columns]
        except OSError as error:
            raise ValueError(f"{self._path}: cannot read {name!r} ({error}); truncated?") from None
        return checks.checked_array(self._path, name, values, dtype)

    def _dataset(self, name):
        if not isinstance(self._file.get(name), h5py.Dataset):
            if "shapePC" in self._file:
                raise ValueError(
                    f"{self._path}: holds the arrays of BFM 2009 (shapePC), not those of BFM 2017; "
                    "give it the name it came with, 01_MorphableModel.mat"
                )
            raise ValueError(f"{self._path}: has no dataset {name!r}, which BFM 2017 files have")
        return self._file[name]

    def shape(self, components: int | None) -> tuple[Pca, float]:
        """The shape in mm, and the factor to mm of its mean."""
        part, unit, repairs = units.shape_in_millimeters(
            self._path, _part_names("shape"), self._pca("shape", components), _MM
        )
        self.repairs += repairs
        return part, unit

    def color(self, components: int | None) -> Pca:
        """The colors in 0..1."""
        part, repairs = units.colors_in_0_to_1(
            self._path, _part_names("color"), self._pca("color", components), 1.0
        )
        self.repairs += repairs
        return part

    def expression(self, components: int | None, unit: float, shape: Pca) -> Pca | None:
        """The expressions in mm, if there are any."""
        if "expression" not in self._file:
            return None
        raw = self._pca("expression", components)
        part, repairs = units.expression_in_millimeters(
            self._path, _part_names("expression"), raw, unit, shape
        )
        self.repairs += repairs
        return part

    def _pca(self, group: str, components: int | None) -> Pca:
        """A part in the file's unit, with columns of unit length."""
        names = _part_names(group)
        mean = self.array(names.mean).reshape(-1)
        variance = self.array(names.variance).reshape(-1)
        basis_shape = self._dataset(names.basis).shape
        checks.check_shapes(self._path, names, mean.size, basis_shape, variance.size)
        keep = checks.components_to_keep(self._path, names.variance, variance.size, components)
        basis = self.array(names.basis, columns=keep)
        part, repairs = checked_pca(
            self._path, names, mean, basis, variance[:keep], self._orthonormal
        )
        self.repairs += repairs
        return part

    def triangles(self, mean: np.ndarray) -> np.ndarray:
        cells = self.array(_CELLS, np.int64)
        triangles = checks.checked_triangles(self._path, _CELLS, cells, len(mean))
        triangles, repairs = mended_triangles(self._path, _CELLS, triangles, mean)
        self.repairs += repairs
        return triangles

    def landmarks(self, mean: np.ndarray, triangles: np.ndarray, unit: float) -> dict[str, int]:
        """Names to the nearest vertices of the mean."""
        landmarks, repairs = nearest_vertices(
            self._path, _LANDMARKS, self._landmark_points(), mean, triangles, unit
        )
        self.repairs += repairs
        return landmarks

    def _landmark_points(self) -> dict[str, np.ndarray]:
        """Landmarks as they are given: float [3] by names."""
        if _LANDMARKS not in self._file:
            return {}
        value = np.asarray(self._file[_LANDMARKS][()])
        try:
            text = value.item() if value.dtype.kind in "OSU" else value.tobytes()
            entries = json.loads(text.decode() if isinstance(text, bytes) else text)
            points = {str(e["id"]): np.array(e["coordinates"], float) for e in entries}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self._path}: {_LANDMARKS!r} is no list of landmarks: {error}"
            ) from None
        for name, point in points.items():
            if point.shape != (3,) or not np.isfinite(point).all():
                raise ValueError(
                    f"{self._path}: landmark {name!r} of {_LANDMARKS!r} is at {point.tolist()}, "
                    "which is no point in space"
                )
        return points

    def landmarks_68(self, mean: np.ndarray, landmarks: dict[str, int]) -> np.ndarray | None:
        own = self.indices(_LANDMARKS_68, 68)
        if own is None:
            return landmarks_68(mean, landmarks)
        if own.min() < -1 or own.max() >= len(mean):
            raise ValueError(
                f"{self._path}: {_LANDMARKS_68} has indices from {own.min()} to {own.max()}, but "
                f"the vertices are 0 to {len(mean) - 1}"
            )
        return own

    def indices(self, name: str, count: int) -> np.ndarray | None:
        """An optional dataset int32 [count]."""
        if name not in self._file:
            return None
        values = self.array(name, np.int32).reshape(-1)
        if len(values) != count:
            raise ValueError(f"{self._path}: {name} has {len(values)} entries, not {count}")
        return values

    def regions(self, n_vertices: int) -> dict[str, np.ndarray]:
        group = self._file.get("metadata/regions", {})
        regions = {
            name: self.indices(f"metadata/regions/{name}", n_vertices) != 0 for name in group
        }
        classes = self.indices("metadata/vertex_class", n_vertices)
        if classes is not None:
            regions |= {name: classes == k for k, name in enumerate(_VERTEX_CLASSES)}
        return regions

    def color_space(self) -> str:
        """BFM files say RGB, which is sRGB-encoded (stated by an author of the model)."""
        dataset = self._file.get("color/representer/colorspace")
        if dataset is None:
            return "srgb"
        value = dataset[()]
        name = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        space = _COLOR_SPACES.get(name.strip("\0 ").lower())
        if space is None:
            logging.warning("%s: color space %r is taken for sRGB", self._path, name)
        return space or "srgb"

    def notes(self) -> dict[str, str]:
        texts = {k: v for k, v in self._file.attrs.items() if isinstance(v, str) and k != _STAND_IN}
        return dict(sorted(texts.items()))


def write_bfm_hdf5(path: str | os.PathLike, contents: FaceModelContents, dtype=np.float32) -> None:
    """Writes a file with the real tree; it appears complete or not at all.

    Args:
      path: the file; its folder is made if need be.
      contents: what to write.
      dtype: of the bases, float32 or float16 (half the size, columns off by 6e-4).
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
    # Files that are to be small are compressed too; a large one is read faster as it is.
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
