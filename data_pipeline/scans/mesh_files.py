"""Reads mesh files of scans and of reconstructions: OBJ, PLY, GLB."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

import numpy as np
import trimesh

from storage.lfs_pointer import refuse_lfs_pointer
from storage.printable import printable
from storage.regular_file import open_regular

SUFFIXES = (".obj", ".ply", ".glb", ".gltf")
# The unit of a reconstruction is guessed by its size: no face or head is smaller than 10 cm, none
# larger than a meter.
_LARGEST_IN_METERS, _LARGEST_IN_CENTIMETERS = 2.0, 90.0


def read_mesh(path: str | os.PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Reads the surface of a mesh file; colors and textures are left out.

    Vertices stay in the order of an OBJ or PLY file, and polygons are cut into triangles.

    Returns:
      Vertices float64 [N, 3] in the file's unit, and triangles int64 [T, 3].

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file cannot be read as a mesh, or has no triangles or values that are not
        finite.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    with clear_mesh_errors(path), open_regular(path) as file:
        vertices, triangles = _read_obj(file) if suffix == ".obj" else _read(file, suffix)
    check_mesh(path, vertices, triangles)
    return vertices, triangles


@contextlib.contextmanager
def clear_mesh_errors(path: pathlib.Path) -> Iterator[None]:
    """Says in one line that a file is no mesh, whatever the reader inside stumbles on.

    Raises:
      OSError: the file cannot be opened.
      ValueError: its ending is not one of `SUFFIXES`, it is a pointer of Git LFS, or the reader
        failed.
    """
    refuse_lfs_pointer(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{printable(path)}: meshes are read from {', '.join(SUFFIXES)} files")
    # The readers of trimesh raise whatever they stumble on in a broken file.
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise ValueError(f"{printable(path)}: not a readable mesh: {reason}") from error


def check_mesh(path: pathlib.Path, vertices: np.ndarray, triangles: np.ndarray) -> None:
    """Checks vertices [N, 3] and triangles [T, 3] that were read from a file.

    Raises:
      ValueError: there are no triangles, vertices are not finite, or a triangle names none of them.
    """
    if not len(triangles):
        raise ValueError(f"{printable(path)}: has no triangles; a surface is expected")
    if not np.isfinite(vertices).all():
        raise ValueError(f"{printable(path)}: holds vertices that are not finite")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        raise ValueError(f"{printable(path)}: a face names a vertex that is not there")


def read_in_millimeters(path: str | os.PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Reads a reconstruction whose unit nobody said, as `read_mesh` does, in millimeters.

    Raises:
      FileNotFoundError, ValueError: see `read_mesh`; or the mesh has no extent.
    """
    vertices, triangles = read_mesh(path)
    try:
        return vertices * millimeters_per_unit(vertices, triangles), triangles
    except ValueError as error:
        raise ValueError(f"{printable(path)}: {error}") from error


def millimeters_per_unit(vertices: np.ndarray, triangles: np.ndarray) -> float:
    """Guesses the unit of a face or head by its size.

    Raises:
      ValueError: the mesh has no extent.
    """
    extent = float(np.ptp(vertices[np.unique(triangles)], axis=0).max())
    if not extent > 0:
        raise ValueError("all vertices are in one place")
    if extent < _LARGEST_IN_METERS:
        return 1000.0
    return 10.0 if extent < _LARGEST_IN_CENTIMETERS else 1.0


def _read(file, suffix):
    loaded = trimesh.load(file, file_type=suffix[1:], process=False)
    mesh = loaded.to_geometry() if isinstance(loaded, trimesh.Scene) else loaded
    return np.array(mesh.vertices, np.float64), np.array(mesh.faces, np.int64)


def _read_obj(file):
    """Reads vertices and faces alone: `trimesh` would split vertices along the seams of textures.

    A vertex may be followed by its color, and a face may count from the last vertex backwards.
    """
    vertices, triangles = [], []
    for line in file:
        if line.startswith(b"v "):
            vertices.append([float(word) for word in line.split()[1:4]])
        elif line.startswith(b"f "):
            corners = [int(word.split(b"/")[0]) for word in line.split()[1:]]
            corners = [c - 1 if c > 0 else c + len(vertices) for c in corners]
            triangles += [
                (corners[0], corners[k], corners[k + 1]) for k in range(1, len(corners) - 1)
            ]
    return np.array(vertices, np.float64).reshape(-1, 3), np.array(triangles, np.int64)
