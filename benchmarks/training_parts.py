"""The parts of a training step, and calls that time it, on data in memory."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tf_keras

from benchmarks.timing import forward_and_backward
from model.decoder import Decoder
from model.face_renderer import FaceRenderer
from model.gray_views import GrayViews
from model.identity.network import IdentityNetwork
from model.loss_weights import LossWeights
from model.regressor import Regressor
from model.scene import draw_noise, random_scene


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How large a batch is.

    Attributes:
      photos: photographs, each drawn in `views` views.
      views: of each photograph's face, gray ones included.
      synthetic: synthetic faces, whose features are known.
      moments: photographs that are decoded alone.
    """

    photos: int
    views: int
    synthetic: int
    moments: int

    @property
    def images(self) -> int:
        """How many images a step renders and encodes."""
        return self.photos * self.views


def make_batch(renderer: FaceRenderer, encoder: IdentityNetwork, sizes: Sizes) -> dict:
    """Makes a batch of stage 2 of random features."""
    rng, model = np.random.default_rng(0), renderer.face_model

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    embedding = normal(sizes.photos, encoder.embedding_size)
    photos = {
        "features": normal(sizes.photos, encoder.feature_size),
        "embedding": embedding / np.linalg.norm(embedding, axis=-1, keepdims=True),
        "scene_noise": np.stack([draw_noise([0, k], sizes.views) for k in range(sizes.photos)]),
    }
    if sizes.moments:
        photos["moment_features"] = normal(sizes.moments, encoder.feature_size)
    synthetic = {
        "features": normal(sizes.synthetic, encoder.feature_size),
        "shape": normal(sizes.synthetic, model.shape_components),
        "texture": normal(sizes.synthetic, model.texture_components),
    }
    return {"photos": photos, "synthetic": synthetic}


def training_step(
    renderer: FaceRenderer,
    encoder: IdentityNetwork,
    sizes: Sizes,
    weights: LossWeights,
    gray_views: GrayViews = GrayViews(),
) -> Callable[[], object]:
    """Returns a call of one step of stage 2."""
    model = renderer.face_model
    decoder = Decoder(encoder.feature_size, model.shape_components, model.texture_components)
    regressor = Regressor(decoder, encoder, renderer, weights, gray_views=gray_views)
    regressor.compile(tf_keras.optimizers.Adam(1e-5))
    batch = make_batch(renderer, encoder, sizes)
    batches = iter(tf.data.Dataset.from_tensors(batch).repeat().prefetch(2))
    step = regressor.make_train_function()
    return lambda: step(batches)


def encoding(encoder: IdentityNetwork, images: int) -> Callable[[], object]:
    """Returns a call of the encoder and its gradient."""
    size = encoder.image_size
    random = tf.random.stateless_uniform([images, size, size, 3], [1, 2])
    return forward_and_backward(tf.function(lambda x: encoder(x).embedding), random)


def rendering(
    renderer: FaceRenderer, sizes: Sizes, with_gradient: bool = True
) -> Callable[[], object]:
    """Returns a call of the renderer, by default with its gradient."""
    model = renderer.face_model
    noise = np.stack([draw_noise([0, k], sizes.views) for k in range(sizes.photos)])
    scenes = random_scene(noise)
    draw = tf.function(lambda shape, texture: renderer(shape, texture, scenes))
    shape = tf.random.stateless_normal([sizes.photos, model.shape_components], [3, 4])
    texture = tf.random.stateless_normal([sizes.photos, model.texture_components], [5, 6])
    if not with_gradient:
        return lambda: draw(shape, texture)
    return forward_and_backward(draw, shape, texture)
