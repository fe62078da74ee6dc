"""Reads a folder of faces in dense correspondence: vertices of one number are one point of a face.

Their true errors are known exactly, and they need not be of the face model that protocols know.
"""

import pathlib

import numpy as np
import scipy.spatial

from data_pipeline.scans.mesh_files import SUFFIXES, read_in_millimeters
from evaluation.geometry.face import Face, Template
from evaluation.geometry.face_search import find_face
from evaluation.geometry.similarity import fit_similarity
from evaluation.geometry.surface import Surface
from evaluation.geometry.trials import TrueFaces
from storage.printable import printable

# A vertex belongs to a region if the aligned average face has a vertex of it so near.
_NEAR_MM = 15.0


def read_population(folder: pathlib.Path, template: Template) -> TrueFaces:
    """Reads all meshes of a folder.

    Args:
      folder: holds at least two meshes with the same triangles.
      template: the average face that protocols know; it gives the meshes landmarks and regions.

    Raises:
      FileNotFoundError: there is no such folder.
      ValueError: it has too few meshes, or some that do not correspond.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{printable(folder)}: no such folder of meshes (--faces)")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if len(paths) < 2:
        raise ValueError(f"{printable(folder)}: has {len(paths)} meshes; at least 2 are needed")
    meshes = [read_in_millimeters(path) for path in paths]
    vertices, triangles = meshes[0]
    for path, (own, faces) in zip(paths, meshes, strict=True):
        if own.shape != vertices.shape or not np.array_equal(faces, triangles):
            raise ValueError(
                f"{printable(path)}: has other triangles than {printable(paths[0].name)}; the "
                "meshes of --faces must be in dense correspondence"
            )
    return population(np.stack([own for own, _ in meshes]), triangles, template)


def population(meshes: np.ndarray, triangles: np.ndarray, template: Template) -> TrueFaces:
    """Makes true faces of meshes float64 [M, N, 3] mm in any poses, with triangles int [T, 3]."""
    moved = [fit_similarity(mesh, meshes[0], with_scale=False)(mesh) for mesh in meshes]
    average = Surface(np.mean(moved, axis=0), triangles)
    found = find_face(Face(average), template).from_template
    back = found.with_scale(1.0, found.inverse()(average.vertices.mean(axis=0))).inverse()
    moved = np.stack([back(mesh) for mesh in moved])
    average = average.moved(back)
    residuals = (moved - average.vertices).reshape(len(moved), -1)
    own = Template(
        Face(
            average,
            _nearest(average, template.face.nose_tip[None])[0],
            _nearest(average, template.face.landmarks),
            f"{len(average.vertices)} vertices of a folder",
        ),
        np.float32(residuals / np.sqrt(len(moved) - 1)),
        _regions(average, template),
    )
    return TrueFaces(own, template, moved)


def _nearest(surface, points):
    return surface.vertices[surface.nearest_vertices(points)]


def _regions(surface, template):
    tree = scipy.spatial.cKDTree(template.face.surface.vertices)
    distance, nearest = tree.query(surface.vertices)
    return {n: mask[nearest] & (distance < _NEAR_MM) for n, mask in template.regions.items()}
