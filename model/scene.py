"""Random, fixed and portrait scenes: pose, camera, two point lights, their color, background.

A random scene is a function of uniform noise, which the caller draws with a seed for each sample.
So the scene of a sample depends neither on its batch nor on the number of replicas.
"""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from model.color import srgb_to_linear
from model.scene_ranges import SceneRanges

# Light sources (sRGB of the light, 0..255) from candle to blue sky: the "approximations of common
# indoor and outdoor light sources" of section 3.2.2; the paper gives no list.
_LIGHT_SOURCES = (
    (255, 147, 41),  # candle, 1900 K
    (255, 197, 143),  # 40 W tungsten bulb, 2600 K
    (255, 214, 170),  # 100 W tungsten bulb, 2850 K
    (255, 241, 224),  # halogen, 3200 K
    (255, 244, 229),  # warm fluorescent
    (244, 255, 250),  # standard fluorescent
    (255, 250, 244),  # carbon arc, 5200 K
    (255, 255, 251),  # high noon sun, 5400 K
    (255, 255, 255),  # direct sun, 6000 K
    (201, 226, 255),  # overcast sky, 7000 K
    (64, 156, 255),  # clear blue sky, 20000 K
)
N_LIGHTS = 2
# Numbers of noise for a light: azimuth, elevation, distance, share, and one for each channel.
_LIGHT_NOISE = 4 + 3
_BACKGROUND_NOISE = 4 * 3
# Six numbers for yaw, pitch, camera distance, exposure, ambient share and light source come first,
# three for the framing last.
_LIT_SCENE_NOISE = 6 + N_LIGHTS * _LIGHT_NOISE + _BACKGROUND_NOISE
_FRAMING_NOISE = 3
NOISE_SIZE = _LIT_SCENE_NOISE + _FRAMING_NOISE
# The framing that leaves an image as it is.
_UNFRAMED = np.array([1.0, 0.0, 0.0], np.float32)


class Scene(NamedTuple):
    """A batch of scenes; [...] stands for any leading dimensions, the same for all fields.

    The view frame has the face model's origin, +x to the right, +y up, and the camera on +z,
    looking along -z. Millimeters; light is linear RGB.

    Attributes:
      rotation: float32 [..., 3, 3], from the face model's frame to the view frame.
      camera_distance: float32 [...], how far the camera is from the origin.
      light_positions: float32 [..., N_LIGHTS, 3], in the view frame.
      light_intensities: float32 [..., N_LIGHTS, 3].
      ambient: float32 [..., 3], the light that comes from everywhere.
      background: float32 [..., 4, 3], the sRGB colors of the image's corners: top left, top right,
        bottom left, bottom right. Between them colors change evenly.
      compensation: float32 [...], how far the lights make up for a dark or a light face, 0..1.
      framing: float32 [..., 3], what is done to the image after the face is aligned to the crop:
        by what it is enlarged, and by what parts of its width it is moved to the right and up.
    """

    rotation: tf.Tensor
    camera_distance: tf.Tensor
    light_positions: tf.Tensor
    light_intensities: tf.Tensor
    ambient: tf.Tensor
    background: tf.Tensor
    compensation: tf.Tensor
    framing: tf.Tensor


def draw_noise(seed: tf.Tensor, views: int) -> tf.Tensor:
    """Draws the noise of one sample's scenes: float32 [views, NOISE_SIZE], uniform in 0..1.

    Args:
      seed: int [2], the seed of this sample alone.
      views: the number of scenes.
    """
    # Drawn apart, so that without framing scenes are the same as ever.
    framing_seed = tf.random.experimental.stateless_fold_in(seed, 1)
    return tf.concat(
        [
            tf.random.stateless_uniform([views, _LIT_SCENE_NOISE], seed),
            tf.random.stateless_uniform([views, _FRAMING_NOISE], framing_seed),
        ],
        axis=-1,
    )


def random_scene(noise: tf.Tensor, ranges: SceneRanges = SceneRanges()) -> Scene:
    """Turns noise float32 [..., NOISE_SIZE] into scenes with the same leading dimensions."""
    noise = tf.convert_to_tensor(noise)
    head, lights, background, framing = tf.split(
        noise, [6, N_LIGHTS * _LIGHT_NOISE, _BACKGROUND_NOISE, _FRAMING_NOISE], axis=-1
    )
    yaw, pitch, distance, exposure, ambient, source = tf.unstack(head, axis=-1)
    lead = tf.shape(noise)[:-1]
    lights = tf.reshape(lights, tf.concat([lead, [N_LIGHTS, _LIGHT_NOISE]], 0))
    background = tf.reshape(background, tf.concat([lead, [4, 3]], 0))

    rotation = rotation_matrix(
        _radians(_uniform(yaw, -ranges.yaw_deg, ranges.yaw_deg)),
        _radians(_uniform(pitch, -ranges.pitch_deg, ranges.pitch_deg)),
    )
    near, far = ranges.camera_distance
    positions, directions = _light_positions(lights, ranges)
    colors = _light_colors(source, lights[..., 4:], ranges)
    ambient_share = _uniform(ambient, *ranges.ambient_share)
    light_share = 0.2 + lights[..., 3]
    light_share /= tf.reduce_sum(light_share, axis=-1, keepdims=True)
    # A surface facing the camera gets this much of the directed light.
    received = tf.reduce_sum(light_share * tf.maximum(directions[..., 2], 0.0), axis=-1)
    exposure = _uniform(exposure, *ranges.exposure)
    directed = exposure * (1.0 - ambient_share) / tf.maximum(received, 0.3)
    return Scene(
        rotation=rotation,
        camera_distance=1.0 / _uniform(distance, 1.0 / far, 1.0 / near),
        light_positions=positions,
        light_intensities=colors * (light_share * directed[..., None])[..., None],
        ambient=tf.reduce_mean(colors, axis=-2) * (exposure * ambient_share)[..., None],
        background=background,
        compensation=tf.fill(lead, ranges.exposure_compensation),
        framing=_UNFRAMED + _uniform(framing, -ranges.framing, ranges.framing),
    )


def fixed_scene(yaw_deg: float = 0.0, pitch_deg: float = 0.0) -> Scene:
    """Returns the neutral scene in which faces are evaluated, without leading dimensions.

    Args:
      yaw_deg: in degrees; a positive angle turns the subject to its left, the viewer's right.
      pitch_deg: in degrees; a positive angle turns the face down.
    """
    lights = np.array([[-1100.0, 1200.0, 2400.0], [1100.0, 1200.0, 2400.0]], np.float32)
    return Scene(
        rotation=rotation_matrix(math.radians(yaw_deg), math.radians(pitch_deg)),
        camera_distance=tf.constant(1500.0),
        light_positions=tf.constant(lights),
        light_intensities=tf.constant([[0.7] * 3, [0.5] * 3]),
        ambient=tf.zeros([3]),
        background=tf.fill([4, 3], 0.5),
        compensation=tf.constant(0.0),
        framing=tf.constant(_UNFRAMED),
    )


def portrait_scene(yaw_deg: float = 0.0, pitch_deg: float = 0.0) -> Scene:
    """Returns the scene in which people look at faces, without leading dimensions.

    It is a photographer's: a key light from the upper left, a weaker one that fills its shadows,
    light from everywhere, and a light backdrop. Cheeks get as much light as in a well exposed
    photograph. The light is meant for `shading.PORTRAIT_SHADING`; no metric depends on it.

    Args:
      yaw_deg: in degrees; a positive angle turns the subject to its left, the viewer's right.
      pitch_deg: in degrees; a positive angle turns the face down.
    """
    lights = np.array([[-1000.0, 1000.0, 2200.0], [1400.0, 200.0, 2200.0]], np.float32)
    backdrop = np.array([[0.93, 0.93, 0.94]] * 2 + [[0.80, 0.81, 0.83]] * 2, np.float32)
    return fixed_scene(yaw_deg, pitch_deg)._replace(
        light_positions=tf.constant(lights),
        light_intensities=tf.constant([[0.8] * 3, [0.28] * 3]),
        ambient=tf.fill([3], 0.22),
        background=tf.constant(backdrop),
    )


def stack_scenes(scenes: list[Scene], batch_size: int | tf.Tensor) -> Scene:
    """Shows each of some single scenes to every face: fields [batch_size, len(scenes), ...]."""
    views = [tf.stack(fields) for fields in zip(*scenes, strict=True)]
    return Scene(*(tf.repeat(field[None], batch_size, axis=0) for field in views))


def rotation_matrix(yaw: tf.Tensor, pitch: tf.Tensor) -> tf.Tensor:
    """Returns rotations float32 [..., 3, 3] by yaw about +y, then by pitch about the view's +x.

    Args:
      yaw, pitch: float [...], in radians.
    """
    yaw, pitch = tf.convert_to_tensor(yaw, tf.float32), tf.convert_to_tensor(pitch, tf.float32)
    zero, one = tf.zeros_like(yaw), tf.ones_like(yaw)
    cy, sy, cp, sp = tf.cos(yaw), tf.sin(yaw), tf.cos(pitch), tf.sin(pitch)
    about_y = _matrix([[cy, zero, sy], [zero, one, zero], [-sy, zero, cy]])
    about_x = _matrix([[one, zero, zero], [zero, cp, -sp], [zero, sp, cp]])
    return about_x @ about_y


def _light_positions(noise: tf.Tensor, ranges: SceneRanges) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns positions and unit directions, both [..., N_LIGHTS, 3]."""
    azimuth = _radians(_uniform(noise[..., 0], -ranges.light_azimuth_deg, ranges.light_azimuth_deg))
    elevation = _radians(_uniform(noise[..., 1], *ranges.light_elevation_deg))
    distance = _uniform(noise[..., 2], *ranges.light_distance)
    directions = tf.stack(
        [
            tf.sin(azimuth) * tf.cos(elevation),
            tf.sin(elevation),
            tf.cos(azimuth) * tf.cos(elevation),
        ],
        axis=-1,
    )
    return directions * distance[..., None], directions


def _light_colors(source: tf.Tensor, noise: tf.Tensor, ranges: SceneRanges) -> tf.Tensor:
    """Returns linear RGB [..., N_LIGHTS, 3] of luminance 1.

    Both lights of an image are of one source, and each is perturbed by itself.
    """
    table = srgb_to_linear(tf.constant(_LIGHT_SOURCES, tf.float32) / 255.0)
    index = tf.minimum(tf.cast(source * len(_LIGHT_SOURCES), tf.int32), len(_LIGHT_SOURCES) - 1)
    color = tf.pow(tf.gather(table, index), 1.0 - ranges.white_balance)
    perturbation = _uniform(noise, -ranges.color_perturbation, ranges.color_perturbation)
    color = color[..., None, :] * (1.0 + perturbation)
    return color / tf.reduce_sum(color * (0.2126, 0.7152, 0.0722), axis=-1, keepdims=True)


def _uniform(noise: tf.Tensor, low: float, high: float) -> tf.Tensor:
    return low + noise * (high - low)


def _radians(degrees: tf.Tensor) -> tf.Tensor:
    return degrees * (math.pi / 180.0)


def _matrix(rows: list[list[tf.Tensor]]) -> tf.Tensor:
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)
