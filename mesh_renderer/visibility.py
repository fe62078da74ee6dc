"""Which triangle each pixel of an image shows: what all rendering starts from."""

from typing import Any, Literal, NamedTuple

import tensorflow as tf

from mesh_renderer import inputs
from mesh_renderer.inputs import TensorLike
from mesh_renderer.kernel_library import on_host, ops

Culling = Literal["none", "back", "front"]

# The values of the op's attribute.
_CULLING = {"none": 0, "back": 1, "front": 2}


class VisibleTriangles(NamedTuple):
    """A mesh in clip space, and the triangle of it that each pixel shows; row 0 is the bottom.

    Attributes:
      vertices: float32 [B, V, 4], homogeneous positions x, y, z, w.
      triangles: int32 [T, 3], vertex indices, shared by the batch.
      triangle_ids: int32 [B, H, W], -1 where there is no triangle.
      z_buffer: float32 [B, H, W], depth in normalized device coordinates, -1 (near) to 1 (far); 1
        where there is no triangle.
    """

    vertices: tf.Tensor
    triangles: tf.Tensor
    triangle_ids: tf.Tensor
    z_buffer: tf.Tensor


def visible_triangles(
    clip_space_vertices: TensorLike,
    triangles: TensorLike,
    image_width: Any,
    image_height: Any,
    culling: Culling = "none",
) -> VisibleTriangles:
    """Finds the triangle that each pixel shows. Ids and depths have no gradient.

    Args:
      clip_space_vertices: float32 [B, V, 4], homogeneous positions x, y, z, w.
      triangles: int32 [T, 3], vertex indices, shared by the batch; any winding.
      image_width: width in pixels.
      image_height: height in pixels.
      culling: which side of the triangles is not drawn. "none" draws both sides. The front is the
        side from which the corners are seen counter-clockwise, as in OpenGL; "back" does not draw
        triangles that show their back, and "front" those that show their front.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, or an index outside the vertices.
    """
    vertices = inputs.as_tensor(
        clip_space_vertices, "clip_space_vertices", ("batch", "vertices", 4)
    )
    triangles = inputs.as_tensor(triangles, "triangles", ("triangles", 3), dtype=tf.int32)
    with on_host():
        found = ops.mesh_renderer_visibility(
            clip_space_vertices=vertices,
            triangles=triangles,
            image_width=inputs.as_size(image_width, "image_width"),
            image_height=inputs.as_size(image_height, "image_height"),
            culling=_CULLING[inputs.as_choice(culling, "culling", _CULLING)],
        )
    return VisibleTriangles(vertices, triangles, found.triangle_ids, found.z_buffer)


tf.no_gradient("MeshRenderer>Visibility")
