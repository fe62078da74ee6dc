"""Faces that can be turned on the page of a report: photograph, mesh, and distances as colors."""

import base64
import dataclasses

import numpy as np
from matplotlib import colormaps

# Distances are drawn from dark blue to dark red; what has none is gray.
COLOR_MAP = "turbo"
UNKNOWN = 184
# A page should stay small, and the eye sees no more of a face.
MAX_VERTICES = 30_000
_STEPS = 32767


@dataclasses.dataclass(frozen=True, eq=False)
class TurningMesh:
    """A colored mesh that a reader of a report can turn.

    Attributes:
      label: what stands below it.
      vertices: float [N, 3]; +x to the right, +y up, +z toward the viewer.
      triangles: int [T, 3].
      colors: uint8 sRGB [N, 3].
      poster: a JPEG or PNG file of the mesh from the front, for pages that are read without
        JavaScript; empty where there is none.
      is_map: whether the colors stand for numbers, so that they are shaded but little.
      focus: float [N or fewer, 3], points that fill the view, such as the face of a bust; None for
        all vertices.
    """

    label: str
    vertices: np.ndarray
    triangles: np.ndarray
    colors: np.ndarray
    poster: bytes = b""
    is_map: bool = False
    focus: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class ColorScale:
    """The scale of distances as colors: from 0 to `largest` of a unit such as mm."""

    largest: float
    unit: str


@dataclasses.dataclass(frozen=True)
class MeshFigure:
    """A figure of meshes that turn together, beside the photograph that they were made from.

    Attributes:
      caption: whole sentences that say what is shown.
      meshes: one or more.
      photograph: a JPEG or PNG file; empty where there is none.
      photograph_label: what stands below it.
      scale: what the colors of error maps mean; None where there is no such mesh.
    """

    caption: str
    meshes: tuple[TurningMesh, ...]
    photograph: bytes = b""
    scale: ColorScale | None = None
    photograph_label: str = "photograph"


def distance_mesh(
    label: str,
    vertices: np.ndarray,
    triangles: np.ndarray,
    values: np.ndarray,
    largest: float,
    poster: bytes = b"",
    focus: np.ndarray | None = None,
) -> TurningMesh:
    """Makes a mesh whose colors are numbers, such as the distances to a true surface.

    Args:
      label: what stands below it.
      vertices: float [N, 3]; +x to the right, +y up, +z toward the viewer.
      triangles: int [T, 3].
      values: float [N], from 0 up; NaN, where nothing was measured, is drawn gray.
      largest: the value of the last color, which larger ones get too; that of the `ColorScale`.
      poster, focus: see `TurningMesh`.

    Raises:
      ValueError: there are not as many values as vertices.
    """
    if len(values) != len(vertices):
        raise ValueError(f"{len(values)} values for {len(vertices)} vertices")
    colors = colormaps[COLOR_MAP](np.clip(np.nan_to_num(values) / largest, 0, 1))[:, :3]
    colors = np.uint8(colors * 255 + 0.5)
    colors[~np.isfinite(values)] = UNKNOWN
    return TurningMesh(label, vertices, triangles, colors, poster, True, focus)


def gradient(steps: int = 17) -> str:
    """The colors of a scale as a CSS background, from left to right."""
    rgb = np.uint8(colormaps[COLOR_MAP](np.linspace(0, 1, steps))[:, :3] * 255 + 0.5)
    return "linear-gradient(to right, " + ", ".join(map(_hex, rgb)) + ")"


def _hex(rgb) -> str:
    return "#" + "".join(f"{value:02x}" for value in rgb)


def encode_meshes(meshes: list[TurningMesh]) -> dict:
    """Encodes meshes for `assets/turning_mesh.js`, as JSON can hold them.

    Positions have 16 bits within the sphere around the mesh; `view` is the center and the radius
    of what fills the view, in radii of that sphere. Triangles that several meshes share are there
    once.
    """
    shared, encoded = {}, []
    for mesh in map(thinned, meshes):
        triangles = _base64(np.asarray(mesh.triangles, "<u4"))
        encoded.append(
            {
                "triangles": shared.setdefault(triangles, len(shared)),
                "positions": _base64(_quantized(mesh)),
                "view": _view(mesh),
                "colors": _base64(np.asarray(mesh.colors, np.uint8)),
                "map": mesh.is_map,
            }
        )
    return {"triangles": list(shared), "meshes": encoded}


def _quantized(mesh: TurningMesh) -> np.ndarray:
    """Positions int16 [N, 3] in `_STEPS` a radius."""
    center, radius = _sphere(mesh.vertices[np.unique(mesh.triangles)])
    steps = (mesh.vertices - center) / radius * _STEPS
    return np.clip(np.round(steps), -_STEPS, _STEPS).astype("<i2")


def _view(mesh: TurningMesh) -> list[float]:
    """Center and radius of what fills the view, in radii of the sphere around the mesh."""
    center, radius = _sphere(mesh.vertices[np.unique(mesh.triangles)])
    middle, half = (center, radius) if mesh.focus is None else _sphere(mesh.focus)
    return [*((middle - center) / radius).tolist(), half / radius]


def _sphere(points: np.ndarray) -> tuple[np.ndarray, float]:
    """The middle of the box of points, and the radius of the sphere around that box."""
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, max(float(np.linalg.norm(high - low)) / 2, 1e-9)


def thinned(mesh: TurningMesh, most: int = MAX_VERTICES) -> TurningMesh:
    """Joins the vertices of a fine mesh within the cells of a grid until at most `most` are left.

    Positions and colors are averaged; triangles that fall into a point or a line are left out.
    """
    # Of the cells of a cube, a face fills about so many as two of the cube's sides have.
    cells = np.sqrt(most / 2)
    while len(mesh.vertices) > most:
        mesh = _joined(mesh, float(np.ptp(mesh.vertices, axis=0).max()) / cells)
        cells *= 0.8
    return mesh


def _joined(mesh: TurningMesh, cell_size: float) -> TurningMesh:
    place = np.floor((mesh.vertices - mesh.vertices.min(axis=0)) / cell_size)
    _, cell, count = np.unique(place, axis=0, return_inverse=True, return_counts=True)
    cell = cell.ravel()
    triangles = cell[mesh.triangles]
    a, b, c = triangles.T
    return dataclasses.replace(
        mesh,
        vertices=_means(mesh.vertices, cell, count),
        triangles=triangles[(a != b) & (b != c) & (c != a)],
        colors=np.uint8(_means(mesh.colors, cell, count) + 0.5),
    )


def _means(values: np.ndarray, cell: np.ndarray, count: np.ndarray) -> np.ndarray:
    sums = [np.bincount(cell, column, len(count)) for column in np.asarray(values, float).T]
    return np.stack(sums, axis=1) / count[:, None]


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
