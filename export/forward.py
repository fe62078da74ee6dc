"""The forward pass as one function of TensorFlow: from the crop of a photograph to coefficients.

It is `model.encoding.encode_photographs` and the decoder. The small changes of the crop, which
OpenCV makes there, are part of the function: each pixel of a changed crop is a fixed mixture of
four pixels of the crop. OpenCV 5 computes the same; older ones read pixels at multiples of 1/32,
which changes a pixel in ten by one level.
"""

import itertools

import cv2
import numpy as np
import tensorflow as tf

from model.crop_changes import CHANGES, CropChange
from model.decoder import Decoder
from model.identity.network import IdentityNetwork


class ForwardPass:
    """The whole regressor.

    Attributes:
      variables: of the decoder; all else is constant.
    """

    def __init__(self, decoder: Decoder, encoder: IdentityNetwork):
        """Binds a decoder to the network whose features it reads."""
        self.variables = list(decoder.variables)
        self._decoder = decoder
        self._encoder = encoder
        changes = itertools.islice(CHANGES.values(), decoder.photo_crops - 1)
        self._mixtures = [_mixture(change, encoder.image_size) for change in changes]

    def __call__(self, crop: tf.Tensor) -> dict[str, tf.Tensor]:
        """Computes coefficients.

        Args:
          crop: uint8 RGB [B, S, S, 3], cut by the network's crop.

        Returns:
          `shape` float32 [B, Ks] and `texture` float32 [B, Kt].
        """
        pixels = tf.cast(crop, tf.float32)
        seen = [pixels, *(self._changed(pixels, *mixture) for mixture in self._mixtures)]
        # One call for all of them: each call would add the encoder's weights to the file again.
        features = self._encoder(tf.concat(seen, axis=0) / 255.0).features
        features = tf.reshape(features, [len(seen), -1, self._encoder.feature_size])
        shape, texture = self._decoder(tf.reduce_mean(features, axis=0), domain="photo")
        return {"shape": tf.identity(shape, "shape"), "texture": tf.identity(texture, "texture")}

    def function(self, batch: int | None = None) -> tf.types.experimental.PolymorphicFunction:
        """Returns the function for batches of one size, or of any."""
        size = self._encoder.image_size
        crop = tf.TensorSpec([batch, size, size, 3], tf.uint8, name="crop")
        return tf.function(self.__call__, input_signature=[crop])

    def _changed(self, pixels, places, weights):
        size = self._encoder.image_size
        flat = tf.reshape(pixels, [-1, size * size, 3])
        corners = [
            tf.gather(flat, place, axis=1) * weight[:, None]
            for place, weight in zip(places, weights, strict=True)
        ]
        return tf.reshape(tf.round(tf.add_n(corners)), [-1, size, size, 3])


def _mixture(change: CropChange, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Finds which pixels a changed crop mixes.

    Returns:
      Places int32 [4, S S] among the pixels of the crop, and their weights float32 [4, S S].
    """
    inverse = cv2.invertAffineTransform(change.matrix(size))
    y, x = np.mgrid[:size, :size].reshape(2, -1)
    at = inverse @ np.stack([x, y, np.ones(size * size)])
    left_top, part = np.divmod(at, 1.0)
    places, weights = [], []
    for dx, dy in itertools.product((0, 1), repeat=2):
        # Beyond the border the border's pixels go on.
        column, row = np.clip(left_top + [[dx], [dy]], 0, size - 1).astype(np.int32)
        places.append(row * size + column)
        weights.append(np.where(dx, part[0], 1 - part[0]) * np.where(dy, part[1], 1 - part[1]))
    return np.array(places, np.int32), np.array(weights, np.float32)
