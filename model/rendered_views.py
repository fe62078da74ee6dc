"""Draws reconstructions: in fixed light, as they are judged, and as portraits for people."""

import math
from collections.abc import Iterator

import cv2
import numpy as np
import tensorflow as tf

from model.alignment import warp_photograph
from model.color import linear_to_srgb, srgb_to_linear
from model.crop import Crop
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.scene import Scene, fixed_scene, portrait_scene, stack_scenes
from model.shading import PORTRAIT_SHADING

_BATCH = 8
# The network's crop takes this part of a portrait's width: such crops end at brows and chin.
_PORTRAIT_ZOOM = 0.74
# Renders have hard edges, so portraits are drawn larger by this factor and averaged.
_SUPERSAMPLING = 1.5
# The middle of the head lies so far behind the face, in parts of a portrait's width.
_HEAD_DEPTH = 0.36
# Linear light is looked up in a table of this many levels, of which the darkest two differ by less
# than one level of 8-bit sRGB.
_LEVELS = 8191
# How much of the photograph a mesh hides that is laid over it.
_OVERLAY_OPACITY = 0.75


class FixedViews:
    """Renders faces in the fixed scene, turned by fixed yaws; compiled once."""

    def __init__(self, renderer: FaceRenderer, yaws_deg: tuple[float, ...]):
        """Binds a renderer to V yaws in degrees."""
        self._renderer = renderer
        self._views = len(yaws_deg)
        model = renderer.face_model

        # No control flow depends on values, and AutoGraph takes its time.
        @tf.function(
            autograph=False,
            input_signature=[
                tf.TensorSpec([None, model.shape_components], tf.float32),
                tf.TensorSpec([None, model.texture_components], tf.float32),
            ],
        )
        def draw(shape, texture):
            scenes = stack_scenes([fixed_scene(yaw) for yaw in yaws_deg], tf.shape(shape)[0])
            return renderer(shape, texture, scenes)

        self._draw = draw

    def images(self, coefficients: Coefficients) -> np.ndarray:
        """Renders B faces: float32 RGB [B, V, S, S, 3] in 0..1."""
        return np.concatenate([self._draw(*batch).numpy() for batch in _batches(coefficients)])

    def embeddings(self, network: IdentityNetwork, coefficients: Coefficients) -> np.ndarray:
        """Embeds the renders of B faces by a network: unit vectors float32 [B, V, E].

        Raises:
          ValueError: the renderer's crop is not the network's.
        """
        crop = self._renderer.crop
        if crop != network.crop:
            raise ValueError(f"the renderer draws for {crop}, but the network wants {network.crop}")
        parts = []
        for batch in _batches(coefficients):
            images = self._draw(*batch)
            flat = network(tf.reshape(images, [-1, *images.shape[2:]])).embedding
            parts.append(tf.reshape(flat, [-1, self._views, network.embedding_size]))
        return tf.concat(parts, axis=0).numpy()


class Portraits:
    """Makes photographs and renders for people to look at, with the whole head inside.

    The renders are lit as a photographer does, whatever light a decoder was trained with. Frontal
    renders are aligned with the photograph; turned heads are centered.

    Attributes:
      crop: where the face lies in photographs and frontal renders.
    """

    def __init__(
        self,
        face_model: MorphableModel,
        crop: Crop,
        image_size: int,
        yaws_deg: tuple[float, ...],
    ):
        """Prepares portraits.

        Args:
          face_model: whose faces are drawn.
          crop: a recognition network's; portraits show more around it.
          image_size: width and height of the portraits in pixels.
          yaws_deg: V views of the renders.
        """
        self.crop = portrait_crop(crop, image_size)
        large = self.crop.resized(round(image_size * _SUPERSAMPLING))
        self._renderer = FaceRenderer(face_model, large, PORTRAIT_SHADING)
        self._scenes = stack_scenes([portrait_scene(yaw) for yaw in yaws_deg], 1)
        self._shift = tf.constant([_shift(large, yaw) for yaw in yaws_deg], tf.float32)
        self._backdrop = _backdrop(image_size)

    def photograph(self, image: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Cuts a photograph uint8 RGB [H, W, 3] by its five points: uint8 RGB [S, S, 3]."""
        return warp_photograph(image, points, self.crop)

    def renders(self, coefficients: Coefficients) -> np.ndarray:
        """Renders B faces: uint8 RGB [B, V, S, S, 3]."""
        model = self._renderer.face_model
        return np.concatenate(
            [
                self.of_meshes(model.decode_shape(shape), model.decode_texture(texture))
                for shape, texture in _batches(coefficients)
            ]
        )

    def of_meshes(
        self, vertices: tf.Tensor, colors: tf.Tensor, triangles: np.ndarray | None = None
    ) -> np.ndarray:
        """Renders meshes that begin with the vertices of the face model.

        Args:
          vertices, colors: float32 [B, N, 3], millimeters and sRGB.
          triangles: int32 [T, 3]; by default the face model's.

        Returns:
          uint8 RGB [B, V, S, S, 3].
        """
        light = self._light(vertices, colors, self._scenes, self._shift, triangles)
        return _encoded(light[..., :3] + self._backdrop * (1 - light[..., 3:]))

    def overlays(
        self, coefficients: Coefficients, rotations: np.ndarray, photographs: np.ndarray
    ) -> np.ndarray:
        """Lays faces over their photographs.

        Args:
          coefficients: of B faces.
          rotations: float [B, 3, 3], from the face model's frame to that of the camera (+x to the
            right, +y up, +z towards the viewer), as `model.fitting.pose_fit` finds them.
          photographs: uint8 RGB [B, S, S, 3], as `photograph` cuts them.

        Returns:
          uint8 RGB [B, S, S, 3].
        """
        scenes = stack_scenes([portrait_scene()], len(rotations))
        scenes = scenes._replace(rotation=tf.constant(rotations[:, None], tf.float32))
        model = self._renderer.face_model
        vertices, colors = model.decode_shape(coefficients.shape), coefficients.texture
        light = self._light(vertices, model.decode_texture(colors), scenes)[:, 0]
        opacity = _OVERLAY_OPACITY * light[..., 3:]
        own = _encoded(light[..., :3] / np.maximum(light[..., 3:], 1e-6))
        return np.uint8(photographs * (1 - opacity) + own * opacity + 0.5)

    def _light(self, vertices, colors, scenes, shift=None, triangles=None):
        """Linear light and alpha of faces, float32 [B, V, S, S, 4]; nothing is compiled.

        Compiling takes as long as many faces.
        """
        size = self.crop.image_size
        if scenes.rotation.shape[0] != len(vertices):
            scenes = Scene(*(tf.repeat(field, len(vertices), axis=0) for field in scenes))
        light = self._renderer.shade(vertices, colors, scenes, shift, triangles).numpy()
        flat = light.reshape(-1, *light.shape[2:])
        small = [cv2.resize(view, (size, size), interpolation=cv2.INTER_AREA) for view in flat]
        return np.reshape(small, (*light.shape[:2], size, size, 4))


def _shift(crop: Crop, yaw_deg: float) -> float:
    """By how many pixels a turned head moves, so that its middle is that of its portrait."""
    return _HEAD_DEPTH * crop.image_size * math.sin(math.radians(yaw_deg))


def _backdrop(size: int) -> np.ndarray:
    """The light of the backdrop of portraits, float32 [S, S, 3]."""
    corners = srgb_to_linear(portrait_scene().background).numpy().reshape(2, 2, 3)
    # The corners lie at the middles of the corner pixels.
    ramp = np.linspace(0.0, 1.0, size, dtype=np.float32)
    rows = corners[0] + (corners[1] - corners[0]) * ramp[:, None, None]
    return rows[:, :1] + (rows[:, 1:] - rows[:, :1]) * ramp[None, :, None]


def _encoded(light: np.ndarray) -> np.ndarray:
    """Turns linear light into the colors of a picture: uint8 of the same shape."""
    levels = np.arange(_LEVELS + 1, dtype=np.float32) / _LEVELS
    table = np.uint8(linear_to_srgb(levels).numpy() * 255 + 0.5)
    return table[np.uint16(np.clip(light, 0, 1) * _LEVELS + 0.5)]


def portrait_crop(crop: Crop, image_size: int) -> Crop:
    """Widens a network's crop to the surroundings of the face, at another size, unsqueezed."""
    points = (np.array(crop.points) + 0.5) / crop.image_size
    zoom = np.array([_PORTRAIT_ZOOM * crop.aspect, _PORTRAIT_ZOOM])
    points = ((points - 0.5) * zoom + 0.5) * image_size - 0.5
    return Crop(image_size, crop.point_indices, tuple(map(tuple, points.tolist())))


def _batches(coefficients: Coefficients) -> Iterator[list[tf.Tensor]]:
    for start in range(0, len(coefficients.shape), _BATCH):
        yield [tf.convert_to_tensor(part[start : start + _BATCH]) for part in coefficients]
