"""Reads meshes with their colors, whoever made them: by vertex, or from a texture."""

import pathlib

import numpy as np
import pygltflib
import tensorflow as tf
import trimesh

from data_pipeline.scans.mesh_files import check_mesh, clear_mesh_errors
from model.albedo import GRAY
from model.color import linear_to_srgb
from model.mesh_io import Mesh

_COMPONENTS = {5121: ("u1", 255.0), 5123: ("<u2", 65535.0), 5126: ("<f4", 1.0)}


def read_colored(path: pathlib.Path) -> Mesh:
    """Reads an OBJ, PLY or GLB file; a mesh without color is gray.

    Returns:
      The mesh in the file's unit, with the color of each vertex. Vertices that lie on a seam of a
      texture may be there twice.

    Raises:
      OSError: the file cannot be read.
      ValueError: it is no mesh, has no triangles, or has values that are not finite.
    """
    with clear_mesh_errors(path):
        loaded = trimesh.load(path, process=False)
        mesh = loaded.to_geometry() if isinstance(loaded, trimesh.Scene) else loaded
        vertices = np.array(mesh.vertices, np.float32)
        triangles = np.array(mesh.faces, np.int32)
        colors = _colors(path, mesh)
    check_mesh(path, vertices, triangles)
    if colors is None:
        colors = np.full(vertices.shape, GRAY)
    return Mesh(vertices, np.float32(colors), triangles)


def _colors(path: pathlib.Path, mesh: trimesh.Trimesh) -> np.ndarray | None:
    """The sRGB colors of the vertices, float [N, 3] in 0..1; None where there are none."""
    if path.suffix.lower() == ".glb":
        linear = _glb_colors(path)
        if linear is not None and len(linear) == len(mesh.vertices):
            return linear_to_srgb(tf.constant(linear, tf.float32)).numpy()
    visual = mesh.visual
    if visual.kind == "texture" and visual.uv is not None and _texture(visual.material) is not None:
        return trimesh.visual.color.uv_to_color(visual.uv, _texture(visual.material))[:, :3] / 255.0
    if visual.kind in ("vertex", "face"):
        return np.asarray(visual.vertex_colors)[:, :3] / 255.0
    return None


def _texture(material):
    """The image of a material, or None; glTF and OBJ have other names for it."""
    image = getattr(material, "baseColorTexture", None)
    return getattr(material, "image", None) if image is None else image


def _glb_colors(path: pathlib.Path) -> np.ndarray | None:
    """The vertex colors of a GLB file of one mesh, linear [N, 3], which `trimesh` may pass over."""
    tree = pygltflib.GLTF2().load_binary(str(path))
    primitives = [primitive for mesh in tree.meshes for primitive in mesh.primitives]
    if len(primitives) != 1 or primitives[0].attributes.COLOR_0 is None:
        return None
    accessor = tree.accessors[primitives[0].attributes.COLOR_0]
    view = tree.bufferViews[accessor.bufferView]
    kind, largest = _COMPONENTS[accessor.componentType]
    channels = int(accessor.type[-1])
    width = np.dtype(kind).itemsize
    stride = view.byteStride or channels * width
    start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
    values = np.ndarray(
        (accessor.count, channels), kind, tree.binary_blob(), start, (stride, width)
    )
    return values[:, :3] / largest
