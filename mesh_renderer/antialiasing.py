"""Antialiased silhouettes, which get a gradient by it.

The method is that of Laine et al. 2020, "Modular primitives for high-performance differentiable
rendering".
"""

import tensorflow as tf

from mesh_renderer import inputs
from mesh_renderer.inputs import TensorLike
from mesh_renderer.kernel_library import on_host, ops
from mesh_renderer.visibility import VisibleTriangles


def antialias(
    image: TensorLike, visible: VisibleTriangles, row_0_is_top: bool = False
) -> tf.Tensor:
    """Blends neighboring pixels along silhouettes, by how far these reach between their centers.

    The result is differentiable with respect to the image and to x, y, w of the vertices: nothing
    else here gives silhouettes a gradient. A silhouette is the edge of a triangle that a pixel
    shows, beyond which the surface ends or turns away. Many silhouettes are missed where triangles
    are smaller than pixels, so this suits coarse meshes and high resolutions.

    Args:
      image: float32 [B, H, W, C], drawn from `visible`.
      visible: the result of `visible_triangles`.
      row_0_is_top: whether the image's rows are in reverse order, as `mesh_renderer` has them.

    Returns:
      float32 [B, H, W, C].

    Raises:
      InvalidArgumentError: a wrong shape or dtype.
    """
    vertices, triangles, triangle_ids, z_buffer = visible
    with on_host():
        return ops.mesh_renderer_antialias(
            clip_space_vertices=vertices,
            triangles=triangles,
            triangle_ids=triangle_ids,
            z_buffer=z_buffer,
            image=inputs.as_tensor(image, "image", ("batch", "height", "width", "channels")),
            row_0_is_top=inputs.as_flag(row_0_is_top, "row_0_is_top"),
        )


@tf.RegisterGradient("MeshRenderer>Antialias")
def _antialias_grad(op, d_antialiased):
    with on_host():
        d = ops.mesh_renderer_antialias_grad(
            *op.inputs,
            d_antialiased=d_antialiased,
            row_0_is_top=op.get_attr("row_0_is_top"),
        )
    return d.d_clip_space_vertices, None, None, None, d.d_image
