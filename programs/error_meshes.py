"""Distances of a comparison as colors of a mesh that a reader of the report can turn."""

import numpy as np

from evaluation.geometry.face import Face, Template
from evaluation.geometry.face_search import find_face
from evaluation.turning_mesh import ColorScale, MeshFigure, TurningMesh, distance_mesh
from programs.error_maps import LARGEST_MM

SCALE = ColorScale(LARGEST_MM, "mm")
_FACE_MM = 95.0


def error_mesh(
    label: str, scan: Face, errors_mm: np.ndarray, template: Template, poster: bytes = b""
) -> TurningMesh:
    """Makes a mesh of a scan, upright and from the front, with its distances as colors.

    Args:
      label: what stands below it.
      scan: of N vertices.
      errors_mm: float [N], NaN where nothing was compared.
      template: an average face, by which the scan is turned.
      poster: a picture of it, for pages that are read without JavaScript.

    Raises:
      ValueError: there is no face in the scan, or there are not N distances.
    """
    upright = find_face(scan, template).from_template.inverse()
    vertices = upright(scan.surface.vertices)
    near = np.linalg.norm(vertices - template.face.nose_tip, axis=1) < _FACE_MM
    focus = vertices[near] if near.any() else None
    triangles = scan.surface.triangles
    return distance_mesh(label, vertices, triangles, errors_mm, LARGEST_MM, poster, focus)


def error_figure(caption: str, meshes: list[TurningMesh], photograph: bytes = b"") -> MeshFigure:
    """Puts error maps of one subject side by side, with their scale."""
    return MeshFigure(caption, tuple(meshes), photograph, SCALE)
