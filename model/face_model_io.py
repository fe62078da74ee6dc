"""Reads face model files into a `MorphableModel`, and checks all that can be wrong with them.

The layout is that of the Basel Face Model 2017 and 2019 (HDF5, Statismo 0.9): the groups `shape`,
`color` and `expression`, each with `model/{mean,pcaBasis,pcaVariance}` and a `representer`.
"""

import json
import os
import pathlib

import h5py
import numpy as np

from model.morphable_model import LinearModel, MorphableModel

_LFS_POINTER = b"version https://git-lfs"


def load_face_model(
    path: str | os.PathLike,
    shape_components: int | None = None,
    texture_components: int | None = None,
) -> MorphableModel:
    """Loads a morphable face model in the BFM 2017 HDF5 layout.

    Args:
      path: the `.h5` file.
      shape_components: how many of the file's shape components to keep, all by default.
      texture_components: likewise for the color components.

    Returns:
      The model: millimeters, sRGB colors in 0..1, triangles counter-clockwise seen from outside.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is no face model, or part of it is missing or inconsistent; the message
        names the file, the dataset and the value.
    """
    path = pathlib.Path(path)
    with _open(path) as file:
        reader = _Reader(path, file)
        shape = reader.linear_model("shape", shape_components)
        texture = reader.linear_model("color", texture_components)
        expression = reader.linear_model("expression") if "expression" in file else None
        n_vertices = shape.mean.shape[0]
        for name, part in (("color", texture), ("expression", expression)):
            if part is not None and part.mean.shape[0] != n_vertices:
                raise ValueError(
                    f"{path}: {name}/model/mean has {part.mean.shape[0]} vertices, but "
                    f"shape/model/mean has {n_vertices}: the parts are of different models"
                )
        triangles = reader.triangles(n_vertices)
        landmarks = reader.landmarks(shape.mean)
    triangles = _wind_outwards(triangles, shape.mean)
    return MorphableModel(shape, texture, triangles, landmarks, expression, name=path.stem)


def _open(path: pathlib.Path) -> h5py.File:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such face model file; give one in the BFM 2017 HDF5 layout "
            "(--face_model=FILE)"
        )
    with path.open("rb") as file:
        head = file.read(len(_LFS_POINTER))
    if head == _LFS_POINTER:
        raise ValueError(f"{path}: is a Git LFS pointer, not the data; run `git lfs pull`")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ValueError(
            f"{path}: is not an HDF5 file, or a damaged one ({error}); "
            "BFM 2017 comes as model2017-1_bfm_nomouth.h5"
        ) from None


class _Reader:
    """Datasets of one open file, checked, with errors that name file and dataset."""

    def __init__(self, path: pathlib.Path, file: h5py.File):
        self._path = path
        self._file = file

    def array(self, name: str, dtype=np.float32) -> np.ndarray:
        if name not in self._file:
            raise ValueError(f"{self._path}: has no dataset {name!r}, which BFM 2017 files have")
        try:
            values = np.asarray(self._file[name])
        except OSError as error:
            raise ValueError(f"{self._path}: cannot read {name!r} ({error}); truncated?") from None
        values = values.astype(dtype)
        if np.issubdtype(dtype, np.floating) and not np.all(np.isfinite(values)):
            raise ValueError(f"{self._path}: {name!r} holds values that are not finite")
        return values

    def linear_model(self, group: str, components: int | None = None) -> LinearModel:
        mean = self.array(f"{group}/model/mean").reshape(-1)
        basis = self.array(f"{group}/model/pcaBasis")
        variance = self.array(f"{group}/model/pcaVariance").reshape(-1)
        if mean.size == 0 or mean.size % 3:
            raise ValueError(
                f"{self._path}: {group}/model/mean has {mean.size} values, not 3 for each vertex"
            )
        if basis.shape != (mean.size, variance.size):
            raise ValueError(
                f"{self._path}: {group}/model/pcaBasis has shape {basis.shape}, but mean and "
                f"pcaVariance ask for {(mean.size, variance.size)}"
            )
        if np.any(variance < 0):
            worst = int(np.argmin(variance))
            raise ValueError(
                f"{self._path}: {group}/model/pcaVariance[{worst}] is {variance[worst]:g}; "
                "a variance cannot be negative"
            )
        keep = variance.size if components is None else components
        if not 0 < keep <= variance.size:
            raise ValueError(
                f"{self._path}: {keep} {group} components asked for; the file has {variance.size}"
            )
        basis = self._unit_columns(group, basis)
        # W of equation 1 holds the square roots of the eigenvalues.
        scaled = (basis * np.sqrt(variance))[:, :keep]
        return LinearModel(mean.reshape(-1, 3), np.ascontiguousarray(scaled.T))

    def triangles(self, n_vertices: int) -> np.ndarray:
        cells = self.array("shape/representer/cells", np.int64)
        if cells.ndim != 2 or 3 not in cells.shape:
            raise ValueError(
                f"{self._path}: shape/representer/cells has shape {cells.shape}, not (3, triangles)"
            )
        triangles = cells.T if cells.shape[0] == 3 else cells
        if triangles.size == 0:
            raise ValueError(f"{self._path}: shape/representer/cells holds no triangle")
        if triangles.min() < 0 or triangles.max() >= n_vertices:
            raise ValueError(
                f"{self._path}: shape/representer/cells has indices from {triangles.min()} to "
                f"{triangles.max()}, but the vertices are 0 to {n_vertices - 1}"
            )
        return np.ascontiguousarray(triangles, np.int32)

    def landmarks(self, mean: np.ndarray) -> dict[str, int]:
        """Names to the nearest vertices of the mean."""
        name = "metadata/landmarks/json"
        if name not in self._file:
            return {}
        value = self._file[name][()]
        text = value if isinstance(value, (bytes, str)) else np.asarray(value).tobytes()
        try:
            entries = json.loads(text.decode() if isinstance(text, bytes) else text)
            points = {entry["id"]: np.asarray(entry["coordinates"], float) for entry in entries}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{self._path}: {name!r} is no list of landmarks: {error}") from None
        return {k: int(np.argmin(np.sum((mean - p) ** 2, axis=1))) for k, p in points.items()}

    def _unit_columns(self, group: str, basis: np.ndarray) -> np.ndarray:
        """Statismo 0.8 stores the columns times their deviations; 0.9 stores unit columns."""
        norms = np.linalg.norm(basis, axis=0)
        version = tuple(
            int(self.array(f"version/{part}Version", np.int64))
            for part in ("major", "minor")
            if f"version/{part}Version" in self._file
        )
        if version == (0, 8):
            return basis / np.maximum(norms, np.finfo(np.float32).tiny)
        if np.any(np.abs(norms - 1) > 0.01):
            worst = int(np.argmax(np.abs(norms - 1)))
            raise ValueError(
                f"{self._path}: column {worst} of {group}/model/pcaBasis has norm "
                f"{norms[worst]:.4g}, not 1: the basis is not orthonormal"
            )
        return basis


def _wind_outwards(triangles: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Turns all triangles round if the mean face's normals point inwards.

    A face is an open surface: its front looks along +z, so the area-weighted normals must too.
    """
    a, b, c = (mean[triangles[:, k]] for k in range(3))
    looks_back = np.cross(b - a, c - a)[:, 2].sum() < 0
    return np.ascontiguousarray(triangles[:, ::-1]) if looks_back else triangles
