"""The renderer's functions with the names and arguments of `benchmarks.original`."""

import tensorflow as tf

from mesh_renderer import mesh_renderer, rasterize_triangles
from mesh_renderer.vertex_normals import vertex_normals

__all__ = ["interpolate", "phong", "rasterize", "vertex_normals"]


def rasterize(
    clip: tf.Tensor, triangles: tf.Tensor, width: int, height: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns barycentrics [B, H, W, 3] and ids [B, H, W]."""
    buffer = rasterize_triangles.rasterize_barycentric_coordinates(clip, triangles, width, height)
    return buffer.barycentrics, buffer.triangle_ids


def interpolate(
    clip: tf.Tensor,
    attributes: tf.Tensor,
    triangles: tf.Tensor,
    width: int,
    height: int,
    background: list[float],
) -> tf.Tensor:
    """Returns attributes [B, V, A] over the pixels: [B, H, W, A]."""
    return rasterize_triangles.rasterize_clip_space(
        clip, attributes, triangles, width, height, background
    )


def phong(
    clip: tf.Tensor,
    vertices: tf.Tensor,
    triangles: tf.Tensor,
    normals: tf.Tensor,
    colors: tf.Tensor,
    lighting: dict[str, tf.Tensor],
    width: int,
    height: int,
) -> tf.Tensor:
    """Returns RGBA [B, H, W, 4]; `lighting` is a dict of phong_shader's lights and camera."""
    return mesh_renderer.render_clip_space(
        clip,
        triangles,
        normals,
        vertices,
        colors,
        image_width=width,
        image_height=height,
        specular_colors=1.0 - colors,
        shininess_coefficients=12.0,
        **lighting,
    )
