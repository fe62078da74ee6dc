"""Differentiable rasterization of triangle meshes (section 3.2.1 of the paper).

Names, arguments and conventions are those of google/tf_mesh_renderer. Row 0 of every image here is
the bottom, y = -1 in normalized device coordinates. Neither side of a triangle is culled by
default. The ops run on the host's CPU, on TensorFlow's own threads, also inside a GPU's device
scope; they cannot be compiled by XLA (`jit_compile=True`).
"""

import dataclasses
import types
from typing import Any

import tensorflow as tf

from mesh_renderer import camera_utils, inputs
from mesh_renderer.antialiasing import antialias
from mesh_renderer.inputs import TensorLike
from mesh_renderer.kernel_library import on_host, ops
from mesh_renderer.visibility import Culling, VisibleTriangles, visible_triangles

__all__ = [
    "Framebuffer",
    "VisibleTriangles",
    "antialias",
    "interpolate_attributes",
    "rasterize",
    "rasterize_barycentric_coordinates",
    "rasterize_clip_space",
    "rasterize_triangles_module",
    "visible_triangles",
]

_PIXELS = ("batch", "height", "width")


@dataclasses.dataclass(frozen=True)
class Framebuffer:
    """What is visible at each pixel; row 0 is the bottom.

    Attributes:
      barycentrics: float32 [B, H, W, 3], perspective-correct, of the visible triangle; all 0 where
        there is none. They are differentiable with respect to the vertices.
      triangle_ids: int32 [B, H, W]. It is 0 where there is no triangle, which is also the id of
        one: the barycentrics tell. It has no gradient.
      z_buffer: float32 [B, H, W], depth in normalized device coordinates, -1 (near) to 1 (far); 1
        where there is no triangle. It has no gradient: interpolate z as an attribute to have one.
    """

    barycentrics: tf.Tensor
    triangle_ids: tf.Tensor
    z_buffer: tf.Tensor


def rasterize(
    world_space_vertices: TensorLike,
    attributes: TensorLike,
    triangles: TensorLike,
    camera_matrices: TensorLike,
    image_width: Any,
    image_height: Any,
    background_value: TensorLike,
    culling: Culling = "none",
    antialiased: bool = False,
) -> tf.Tensor:
    """Projects a mesh, rasterizes it and interpolates its vertex attributes.

    Args:
      world_space_vertices: float32 [B, V, 3], positions in any unit.
      attributes: float32 [B, V, A].
      triangles: int32 [T, 3], vertex indices, shared by the batch; any winding.
      camera_matrices: float32 [B, 4, 4], from world space to clip space.
      image_width: width in pixels.
      image_height: height in pixels.
      background_value: float32 [A], the attributes of pixels without a triangle.
      culling: which side of the triangles is not drawn, see `visible_triangles`.
      antialiased: whether silhouettes are blended, see `antialias`.

    Returns:
      float32 [B, H, W, A]; row 0 is the bottom. See `rasterize_clip_space` for its gradients.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, or an index outside the vertices.
    """
    clip_space_vertices = camera_utils.transform_homogeneous(camera_matrices, world_space_vertices)
    return rasterize_clip_space(
        clip_space_vertices,
        attributes,
        triangles,
        image_width,
        image_height,
        background_value,
        culling,
        antialiased,
    )


def rasterize_clip_space(
    clip_space_vertices: TensorLike,
    attributes: TensorLike,
    triangles: TensorLike,
    image_width: Any,
    image_height: Any,
    background_value: TensorLike,
    culling: Culling = "none",
    antialiased: bool = False,
) -> tf.Tensor:
    """Rasterizes a mesh given in clip space and interpolates its vertex attributes.

    Interpolation is perspective-correct. What lies outside -w <= z <= w or behind the eye is not
    drawn. The result is differentiable with respect to the attributes, the background and x, y, w
    of the vertices. The gradient holds fixed which triangle a pixel shows, and takes its surface to
    go on past its border (with negative barycentric coordinates); so silhouettes have no gradient.

    Args:
      clip_space_vertices: float32 [B, V, 4], homogeneous positions x, y, z, w. Triangles with
        values that are not finite, or beyond 1e12, are skipped.
      attributes: float32 [B, V, A].
      triangles: int32 [T, 3], vertex indices, shared by the batch; any winding.
      image_width: width in pixels.
      image_height: height in pixels.
      background_value: float32 [A], the attributes of pixels without a triangle.
      culling: which side of the triangles is not drawn, see `visible_triangles`.
      antialiased: whether silhouettes are blended, which gives them a gradient: see `antialias`.

    Returns:
      float32 [B, H, W, A]; row 0 is the bottom.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, or an index outside the vertices.
    """
    antialiased = inputs.as_flag(antialiased, "antialiased")
    visible = visible_triangles(clip_space_vertices, triangles, image_width, image_height, culling)
    attributes, background = _attributes_and_background(attributes, background_value)
    with on_host():
        image = ops.mesh_renderer_interpolate_mesh(
            clip_space_vertices=visible.vertices,
            triangles=visible.triangles,
            triangle_ids=visible.triangle_ids,
            attributes=attributes,
            background=background,
        )
    return antialias(image, visible) if antialiased else image


def rasterize_barycentric_coordinates(
    clip_space_vertices: TensorLike,
    triangles: TensorLike,
    image_width: Any,
    image_height: Any,
    culling: Culling = "none",
) -> Framebuffer:
    """Finds the triangle and the barycentric coordinates that each pixel shows.

    Of triangles at equal depth the one with the higher index is seen.

    Args:
      clip_space_vertices: float32 [B, V, 4], homogeneous positions x, y, z, w.
      triangles: int32 [T, 3], vertex indices, shared by the batch; any winding.
      image_width: width in pixels.
      image_height: height in pixels.
      culling: which side of the triangles is not drawn, see `visible_triangles`.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, or an index outside the vertices.
    """
    visible = visible_triangles(clip_space_vertices, triangles, image_width, image_height, culling)
    return framebuffer_of(visible)


def framebuffer_of(visible: VisibleTriangles) -> Framebuffer:
    """Computes the barycentric coordinates of visible triangles."""
    vertices, triangles, triangle_ids, z_buffer = visible
    with on_host():
        barycentrics = ops.mesh_renderer_barycentrics(
            clip_space_vertices=vertices, triangles=triangles, triangle_ids=triangle_ids
        )
        return Framebuffer(barycentrics, tf.maximum(triangle_ids, 0), z_buffer)


def interpolate_attributes(
    framebuffer: Framebuffer,
    attributes: TensorLike,
    triangles: TensorLike,
    background_value: TensorLike,
) -> tf.Tensor:
    """Interpolates vertex attributes over the pixels of a framebuffer.

    The result is differentiable with respect to the framebuffer's barycentrics, the attributes and
    the background.

    Args:
      framebuffer: the result of `rasterize_barycentric_coordinates`, images [B, H, W].
      attributes: float32 [B, V, A].
      triangles: int32 [T, 3], those that were rasterized.
      background_value: float32 [A], the attributes of pixels without a triangle.

    Returns:
      float32 [B, H, W, A], with rows as in the framebuffer.

    Raises:
      InvalidArgumentError: a wrong shape or dtype, or an index that is out of range.
    """
    attributes, background = _attributes_and_background(attributes, background_value)
    with on_host():
        return ops.mesh_renderer_interpolate(
            attributes=attributes,
            triangles=inputs.as_tensor(triangles, "triangles", ("triangles", 3), dtype=tf.int32),
            barycentrics=inputs.as_tensor(framebuffer.barycentrics, "barycentrics", (*_PIXELS, 3)),
            triangle_ids=inputs.as_tensor(
                framebuffer.triangle_ids, "triangle_ids", _PIXELS, dtype=tf.int32
            ),
            background=background,
        )


def _attributes_and_background(attributes, background_value):
    attributes = inputs.as_tensor(attributes, "attributes", ("batch", "vertices", "channels"))
    size = attributes.shape[2] or "channels"
    return attributes, inputs.as_tensor(background_value, "background_value", (size,))


@tf.RegisterGradient("MeshRenderer>Barycentrics")
def _barycentrics_grad(op, d_barycentrics):
    with on_host():
        d_vertices = ops.mesh_renderer_barycentrics_grad(*op.inputs, d_barycentrics=d_barycentrics)
    return d_vertices, None, None


@tf.RegisterGradient("MeshRenderer>InterpolateMesh")
def _interpolate_mesh_grad(op, d_image):
    with on_host():
        d = ops.mesh_renderer_interpolate_mesh_grad(*op.inputs, d_image=d_image)
    return d.d_clip_space_vertices, None, None, d.d_attributes, d.d_background


@tf.RegisterGradient("MeshRenderer>Interpolate")
def _interpolate_grad(op, d_image):
    with on_host():
        d = ops.mesh_renderer_interpolate_grad(*op.inputs, d_image=d_image)
    return d.d_attributes, None, d.d_barycentrics, None, d.d_background


def _rasterize_one_image(
    vertices: TensorLike, triangles: TensorLike, image_width: Any, image_height: Any
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The original's op, which draws one image from vertices float32 [V, 4] in clip space.

    Returns:
      barycentrics [H, W, 3], triangle ids [H, W] and depths [H, W], as in `Framebuffer`.
    """
    vertices = inputs.as_tensor(vertices, "vertices", ("vertices", 4))
    buffer = rasterize_barycentric_coordinates(vertices[None], triangles, image_width, image_height)
    return buffer.barycentrics[0], buffer.triangle_ids[0], buffer.z_buffer[0]


# Users of the original reach its op by this name.
rasterize_triangles_module = types.SimpleNamespace(rasterize_triangles=_rasterize_one_image)
