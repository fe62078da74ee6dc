"""A tiny frozen network with the interface of `model.identity`."""

import tensorflow as tf

from model.crop import Crop
from model.identity.network import IdentityFeatures

SIZE = 32
POINTS = ((10, 12), (21, 12), (15.5, 18), (11.5, 24), (19.5, 24))


class FakeIdentityNetwork:
    """Pools the image to a coarse grid, then mixes: smooth, so that gradients can be checked."""

    name = "fake"
    feature_spec = "penultimate"
    fingerprint = "fake network"
    crop = Crop(SIZE, (0, 1, 2, 3, 4), POINTS)
    image_size = SIZE
    feature_size = 24
    feature_sizes = (24,)
    embedding_size = 8

    def __init__(self):
        init = tf.keras.initializers.GlorotUniform(seed=1)
        self._features = init([4 * 4 * 3, self.feature_size])
        self._embedding = init([self.feature_size, self.embedding_size])

    def __call__(self, images):
        pooled = tf.nn.avg_pool2d(images, 8, 8, "VALID")
        flat = tf.reshape(pooled, [-1, 4 * 4 * 3])
        features = tf.tanh(flat @ self._features)
        embedding = tf.math.l2_normalize(features @ self._embedding, axis=-1, epsilon=1e-12)
        return IdentityFeatures(features, embedding)
