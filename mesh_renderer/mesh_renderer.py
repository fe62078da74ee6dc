"""Phong-shaded rendering of triangle meshes (section 3.2.2 of the paper).

Names, arguments and defaults are those of google/tf_mesh_renderer. Where its results are wrong,
`legacy=True` brings them back. Row 0 of a rendered image is the top. The ops run on the host's CPU,
also inside a GPU's device scope; they cannot be compiled by XLA (`jit_compile=True`).
"""

import tensorflow as tf

from mesh_renderer import camera_utils, inputs, rasterize_triangles
from mesh_renderer.kernel_library import on_host, ops

_PIXELS = ("batch", "height", "width")
_PER_VERTEX = ("batch", "vertices", 3)


def phong_shader(
    normals,
    alphas,
    pixel_positions,
    light_positions,
    light_intensities,
    diffuse_colors=None,
    camera_position=None,
    specular_colors=None,
    shininess_coefficients=None,
    ambient_color=None,
    legacy=False,
):
    """Lights each pixel by the Phong model: ambient, diffuse and specular light.

    Specular light is (R V)^shininess with R the mirrored direction to the light and V the direction
    to the camera, where the light is on the surface's side.

    Args:
      normals: float32 [B, H, W, 3], unit normals in world space.
      alphas: float32 [B, H, W], opacity; the color is black where it is not above 0.5.
      pixel_positions: float32 [B, H, W, 3], in world space.
      light_positions: float32 [B, L, 3], in world space.
      light_intensities: float32 [B, L, 3], RGB, 0 or more.
      diffuse_colors: float32 [B, H, W, 3], RGB in 0..1. Required, its place notwithstanding.
      camera_position: float32 [B, 3], in world space; without it there is no specular light.
      specular_colors: float32 [B, H, W, 3], RGB in 0..1; without it there is no specular light.
      shininess_coefficients: float32 that broadcasts to [B, H, W], or [B]; needed with specular
        colors.
      ambient_color: float32 [B, 3], RGB, black by default.
      legacy: as the original, divide R V by its norm over all pixels of the image, which makes
        highlights depend on the resolution, and do not ask on which side the light is.

    Returns:
      float32 [B, H, W, 4], RGB (0 or more, not clipped) and alpha. Rows are in reverse order: with
      the rasterizer's buffers, whose row 0 is the bottom, row 0 of the image is the top.

    Raises:
      InvalidArgumentError: a wrong shape or dtype, or a missing argument.
    """
    legacy = inputs.as_flag(legacy, "legacy")
    normals = inputs.as_tensor(normals, "normals", (*_PIXELS, 3))
    alphas = inputs.as_tensor(alphas, "alphas", _PIXELS)
    positions = inputs.as_tensor(pixel_positions, "pixel_positions", (*_PIXELS, 3))
    lights = inputs.as_tensor(light_positions, "light_positions", ("batch", "lights", 3))
    intensities = inputs.as_tensor(light_intensities, "light_intensities", ("batch", "lights", 3))
    if diffuse_colors is None:
        raise inputs.invalid("diffuse_colors must be given")
    diffuse_colors = inputs.as_tensor(diffuse_colors, "diffuse_colors", (*_PIXELS, 3))

    ambient = _ambient(ambient_color, lights)
    specular = None
    if camera_position is not None and specular_colors is not None:
        if shininess_coefficients is None:
            raise inputs.invalid("specular_colors need shininess_coefficients")
        specular = (
            inputs.as_tensor(camera_position, "camera_position", ("batch", 3)),
            inputs.as_tensor(specular_colors, "specular_colors", (*_PIXELS, 3)),
            _shininess_of_pixels(shininess_coefficients, tf.shape(alphas)),
        )
    arguments = (normals, alphas, positions, lights, intensities, diffuse_colors, ambient)
    return (_legacy_phong if legacy else _phong)(*arguments, specular)


def _phong(normals, alphas, positions, lights, intensities, diffuse, ambient, specular):
    """`phong_shader` by the fused op; `specular` is None or (camera, colors, shininess)."""
    unused = tf.zeros([0])
    camera, specular_colors, shininess = specular or (unused, unused, unused)
    with on_host():
        return ops.mesh_renderer_phong(
            normals=normals,
            alphas=alphas,
            pixel_positions=positions,
            light_positions=lights,
            light_intensities=intensities,
            diffuse_colors=diffuse,
            ambient_color=ambient,
            camera_position=camera,
            specular_colors=specular_colors,
            shininess_coefficients=shininess,
            specular=specular is not None,
        )


@tf.RegisterGradient("MeshRenderer>Phong")
def _phong_grad(op, d_image):
    with on_host():
        return ops.mesh_renderer_phong_grad(
            *op.inputs, d_image=d_image, specular=op.get_attr("specular")
        )


def _shininess_of_pixels(shininess, pixels):
    """Exponents of each pixel [B, H, W], from one a pixel, an image or for all."""
    name = "shininess_coefficients"
    exponents = inputs.as_tensor(shininess, name, (), ("batch",), _PIXELS[1:], _PIXELS)
    if exponents.shape.rank == 1:
        exponents = exponents[:, None, None]
    return inputs.broadcast(exponents, name, tf.unstack(pixels, num=3))


def _legacy_phong(normals, alphas, positions, lights, intensities, diffuse, ambient, specular):
    """The original's shading, operation by operation; tensors [B, L, H, W, 3], a slice a light."""
    intensities = intensities[:, :, None, None, :]
    to_lights = tf.math.l2_normalize(lights[:, :, None, None, :] - positions[:, None], axis=-1)
    cosines = tf.clip_by_value(tf.reduce_sum(normals[:, None] * to_lights, axis=-1), 0.0, 1.0)
    colors = diffuse * tf.reduce_sum(cosines[..., None] * intensities, axis=1)
    colors += ambient[:, None, None, :] * diffuse
    if specular is not None:
        camera, specular_colors, shininess = specular
        to_camera = tf.math.l2_normalize(camera[:, None, None, :] - positions, axis=-1)
        mirrored = 2.0 * cosines[..., None] * normals[:, None] - to_lights
        mirrored = tf.math.l2_normalize(mirrored, axis=-1)
        alignment = tf.reduce_sum(mirrored * to_camera[:, None], axis=-1)
        # Here is its flaw: the norm is that over all pixels of the image.
        over_image = tf.math.l2_normalize(alignment, axis=[2, 3])
        highlights = tf.pow(tf.clip_by_value(over_image, 0.0, 1.0), shininess[:, None])
        colors += specular_colors * tf.reduce_sum(highlights[..., None] * intensities, axis=1)
    rgb = tf.where(alphas[..., None] > 0.5, colors, 0.0)
    return tf.reverse(tf.concat([rgb, alphas[..., None]], axis=-1), axis=[1])


def tone_mapper(image, gamma, legacy=False):
    """Raises images to a power and scales each to a maximum of 1.

    Args:
      image: float32 [B, H, W, C], linear intensities.
      gamma: float32 scalar, 0 or more; below 1 it compresses contrast.
      legacy: as the original, give NaN for negative values and for black images. Otherwise
        negative values count as 0, and a black image stays black.

    Returns:
      float32 [B, H, W, C] in 0..1.
    """
    image = inputs.as_tensor(image, "image", (*_PIXELS, "channels"))
    gamma = inputs.as_tensor(gamma, "gamma", ())
    if inputs.as_flag(legacy, "legacy"):
        corrected = tf.pow(image, gamma)
        scaled = corrected / tf.reduce_max(corrected, axis=[1, 2, 3], keepdims=True)
        return tf.clip_by_value(scaled, 0.0, 1.0)
    inputs.check_known(gamma, "gamma", lambda value: value >= 0, "0 or more")
    # The power's derivative is infinite at 0 for gamma below 1: no pixel evaluates it there.
    is_lit = image > 0.0
    corrected = tf.where(is_lit, tf.pow(tf.where(is_lit, image, 1.0), gamma), tf.pow(0.0, gamma))
    brightest = tf.reduce_max(corrected, axis=[1, 2, 3], keepdims=True)
    scaled = corrected / tf.where(brightest > 0.0, brightest, 1.0)
    return tf.clip_by_value(scaled, 0.0, 1.0)


def mesh_renderer(
    vertices,
    triangles,
    normals,
    diffuse_colors,
    camera_position,
    camera_lookat,
    camera_up,
    light_positions,
    light_intensities,
    image_width,
    image_height,
    specular_colors=None,
    shininess_coefficients=None,
    ambient_color=None,
    fov_y=40.0,
    near_clip=0.01,
    far_clip=10.0,
    legacy=False,
    culling="none",
    antialiased=False,
):
    """Renders meshes with Phong shading through a perspective camera.

    Differentiable with respect to all float inputs; see `rasterize_triangles.rasterize_clip_space`
    for what the gradient leaves out.

    Args:
      vertices: float32 [B, V, 3], in world space, in any unit.
      triangles: int32 [T, 3], vertex indices, shared by the batch. Any winding: nothing is culled.
      normals: float32 [B, V, 3], unit normals in world space.
      diffuse_colors: float32 [B, V, 3], RGB in 0..1.
      camera_position: float32 [B, 3] or [3], in world space.
      camera_lookat: float32 [B, 3] or [3], a point that the camera looks at.
      camera_up: float32 [B, 3] or [3], a direction that appears upwards.
      light_positions: float32 [B, L, 3], in world space.
      light_intensities: float32 [B, L, 3], RGB, 0 or more.
      image_width: width in pixels.
      image_height: height in pixels.
      specular_colors: float32 [B, V, 3], RGB in 0..1; without it there is no specular light.
      shininess_coefficients: float32 scalar, [B] or [B, V]; given with specular_colors, or not.
      ambient_color: float32 [B, 3], RGB, black by default.
      fov_y: float32 scalar or [B], vertical field of view in degrees, as in the original.
      near_clip: float32 scalar or [B], distance of the near clipping plane.
      far_clip: float32 scalar or [B], distance of the far clipping plane.
      legacy: as the original, use its flawed specular light (see `phong_shader`), take alpha from
        the sign of the diffuse color, and give NaN for degenerate cameras.
      culling: which side is not drawn, see `rasterize_triangles.rasterize_clip_space`.
      antialiased: whether silhouettes are, color and alpha: see `rasterize_triangles.antialias`.

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


def render_clip_space(
    clip_space_vertices,
    triangles,
    normals,
    positions,
    diffuse_colors,
    light_positions,
    light_intensities,
    image_width,
    image_height,
    camera_position=None,
    specular_colors=None,
    shininess_coefficients=None,
    ambient_color=None,
    culling="none",
    antialiased=False,
    legacy=False,
):
    """Renders meshes with Phong shading, given their positions in clip space as well.

    Interpolation and shading are one op over the covered pixels: nothing is kept for each pixel but
    its triangle. `mesh_renderer` says more about what the arguments mean.

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
      camera_position: float32 [B, 3]; needed with specular colors.
      specular_colors: float32 [B, V, 3], RGB in 0..1; without it there is no specular light.
      shininess_coefficients: float32 scalar, [B] or [B, V]; given with specular_colors, or not.
      ambient_color: float32 [B, 3], RGB, black by default.
      culling: which side is not drawn, see `rasterize_triangles.rasterize_clip_space`.
      antialiased: whether silhouettes are, color and alpha: see `rasterize_triangles.antialias`.
      legacy: see `mesh_renderer`.

    Returns:
      float32 [B, H, W, 4], RGB (0 or more, not clipped) and alpha. Row 0 is the top.

    Raises:
      InvalidArgumentError: a wrong shape, dtype or size, an index outside the vertices, or specular
        colors without shininess or the reverse.
    """
    antialiased = inputs.as_flag(antialiased, "antialiased")
    legacy = inputs.as_flag(legacy, "legacy")
    if (specular_colors is None) != (shininess_coefficients is None):
        raise inputs.invalid("specular_colors and shininess_coefficients must be given together")
    positions = inputs.as_tensor(positions, "vertices", _PER_VERTEX)
    surface = {
        "normals": inputs.as_tensor(normals, "normals", _PER_VERTEX),
        "positions": positions,
        "diffuse_colors": inputs.as_tensor(diffuse_colors, "diffuse_colors", _PER_VERTEX),
    }
    if specular_colors is not None:
        surface["specular_colors"] = inputs.as_tensor(
            specular_colors, "specular_colors", _PER_VERTEX
        )
        surface["shininess_coefficients"] = _shininess_of_vertices(
            shininess_coefficients, tf.shape(positions)[:2]
        )
    lights = inputs.as_tensor(light_positions, "light_positions", ("batch", "lights", 3))
    lighting = {
        "light_positions": lights,
        "light_intensities": inputs.as_tensor(
            light_intensities, "light_intensities", ("batch", "lights", 3)
        ),
        "ambient_color": _ambient(ambient_color, lights),
    }
    if camera_position is not None and specular_colors is not None:
        lighting["camera_position"] = inputs.as_tensor(
            camera_position, "camera_position", ("batch", 3)
        )
    visible = rasterize_triangles.visible_triangles(
        clip_space_vertices, triangles, image_width, image_height, culling
    )
    image = (_legacy_mesh if legacy else _phong_mesh)(visible, surface, lighting)
    if antialiased:
        image = rasterize_triangles.antialias(image, visible, row_0_is_top=True)
    return image


def _shininess_of_vertices(shininess, vertices):
    """Exponents of each vertex [B, V], from one a vertex, an image or for all."""
    name = "shininess_coefficients"
    exponents = inputs.as_tensor(shininess, name, (), ("batch",), ("batch", "vertices"))
    if exponents.shape.rank == 1:
        exponents = exponents[:, None]
    return inputs.broadcast(exponents, name, tf.unstack(vertices, num=2))


def _phong_mesh(visible, surface, lighting):
    """The image of visible triangles by the fused op."""
    clip_space_vertices, triangles, triangle_ids, _ = visible
    has_specular = "camera_position" in lighting
    unused = dict.fromkeys(
        ("specular_colors", "shininess_coefficients", "camera_position"), tf.zeros([0])
    )
    with on_host():
        return ops.mesh_renderer_phong_mesh(
            clip_space_vertices=clip_space_vertices,
            triangles=triangles,
            triangle_ids=triangle_ids,
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


def _legacy_mesh(visible, surface, lighting):
    """The original's image: alpha from the sign of the diffuse color, and its specular light."""
    clip_space_vertices, triangles, triangle_ids, z_buffer = visible
    with on_host():
        barycentrics = ops.mesh_renderer_barycentrics(
            clip_space_vertices=clip_space_vertices, triangles=triangles, triangle_ids=triangle_ids
        )
    framebuffer = rasterize_triangles.Framebuffer(
        barycentrics, tf.maximum(triangle_ids, 0), z_buffer
    )
    surface = {k: v[..., None] if v.shape.rank == 2 else v for k, v in surface.items()}
    pixels = _interpolate(framebuffer, surface, triangles, -1.0)
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


def _ambient(ambient_color, lights):
    """Ambient light [B, 3], black by default."""
    if ambient_color is None:
        return tf.zeros([tf.shape(lights)[0], 3])
    return inputs.as_tensor(ambient_color, "ambient_color", ("batch", 3))


def _for_batch(value, name, batch, shape):
    """One value of a given shape for each image, from one for all or one for each."""
    tensor = inputs.as_tensor(value, name, shape, ("batch", *shape))
    return inputs.broadcast(tensor, name, [batch, *shape])


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
