"""Smooth vertex normals."""

import tensorflow as tf

from mesh_renderer import inputs
from mesh_renderer.kernel_library import on_host, ops


def vertex_normals(vertices: tf.Tensor, triangles: tf.Tensor) -> tf.Tensor:
    """Unit normals: the sum of the adjacent triangles' normals, each weighted by its area.

    Differentiable with respect to the vertices. A vertex without a triangle, or whose triangles
    have no area or cancel out, gets a zero normal and no gradient. Triangles with positions that
    are not finite count for nothing. Runs on the host's CPU.

    Args:
      vertices: float32 [B, V, 3], positions in any unit.
      triangles: int32 [T, 3], vertex indices. Counter-clockwise from outside in a right-handed
        frame gives outward normals.

    Returns:
      float32 [B, V, 3].

    Raises:
      InvalidArgumentError: a wrong shape or dtype, or an index outside the vertices.
    """
    vertices = inputs.as_tensor(vertices, "vertices", ("batch", "vertices", 3))
    triangles = inputs.as_tensor(triangles, "triangles", ("triangles", 3), dtype=tf.int32)
    with on_host():
        return ops.mesh_renderer_vertex_normals(vertices=vertices, triangles=triangles).normals


@tf.RegisterGradient("MeshRenderer>VertexNormals")
def _vertex_normals_grad(op, d_normals, d_per_length):
    del d_per_length
    with on_host():
        d_vertices = ops.mesh_renderer_vertex_normals_grad(
            *op.inputs, *op.outputs, d_normals=d_normals
        )
    return d_vertices, None
