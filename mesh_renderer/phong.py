"""The Phong model, which lights each pixel of an image (section 3.2.2 of the paper)."""

from typing import NamedTuple

import tensorflow as tf

from mesh_renderer import inputs
from mesh_renderer.inputs import TensorLike
from mesh_renderer.kernel_library import on_host, ops

_PIXELS = ("batch", "height", "width")


class _SpecularLight(NamedTuple):
    """What specular light needs: camera [B, 3], colors [B, H, W, 3], exponents [B, H, W]."""

    camera: tf.Tensor
    colors: tf.Tensor
    shininess: tf.Tensor


def phong_shader(
    normals: TensorLike,
    alphas: TensorLike,
    pixel_positions: TensorLike,
    light_positions: TensorLike,
    light_intensities: TensorLike,
    diffuse_colors: TensorLike | None = None,
    camera_position: TensorLike | None = None,
    specular_colors: TensorLike | None = None,
    shininess_coefficients: TensorLike | None = None,
    ambient_color: TensorLike | None = None,
    legacy: bool = False,
) -> tf.Tensor:
    """Lights each pixel by the Phong model: ambient, diffuse and specular light.

    Specular light is (R V)^shininess with R the mirrored direction to the light and V the direction
    to the camera, where the light is on the surface's side.

    Args:
      normals: float32 [B, H, W, 3], unit normals in world space.
      alphas: float32 [B, H, W], opacity; the color is black where it is not above 0.5.
      pixel_positions: float32 [B, H, W, 3], in world space.
      light_positions: float32 [B, L, 3], in world space.
      light_intensities: float32 [B, L, 3], RGB, 0 or more.
      diffuse_colors: float32 [B, H, W, 3], RGB in 0..1. They must be given, although the original's
        order of arguments puts them among the optional ones.
      camera_position: float32 [B, 3], in world space; without it there is no specular light.
      specular_colors: float32 [B, H, W, 3], RGB in 0..1; without them there is no specular light.
      shininess_coefficients: float32 that broadcasts to [B, H, W], or [B]; needed with specular
        colors.
      ambient_color: float32 [B, 3], RGB, black by default.
      legacy: whether to divide R V by its norm over all pixels of the image, as the original does,
        which makes highlights depend on the resolution; and not to ask on which side the light is.

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

    ambient = as_ambient(ambient_color, lights)
    specular = None
    if camera_position is not None and specular_colors is not None:
        if shininess_coefficients is None:
            raise inputs.invalid("specular_colors need shininess_coefficients")
        specular = _SpecularLight(
            inputs.as_tensor(camera_position, "camera_position", ("batch", 3)),
            inputs.as_tensor(specular_colors, "specular_colors", (*_PIXELS, 3)),
            _shininess_of_pixels(shininess_coefficients, tf.shape(alphas)),
        )
    arguments = (normals, alphas, positions, lights, intensities, diffuse_colors, ambient)
    return (_shade_as_original if legacy else _shade)(*arguments, specular)


def as_ambient(ambient_color: TensorLike | None, lights: tf.Tensor) -> tf.Tensor:
    """Checks ambient light [B, 3], which is black by default; `lights` are [B, L, 3]."""
    if ambient_color is None:
        return tf.zeros([tf.shape(lights)[0], 3])
    return inputs.as_tensor(ambient_color, "ambient_color", ("batch", 3))


def _shininess_of_pixels(shininess, pixels):
    """Exponents of each pixel [B, H, W], from one for each pixel, for each image or for all."""
    name = "shininess_coefficients"
    exponents = inputs.as_tensor(shininess, name, (), ("batch",), _PIXELS[1:], _PIXELS)
    if exponents.shape.rank == 1:
        exponents = exponents[:, None, None]
    return inputs.broadcast(exponents, name, tf.unstack(pixels, num=3))


def _shade(normals, alphas, positions, lights, intensities, diffuse, ambient, specular):
    """Shades by the fused op."""
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


def _shade_as_original(normals, alphas, positions, lights, intensities, diffuse, ambient, specular):
    """Shades as the original, operation by operation, with tensors [B, L, H, W, 3]."""
    intensities = intensities[:, :, None, None, :]
    to_lights = tf.math.l2_normalize(lights[:, :, None, None, :] - positions[:, None], axis=-1)
    cosines = tf.clip_by_value(tf.reduce_sum(normals[:, None] * to_lights, axis=-1), 0.0, 1.0)
    colors = diffuse * tf.reduce_sum(cosines[..., None] * intensities, axis=1)
    colors += ambient[:, None, None, :] * diffuse
    if specular is not None:
        highlights = _original_highlights(normals, positions, to_lights, cosines, specular)
        colors += specular.colors * tf.reduce_sum(highlights[..., None] * intensities, axis=1)
    rgb = tf.where(alphas[..., None] > 0.5, colors, 0.0)
    return tf.reverse(tf.concat([rgb, alphas[..., None]], axis=-1), axis=[1])


def _original_highlights(normals, positions, to_lights, cosines, specular):
    to_camera = tf.math.l2_normalize(specular.camera[:, None, None, :] - positions, axis=-1)
    mirrored = 2.0 * cosines[..., None] * normals[:, None] - to_lights
    mirrored = tf.math.l2_normalize(mirrored, axis=-1)
    alignment = tf.reduce_sum(mirrored * to_camera[:, None], axis=-1)
    # This is the original's flaw: it takes the norm over all pixels of the image.
    over_image = tf.math.l2_normalize(alignment, axis=[2, 3])
    return tf.pow(tf.clip_by_value(over_image, 0.0, 1.0), specular.shininess[:, None])
