"""Where the mean face of a set of portraits lies in a face model.

The losses of section 3.3 hold predicted coefficients around the mean of the model: a model that was
made of young people keeps old people young. What all portraits have in common can be told from the
identity loss: the same offset is added to all faces that a decoder read, and is fitted to all
photographs at once. The paper has no such step.
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf
import tf_keras

from model.decoder import Coefficients, Decoder
from model.face_likeness import FaceLikeness
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.scene import draw_noise
from model.shading import Shading

# Half of the views show shape alone, so that texture does not explain what shape should.
_COLORED_VIEWS, _GRAY_VIEWS = 2, 2
_PHOTOGRAPHS = 8
# The weight of the offset's squared length. It was chosen on the tune split (docs/learned_mean.md):
# far longer offsets please the encoder, and no longer the independent network.
_PRIOR = 0.0004
_RATE, _DECAY_2 = 0.05, 0.99


class MeanFitter:
    """Fits one offset, common to all faces that a decoder read, to their photographs."""

    def __init__(
        self,
        decoder: Decoder,
        encoder: IdentityNetwork,
        face_model: MorphableModel,
        shading: Shading,
        steps: int,
        seed: int = 0,
    ):
        """Binds the parts, which are those that the decoder was trained with.

        Args:
          decoder: says which coefficients are skin tone; these get no offset.
          encoder: the network whose embeddings are to agree.
          face_model: of the faces.
          shading: how the decoder saw faces drawn.
          steps: how many steps of Adam are made, each on some of the photographs.
          seed: of the choice of photographs and scenes.

        Raises:
          ValueError: there is no step to make.
        """
        if steps < 1:
            raise ValueError(f"steps is {steps}; it must be at least 1")
        self._decoder = decoder
        self._likeness = FaceLikeness(encoder, face_model, shading, _COLORED_VIEWS, _GRAY_VIEWS)
        self._steps = steps
        self._seed = seed

    def __call__(
        self, faces: Coefficients, embedding: np.ndarray, progress=lambda steps: steps
    ) -> Coefficients:
        """Fits the offset, and returns where the mean face of the photographs lies.

        Args:
          faces: what the decoder read from P photographs.
          embedding: float32 [P, E], unit embeddings of the photographs.
          progress: wraps the range of steps, as `tqdm` does.

        Returns:
          One face: the mean of the faces and the offset, without tone. float32 [1, K] each.
        """
        offset = Coefficients(*(tf.Variable(tf.zeros([1, part.shape[1]])) for part in faces))
        # The rate falls to zero over all steps.
        rate = tf_keras.optimizers.schedules.PolynomialDecay(_RATE, self._steps, 0.0)
        optimizer = tf_keras.optimizers.Adam(rate, beta_2=_DECAY_2)
        optimizer.build(offset)

        @tf.function
        def descend(shape, texture, embedding, step):
            with tf.GradientTape() as tape:
                loss = self._loss(Coefficients(shape, texture), embedding, offset, step)
            gradients = tape.gradient(loss, offset)
            optimizer.apply_gradients(zip(gradients, offset, strict=True))

        batches = self._batches(len(embedding))
        for step in progress(range(self._steps)):
            rows = next(batches)
            descend(*(tf.gather(part, rows) for part in (*faces, embedding)), tf.constant(step))
        means = (tf.reduce_mean(part, axis=0, keepdims=True) for part in faces)
        face = Coefficients(*(m + moved for m, moved in zip(means, offset, strict=True)))
        return self._without_tone(face)

    def _batches(self, count: int) -> Iterator[np.ndarray]:
        """Goes through all photographs in a new order each time."""
        generator = np.random.default_rng(self._seed)
        size = min(_PHOTOGRAPHS, count)
        while True:
            order = generator.permutation(count)
            for start in range(0, count - size + 1, size):
                yield order[start : start + size]

    def _loss(self, faces, embedding, offset, step):
        """The mean identity loss of the moved faces, and the prior of their offset."""
        offset = self._without_tone(offset)
        faces = Coefficients(*(part + moved for part, moved in zip(faces, offset, strict=True)))
        count, views = embedding.shape[0], self._likeness.views
        noise = draw_noise(tf.stack([self._seed, step]), views * count)
        noise = tf.reshape(noise, [count, views, -1])
        loss = tf.reduce_mean(self._likeness(faces, embedding, noise))
        return loss + _PRIOR * tf.add_n([tf.reduce_sum(part**2) for part in offset])

    def _without_tone(self, face):
        tone, rest = self._decoder.split_tone(face)
        texture = tf.concat([tf.zeros_like(tone), rest.texture], axis=-1)
        return Coefficients(rest.shape, texture)
