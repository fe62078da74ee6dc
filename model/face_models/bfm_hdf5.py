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

from model.face_models import checks
from model.face_models.basis import checked_pca
from model.face_models.contents import Cut, FaceModelContents, Pca
from model.face_models.landmarks_68 import landmarks_68
from model.face_models.winding import wind_outwards
from storage.atomic import atomic_path

SIGNATURE = b"\x89HDF\r\n\x1a\n"
LAYOUT = "Basel Face Model 2017 / 2019 layout (HDF5)"

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
        shape = reader.pca("shape", cut.shape)
        color = reader.pca("color", cut.texture)
        expression = reader.pca("expression", cut.expression) if "expression" in file else None
        parts = {"shape/model/mean": shape, "color/model/mean": color}
        checks.check_same_vertices(path, parts | {"expression/model/mean": expression})
        cells = reader.array(_CELLS, np.int64)
        triangles = checks.checked_triangles(path, _CELLS, cells, len(shape.mean))
        triangles, repairs = wind_outwards(triangles, shape.mean)
        landmarks = reader.landmarks(shape.mean)
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
            repairs=(*reader.repairs, *repairs),
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

    def pca(self, group: str, components: int | None) -> Pca:
        names = checks.PartNames(
            *(f"{group}/model/{part}" for part in ("mean", "pcaBasis", "pcaVariance"))
        )
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

    def landmarks(self, mean: np.ndarray) -> dict[str, int]:
        """Names to the nearest vertices of the mean."""
        if _LANDMARKS not in self._file:
            return {}
        value = self._file[_LANDMARKS][()]
        text = value if isinstance(value, (bytes, str)) else np.asarray(value).tobytes()
        try:
            entries = json.loads(text.decode() if isinstance(text, bytes) else text)
            points = {entry["id"]: np.asarray(entry["coordinates"], float) for entry in entries}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self._path}: {_LANDMARKS!r} is no list of landmarks: {error}"
            ) from None
        return {k: int(np.argmin(np.sum((mean - p) ** 2, axis=1))) for k, p in points.items()}

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
