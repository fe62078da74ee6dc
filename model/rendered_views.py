"""Draws reconstructions: in fixed light, as they are judged, and as portraits for people."""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from model.alignment import warp_photograph
from model.crop import Crop
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.scene import fixed_scene, portrait_scene, stack_scenes
from model.shading import PORTRAIT_SHADING

_BATCH = 8
# The network's crop takes this part of a portrait's width: such crops end at brows and chin.
_PORTRAIT_ZOOM = 0.74
# Renders have hard edges, so portraits are drawn larger by this factor and averaged.
_SUPERSAMPLING = 2
# The middle of the head lies so far behind the face, in parts of a portrait's width.
_HEAD_DEPTH = 0.36


class FixedViews:
    """Renders faces in the fixed scene, turned by fixed yaws; compiled once."""

    def __init__(self, renderer: FaceRenderer, yaws_deg: tuple[float, ...]):
        """Binds a renderer to V yaws in degrees."""
        self._renderer = renderer
        self._views = len(yaws_deg)
        model = renderer.face_model

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, model.shape_components], tf.float32),
                tf.TensorSpec([None, model.texture_components], tf.float32),
            ]
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
        large = self.crop.resized(image_size * _SUPERSAMPLING)
        self._views = [
            (FaceRenderer(face_model, _centered(large, yaw), PORTRAIT_SHADING), portrait_scene(yaw))
            for yaw in yaws_deg
        ]

    def photograph(self, image: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Cuts a photograph uint8 RGB [H, W, 3] by its five points: uint8 RGB [S, S, 3]."""
        return warp_photograph(image, points, self.crop)

    def renders(self, coefficients: Coefficients) -> np.ndarray:
        """Renders B faces: uint8 RGB [B, V, S, S, 3]."""
        images = np.concatenate([self._draw(*batch) for batch in _batches(coefficients)])
        batch, views, size = images.shape[:3]
        factor = _SUPERSAMPLING
        blocks = images.reshape(batch, views, size // factor, factor, size // factor, factor, 3)
        return np.uint8(blocks.mean(axis=(3, 5)) * 255 + 0.5)

    def _draw(self, shape, texture):
        """Renders a batch [B, V, S, S, 3], uncompiled: compiling takes as long as ten faces."""
        drawn = [
            renderer(shape, texture, stack_scenes([scene], len(shape)))
            for renderer, scene in self._views
        ]
        return np.concatenate(drawn, axis=1)


def portrait_crop(crop: Crop, image_size: int) -> Crop:
    """Widens a network's crop to the surroundings of the face, at another size, unsqueezed."""
    points = (np.array(crop.points) + 0.5) / crop.image_size
    zoom = np.array([_PORTRAIT_ZOOM * crop.aspect, _PORTRAIT_ZOOM])
    points = ((points - 0.5) * zoom + 0.5) * image_size - 0.5
    return Crop(image_size, crop.point_indices, tuple(map(tuple, points.tolist())))


def _centered(crop: Crop, yaw_deg: float) -> Crop:
    """Moves a portrait's crop sideways, so that the middle of a turned head is its middle."""
    shift = _HEAD_DEPTH * crop.image_size * math.sin(math.radians(yaw_deg))
    return dataclasses.replace(crop, points=tuple((x + shift, y) for x, y in crop.points))


def _batches(coefficients: Coefficients) -> Iterator[list[tf.Tensor]]:
    for start in range(0, len(coefficients.shape), _BATCH):
        yield [tf.convert_to_tensor(part[start : start + _BATCH]) for part in coefficients]
