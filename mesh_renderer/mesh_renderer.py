"""Phong-shaded rendering of triangle meshes (section 3.2.2 of the paper).

Names, arguments and defaults are those of google/tf_mesh_renderer. Where its results are wrong,
`legacy=True` brings them back. Row 0 of a rendered image is the top. The ops run on the host's CPU,
also inside a GPU's device scope; they cannot be compiled by XLA (`jit_compile=True`).
"""

from typing import Any

import tensorflow as tf

from mesh_renderer import camera_utils, inputs, rasterize_triangles
from mesh_renderer.antialiasing import antialias
from mesh_renderer.inputs import TensorLike
from mesh_renderer.kernel_library import on_host, ops
from mesh_renderer.phong import as_ambient, phong_shader
from mesh_renderer.tone_mapping import tone_mapper
from mesh_renderer.visibility import Culling, visible_triangles

__all__ = ["mesh_renderer", "phong_shader", "render_clip_space", "tone_mapper"]

_PER_VERTEX = ("batch", "vertices", 3)
_PER_LIGHT = ("batch", "lights", 3)


def mesh_renderer(
    vertices: TensorLike,
    triangles: TensorLike,
    normals: TensorLike,
    diffuse_colors: TensorLike,
    camera_position: TensorLike,
    camera_lookat: TensorLike,
    camera_up: TensorLike,
    light_positions: TensorLike,
    light_intensities: TensorLike,
    image_width: Any,
    image_height: Any,
    specular_colors: TensorLike | None = None,
    shininess_coefficients: TensorLike | None = None,
    ambient_color: TensorLike | None = None,
    fov_y: TensorLike = 40.0,
    near_clip: TensorLike = 0.01,
    far_clip: TensorLike = 10.0,
    legacy: bool = False,
    culling: Culling = "none",
    antialiased: bool = False,
) -> tf.Tensor:
    """Renders meshes with Phong shading through a perspective camera.

    The result is differentiable with respect to all float inputs; see
    `rasterize_triangles.rasterize_clip_space` for what the gradient leaves out.

    Args:
      vertices: float32 [B, V, 3], in world space, in any unit.
      triangles: int32 [T, 3], vertex indices, shared by the batch; any winding.
      normals: float32 [B, V, 3], unit normals in world space.
      diffuse_colors: float32 [B, V, 3], RGB in 0..1.
      camera_position: float32 [B, 3] or [3], in world space.
      camera_lookat: float32 [B, 3] or [3], a point that the camera looks at.
      camera_up: float32 [B, 3] or [3], a direction that appears upwards.
      light_positions: float32 [B, L, 3], in world space.
      light_intensities: float32 [B, L, 3], RGB, 0 or more.
      image_width: width in pixels.
      image_height: height in pixels.
      specular_colors: float32 [B, V, 3], RGB in 0..1; without them there is no specular light.
      shininess_coefficients: float32 scalar, [B] or [B, V]; needed with specular_colors alone.
      ambient_color: float32 [B, 3], RGB, black by default.
      fov_y: float32 scalar or [B], vertical field of view in degrees, as in the original.
      near_clip: float32 scalar or [B], distance of the near clipping plane.
      far_clip: float32 scalar or [B], distance of the far clipping plane.
      legacy: whether to do as the original: with its flawed specular light (see `phong_shader`),
        alpha from the sign of the diffuse color, and NaN for degenerate cameras.
      culling: which side of the triangles is not drawn, see `visible_triangles`.
      antialiased: whether silhouettes are blended, color and alpha: see `antialias`.

    Returns:
      float32 [B, H, W, 4], RGB (0 or more, not clipped) and alpha: 1 on the mesh and 0 elsewhere.
      Row 0 is the top.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, an index outside the vertices, or specular
        colors without shininess or the reverse.
    """
    batch = tf.shape(inputs.as_tensor(vertices, "vertices", _PER_VERTEX))[0]
    image_width = inputs.as_size(image_width, "image_width")
    image_height = inputs.as_size(image_height, "image_height")
    camera_position = _for_batch(camera_position, "camera_position", batch, (3,))
    view = camera_utils.look_at(
        camera_position,
        _for_batch(camera_lookat, "camera_lookat", batch, (3,)),
        _for_batch(camera_up, "camera_up", batch, (3,)),
        legacy=legacy,
    )
    projection = camera_utils.perspective(
        image_width / image_height,
        _for_batch(fov_y, "fov_y", batch, ()),
        _for_batch(near_clip, "near_clip", batch, ()),
        _for_batch(far_clip, "far_clip", batch, ()),
    )
    return render_clip_space(
        camera_utils.transform_homogeneous(projection @ view, vertices),
        triangles,
        normals,
        vertices,
        diffuse_colors,
        light_positions,
        light_intensities,
        image_width,
        image_height,
        camera_position,
        specular_colors,
        shininess_coefficients,
        ambient_color,
        culling,
        antialiased,
        legacy,
    )


def _for_batch(value, name, batch, shape):
    """One value of a given shape for each image, from one for all or one for each."""
    tensor = inputs.as_tensor(value, name, shape, ("batch", *shape))
    return inputs.broadcast(tensor, name, [batch, *shape])


def render_clip_space(
    clip_space_vertices: TensorLike,
    triangles: TensorLike,
    normals: TensorLike,
    positions: TensorLike,
    diffuse_colors: TensorLike,
    light_positions: TensorLike,
    light_intensities: TensorLike,
    image_width: Any,
    image_height: Any,
    camera_position: TensorLike | None = None,
    specular_colors: TensorLike | None = None,
    shininess_coefficients: TensorLike | None = None,
    ambient_color: TensorLike | None = None,
    culling: Culling = "none",
    antialiased: bool = False,
    legacy: bool = False,
) -> tf.Tensor:
    """Renders meshes with Phong shading, given their positions in clip space as well.

    One op interpolates and shades the covered pixels, and keeps nothing for each of them but its
    triangle. `mesh_renderer` says more about what the arguments mean.

    Args:
      clip_space_vertices: float32 [B, V, 4], from which the image is drawn.
      triangles: int32 [T, 3], vertex indices, shared by the batch.
      normals: float32 [B, V, 3]; they are normalized once interpolated.
      positions: float32 [B, V, 3], in the frame of normals, lights and camera.
      diffuse_colors: float32 [B, V, 3], RGB in 0..1.
      light_positions: float32 [B, L, 3].
      light_intensities: float32 [B, L, 3], RGB, 0 or more.
      image_width: width in pixels.
      image_height: height in pixels.
      camera_position: float32 [B, 3]; without it there is no specular light.
      specular_colors: float32 [B, V, 3], RGB in 0..1; without them there is no specular light.
      shininess_coefficients: float32 scalar, [B] or [B, V]; needed with specular_colors alone.
      ambient_color: float32 [B, 3], RGB, black by default.
      culling: which side of the triangles is not drawn, see `visible_triangles`.
      antialiased: whether silhouettes are blended, color and alpha: see `antialias`.
      legacy: see `mesh_renderer`.

    Returns:
      float32 [B, H, W, 4], RGB (0 or more, not clipped) and alpha. Row 0 is the top.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, an index outside the vertices, or specular
        colors without shininess or the reverse.
    """
    antialiased = inputs.as_flag(antialiased, "antialiased")
    legacy = inputs.as_flag(legacy, "legacy")
    surface = _surface(normals, positions, diffuse_colors, specular_colors, shininess_coefficients)
    if specular_colors is None:
        camera_position = None
    lighting = _lighting(light_positions, light_intensities, ambient_color, camera_position)
    visible = visible_triangles(clip_space_vertices, triangles, image_width, image_height, culling)
    image = (_render_as_original if legacy else _render)(visible, surface, lighting)
    return antialias(image, visible, row_0_is_top=True) if antialiased else image


def _surface(normals, positions, diffuse_colors, specular_colors, shininess_coefficients):
    """Checks attributes of the vertices: a dict by the names of the op's inputs."""
    if (specular_colors is None) != (shininess_coefficients is None):
        raise inputs.invalid("specular_colors and shininess_coefficients must be given together")
    positions = inputs.as_tensor(positions, "positions", _PER_VERTEX)
    surface = {
        "normals": inputs.as_tensor(normals, "normals", _PER_VERTEX),
        "positions": positions,
        "diffuse_colors": inputs.as_tensor(diffuse_colors, "diffuse_colors", _PER_VERTEX),
    }
    if specular_colors is None:
        return surface
    vertices = tf.shape(positions)[:2]
    return surface | {
        "specular_colors": inputs.as_tensor(specular_colors, "specular_colors", _PER_VERTEX),
        "shininess_coefficients": _shininess_of_vertices(shininess_coefficients, vertices),
    }


def _shininess_of_vertices(shininess, vertices):
    """Exponents of each vertex [B, V], from one for each vertex, for each image or for all."""
    name = "shininess_coefficients"
    exponents = inputs.as_tensor(shininess, name, (), ("batch",), ("batch", "vertices"))
    if exponents.shape.rank == 1:
        exponents = exponents[:, None]
    return inputs.broadcast(exponents, name, tf.unstack(vertices, num=2))


def _lighting(light_positions, light_intensities, ambient_color, camera_position):
    """Checks lights and camera: a dict by the names of the op's inputs."""
    lights = inputs.as_tensor(light_positions, "light_positions", _PER_LIGHT)
    lighting = {
        "light_positions": lights,
        "light_intensities": inputs.as_tensor(light_intensities, "light_intensities", _PER_LIGHT),
        "ambient_color": as_ambient(ambient_color, lights),
    }
    if camera_position is None:
        return lighting
    camera = inputs.as_tensor(camera_position, "camera_position", ("batch", 3))
    return lighting | {"camera_position": camera}


def _render(visible, surface, lighting):
    """Renders visible triangles by the fused op."""
    has_specular = "camera_position" in lighting
    unused = dict.fromkeys(
        ("specular_colors", "shininess_coefficients", "camera_position"), tf.zeros([0])
    )
    with on_host():
        return ops.mesh_renderer_phong_mesh(
            clip_space_vertices=visible.vertices,
            triangles=visible.triangles,
            triangle_ids=visible.triangle_ids,
            specular=has_specular,
            **(unused | surface | lighting if has_specular else surface | lighting | unused),
        )


@tf.RegisterGradient("MeshRenderer>PhongMesh")
def _phong_mesh_grad(op, d_image):
    with on_host():
        d_vertices, *rest = ops.mesh_renderer_phong_mesh_grad(
            *op.inputs, d_image=d_image, specular=op.get_attr("specular")
        )
    return d_vertices, None, None, *rest


def _render_as_original(visible, surface, lighting):
    """Renders with alpha from the sign of the diffuse color, and the original's specular light."""
    framebuffer = rasterize_triangles.framebuffer_of(visible)
    surface = {k: v[..., None] if v.shape.rank == 2 else v for k, v in surface.items()}
    pixels = _interpolate(framebuffer, surface, visible.triangles, -1.0)
    alphas = tf.reduce_any(pixels["diffuse_colors"] >= 0.0, axis=-1)
    return phong_shader(
        normals=tf.math.l2_normalize(pixels["normals"], axis=-1),
        alphas=tf.cast(alphas, tf.float32),
        pixel_positions=pixels["positions"],
        diffuse_colors=pixels["diffuse_colors"],
        specular_colors=pixels.get("specular_colors"),
        shininess_coefficients=(
            pixels["shininess_coefficients"][..., 0] if "specular_colors" in pixels else None
        ),
        legacy=True,
        **lighting,
    )


def _interpolate(framebuffer, attributes, triangles, background):
    """Interpolates a dict of attributes [B, V, A] to a dict of [B, H, W, A]."""
    sizes = [value.shape[-1] for value in attributes.values()]
    pixels = rasterize_triangles.interpolate_attributes(
        framebuffer,
        tf.concat(list(attributes.values()), axis=-1),
        triangles,
        [background] * sum(sizes),
    )
    return dict(zip(attributes, tf.split(pixels, sizes, axis=-1), strict=True))
