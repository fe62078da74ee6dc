"""Differentiable rasterization of triangle meshes (section 3.2.1 of the paper).

Names, arguments and conventions are those of google/tf_mesh_renderer. Row 0 of every image here is
the bottom, y = -1 in normalized device coordinates. Neither side of a triangle is culled. The ops
run on the host's CPU, on TensorFlow's own threads, also inside a GPU's device scope; they cannot be
compiled by XLA (`jit_compile=True`).
"""

import dataclasses
import types

import tensorflow as tf

from mesh_renderer import camera_utils, inputs
from mesh_renderer.kernel_library import on_host, ops

_PIXELS = ("batch", "height", "width")
# Values of the op's attribute.
_CULLING = {"none": 0, "back": 1, "front": 2}


@dataclasses.dataclass(frozen=True)
class Framebuffer:
    """What is visible at each pixel; row 0 is the bottom.

    Attributes:
      barycentrics: float32 [B, H, W, 3], perspective-correct, of the visible triangle; all 0 where
        there is none. Differentiable with respect to the vertices.
      triangle_ids: int32 [B, H, W]; 0 where there is none, which is also a triangle's id: the
        barycentrics tell. No gradient.
      z_buffer: float32 [B, H, W], depth in normalized device coordinates, -1 (near) to 1 (far);
        1 where there is no triangle. No gradient: interpolate z as an attribute to have one.
    """

    barycentrics: tf.Tensor
    triangle_ids: tf.Tensor
    z_buffer: tf.Tensor


def rasterize(
    world_space_vertices,
    attributes,
    triangles,
    camera_matrices,
    image_width,
    image_height,
    background_value,
    culling="none",
    antialiased=False,
):
    """Projects a mesh, rasterizes it and interpolates its vertex attributes.

    Args:
      world_space_vertices: float32 [B, V, 3], positions in any unit.
      attributes: float32 [B, V, A].
      triangles: int32 [T, 3], vertex indices, shared by the batch; any winding.
      camera_matrices: float32 [B, 4, 4], from world space to clip space.
      image_width: width in pixels.
      image_height: height in pixels.
      background_value: float32 [A], the attributes of pixels without a triangle.
      culling: which side is not drawn, see `rasterize_clip_space`.
      antialiased: whether silhouettes are, see `antialias`.

    Returns:
      float32 [B, H, W, A]; row 0 is the bottom. See `rasterize_clip_space` for the gradients.

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
    clip_space_vertices,
    attributes,
    triangles,
    image_width,
    image_height,
    background_value,
    culling="none",
    antialiased=False,
):
    """Rasterizes a mesh given in clip space and interpolates its vertex attributes.

    Interpolation is perspective-correct. What lies outside -w <= z <= w or behind the eye is not
    drawn. Differentiable with respect to the attributes, the background and x, y, w of the
    vertices. Which triangle a pixel shows is held fixed: the gradient takes the surface to go on
    past the triangle's border (negative barycentric coordinates), so that silhouettes have none.

    Args:
      clip_space_vertices: float32 [B, V, 4], homogeneous positions x, y, z, w. Triangles with
        values that are not finite, or beyond 1e12, are skipped.
      attributes: float32 [B, V, A].
      triangles: int32 [T, 3], vertex indices, shared by the batch; any winding.
      image_width: width in pixels.
      image_height: height in pixels.
      background_value: float32 [A], the attributes of pixels without a triangle.
      culling: "none" draws both sides. The front is the side from which the corners are seen
        counter-clockwise, as in OpenGL; "back" does not draw triangles that show their back, and
        "front" those that show their front.
      antialiased: whether silhouettes are, which gives them a gradient: see `antialias`.

    Returns:
      float32 [B, H, W, A]; row 0 is the bottom.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, or an index outside the vertices.
    """
    antialiased = inputs.as_flag(antialiased, "antialiased")
    visible = visible_triangles(clip_space_vertices, triangles, image_width, image_height, culling)
    vertices, triangles, triangle_ids, _ = visible
    attributes, background = _attributes_and_background(attributes, background_value)
    with on_host():
        image = ops.mesh_renderer_interpolate_mesh(
            clip_space_vertices=vertices,
            triangles=triangles,
            triangle_ids=triangle_ids,
            attributes=attributes,
            background=background,
        )
    return antialias(image, visible) if antialiased else image


def antialias(image, visible, row_0_is_top=False):
    """Blends neighboring pixels along silhouettes, by how far these reach between their centers.

    So the silhouettes get a gradient, which nothing else here gives them (after Laine et al. 2020,
    "Modular primitives for high-performance differentiable rendering"). Differentiable with respect
    to the image and x, y, w of the vertices. A silhouette is the edge of a triangle that a pixel
    shows, beyond which the surface ends or turns away; where triangles are smaller than pixels many
    silhouettes are missed, so coarse meshes and high resolutions are its field.

    Args:
      image: float32 [B, H, W, C] of what `visible` holds.
      visible: the result of `visible_triangles`.
      row_0_is_top: whether the image's rows are in reverse order, as `mesh_renderer` has them.

    Returns:
      float32 [B, H, W, C].
    """
    vertices, triangles, triangle_ids, z_buffer = visible
    with on_host():
        return ops.mesh_renderer_antialias(
            clip_space_vertices=vertices,
            triangles=triangles,
            triangle_ids=triangle_ids,
            z_buffer=z_buffer,
            image=inputs.as_tensor(image, "image", (*_PIXELS, "channels")),
            row_0_is_top=inputs.as_flag(row_0_is_top, "row_0_is_top"),
        )


def rasterize_barycentric_coordinates(
    clip_space_vertices, triangles, image_width, image_height, culling="none"
) -> Framebuffer:
    """Finds the triangle and the barycentric coordinates that each pixel shows.

    Of triangles at equal depth the one with the higher index is seen.

    Args:
      clip_space_vertices: float32 [B, V, 4], homogeneous positions x, y, z, w.
      triangles: int32 [T, 3], vertex indices, shared by the batch; any winding.
      image_width: width in pixels.
      image_height: height in pixels.
      culling: which side is not drawn, see `rasterize_clip_space`.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, or an index outside the vertices.
    """
    vertices, triangles, triangle_ids, z_buffer = visible_triangles(
        clip_space_vertices, triangles, image_width, image_height, culling
    )
    with on_host():
        barycentrics = ops.mesh_renderer_barycentrics(
            clip_space_vertices=vertices, triangles=triangles, triangle_ids=triangle_ids
        )
        return Framebuffer(barycentrics, tf.maximum(triangle_ids, 0), z_buffer)


def visible_triangles(clip_space_vertices, triangles, image_width, image_height, culling="none"):
    """Finds the triangle that each pixel shows: what rendering starts from. No gradient.

    Args:
      clip_space_vertices: float32 [B, V, 4], homogeneous positions x, y, z, w.
      triangles: int32 [T, 3], vertex indices, shared by the batch.
      image_width: width in pixels.
      image_height: height in pixels.
      culling: which side is not drawn, see `rasterize_clip_space`.

    Returns:
      The vertices and triangles as checked tensors; ids int32 [B, H, W], -1 where there is no
      triangle; depths float32 [B, H, W], as `Framebuffer.z_buffer`. Row 0 is the bottom.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, or an index outside the vertices.
    """
    vertices = inputs.as_tensor(
        clip_space_vertices, "clip_space_vertices", ("batch", "vertices", 4)
    )
    triangles = inputs.as_tensor(triangles, "triangles", ("triangles", 3), dtype=tf.int32)
    culling = inputs.as_choice(culling, "culling", _CULLING)
    with on_host():
        found = ops.mesh_renderer_visibility(
            clip_space_vertices=vertices,
            triangles=triangles,
            image_width=inputs.as_size(image_width, "image_width"),
            image_height=inputs.as_size(image_height, "image_height"),
            culling=_CULLING[culling],
        )
    return vertices, triangles, found.triangle_ids, found.z_buffer


def interpolate_attributes(framebuffer: Framebuffer, attributes, triangles, background_value):
    """Interpolates vertex attributes over the pixels of a framebuffer.

    Differentiable with respect to the framebuffer's barycentrics, the attributes and the
    background.

    Args:
      framebuffer: of `rasterize_barycentric_coordinates`, images [B, H, W].
      attributes: float32 [B, V, A].
      triangles: int32 [T, 3], those that were rasterized.
      background_value: float32 [A], the attributes of pixels without a triangle.

    Returns:
      float32 [B, H, W, A], rows as in the framebuffer.

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


tf.no_gradient("MeshRenderer>Visibility")


@tf.RegisterGradient("MeshRenderer>Barycentrics")
def _barycentrics_grad(op, d_barycentrics):
    with on_host():
        d_vertices = ops.mesh_renderer_barycentrics_grad(*op.inputs, d_barycentrics=d_barycentrics)
    return d_vertices, None, None


@tf.RegisterGradient("MeshRenderer>Antialias")
def _antialias_grad(op, d_antialiased):
    with on_host():
        d = ops.mesh_renderer_antialias_grad(
            *op.inputs,
            d_antialiased=d_antialiased,
            row_0_is_top=op.get_attr("row_0_is_top"),
        )
    return d.d_clip_space_vertices, None, None, None, d.d_image


@tf.RegisterGradient("MeshRenderer>InterpolateMesh")
def _interpolate_mesh_grad(op, d_image):
    with on_host():
        d = ops.mesh_renderer_interpolate_mesh_grad(*op.inputs, d_image=d_image)
    return d.d_clip_space_vertices, None, None, d.d_attributes, d.d_background


@tf.RegisterGradient("MeshRenderer>Interpolate")
def _interpolate_grad(op, d_image):
    attributes, triangles, barycentrics, triangle_ids, background = op.inputs
    with on_host():
        gradients = ops.mesh_renderer_interpolate_grad(
            attributes=attributes,
            triangles=triangles,
            barycentrics=barycentrics,
            triangle_ids=triangle_ids,
            background=background,
            d_image=d_image,
        )
    return gradients.d_attributes, None, gradients.d_barycentrics, None, gradients.d_background


def _rasterize_one_image(vertices, triangles, image_width, image_height):
    """The original's op: one image, vertices float32 [V, 4] in clip space.

    Returns:
      barycentrics [H, W, 3], triangle ids [H, W] and depths [H, W], as in `Framebuffer`.
    """
    vertices = inputs.as_tensor(vertices, "vertices", ("vertices", 4))
    buffer = rasterize_barycentric_coordinates(vertices[None], triangles, image_width, image_height)
    return buffer.barycentrics[0], buffer.triangle_ids[0], buffer.z_buffer[0]


# Users of the original reach its op by this name.
rasterize_triangles_module = types.SimpleNamespace(rasterize_triangles=_rasterize_one_image)
