"""Fits faces to their photographs further than a decoder does, by the identity loss alone.

The paper has no such step. A decoder reads a face in one pass and has to be right for everybody;
the losses it was trained by can also be minimized for one photograph, whose coefficients are then
the only unknowns.
"""

import tensorflow as tf

from model.decoder import Coefficients, Decoder, shortened
from model.face_likeness import FaceLikeness
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.scene import draw_noise
from model.shading import Shading

# A gray view besides those in color keeps shape from being explained by texture.
_COLORED_VIEWS, _GRAY_VIEWS = 3, 1
# No shape and no texture gets longer, in lengths of random faces: likeness must not be bought by
# faces that the model calls impossible.
_RADIUS = 1.1
# Adam (Kingma and Ba 2015); the rate falls to zero over the second half of the steps.
_RATE, _DECAY_1, _DECAY_2, _EPSILON = 0.06, 0.9, 0.99, 1e-7
_SEED = 0


class Refiner:
    """Fits coefficients to photographs' embeddings, starting from what a decoder read."""

    def __init__(
        self,
        decoder: Decoder,
        encoder: IdentityNetwork,
        face_model: MorphableModel,
        shading: Shading,
        steps: int,
    ):
        """Binds the parts, which are those that the decoder was trained with.

        Args:
          decoder: says which coefficients are skin tone; these stay as they are.
          encoder: the network whose embeddings are to agree.
          face_model: of the faces.
          shading: how the decoder saw faces drawn.
          steps: how many steps of Adam are made.

        Raises:
          ValueError: there is no step to make.
        """
        if steps < 1:
            raise ValueError(f"steps is {steps}; it must be at least 1")
        self._decoder = decoder
        self._loss = FaceLikeness(encoder, face_model, shading, _COLORED_VIEWS, _GRAY_VIEWS)
        self._steps = steps
        sizes = (face_model.shape_components, face_model.texture_components)
        sizes += (encoder.embedding_size,)
        signature = [tf.TensorSpec([None, size], tf.float32) for size in sizes]
        self._refine = tf.function(self._descend, input_signature=signature)

    def __call__(self, face: Coefficients, embedding: tf.Tensor) -> Coefficients:
        """Refines B faces. What becomes of a face does not depend on the others.

        Args:
          face: the coefficients to start from.
          embedding: float32 [B, E], unit embeddings of their photographs.
        """
        return Coefficients(*self._refine(*face, embedding))

    def _descend(self, shape, texture, embedding):
        face = Coefficients(shape, texture)
        mean = square = Coefficients(*map(tf.zeros_like, face))
        for step in tf.range(self._steps):
            gradient = self._gradient(face, embedding, step)
            mean = _blend(mean, gradient, _DECAY_1)
            square = _blend(square, Coefficients(*map(tf.square, gradient)), _DECAY_2)
            parts = zip(face, mean, square, strict=True)
            rate = self._rate(step)
            face = Coefficients(*(x - rate * _direction(m, s, step) for x, m, s in parts))
            face = self._limited(face)
        return face

    def _gradient(self, face, embedding, step):
        """The gradient of the sum over the faces of each one's mean identity loss."""
        # All faces get the same scenes, so that none depends on its place in the batch.
        noise = draw_noise(tf.stack([_SEED, step]), self._loss.views)
        noise = tf.tile(noise[None], [tf.shape(embedding)[0], 1, 1])
        with tf.GradientTape() as tape:
            tape.watch(face)
            loss = self._loss(self._decoder.hold_tone(face), embedding, noise)
            loss = tf.reduce_sum(tf.reduce_mean(loss, axis=-1))
        return tape.gradient(loss, face)

    def _rate(self, step):
        left = 1.0 - tf.cast(step, tf.float32) / self._steps
        return _RATE * tf.minimum(1.0, 2.0 * left)

    def _limited(self, face):
        tone, rest = self._decoder.split_tone(face)
        shape, texture = (shortened(part, _RADIUS) for part in rest)
        return Coefficients(shape, tf.concat([tone, texture], axis=-1))


def _blend(average, value, decay):
    pairs = zip(average, value, strict=True)
    return Coefficients(*(decay * a + (1.0 - decay) * v for a, v in pairs))


def _direction(mean, square, step):
    """Adam's step at rate 1, from averages of gradients and of their squares."""
    count = tf.cast(step + 1, tf.float32)
    unbiased = tf.sqrt(1.0 - _DECAY_2**count) / (1.0 - _DECAY_1**count)
    return unbiased * mean / (tf.sqrt(square) + _EPSILON)
