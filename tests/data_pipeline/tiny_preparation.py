"""Photographs, a tiny network and points that count, for tests of preparing photographs."""

import dataclasses

import numpy as np
import tensorflow as tf

import open_parts
from data_pipeline.detection import LandmarkFile
from data_pipeline.feature_cache import FeatureCache
from data_pipeline.photographs import Listing, list_photographs
from model.crop import Crop
from model.identity.network import IdentityFeatures

CROP = Crop(16, (0, 1, 2, 3, 4), ((5.0, 5.0), (10.0, 5.0), (8.0, 8.0), (5.0, 11.0), (10.5, 11.0)))


class TinyEncoder:
    """Colors of the four quarters of a crop as features, their mean as the embedding."""

    name, feature_spec, fingerprint = "tiny", "penultimate", "tiny 1"
    crop, image_size, feature_size, embedding_size = CROP, 16, 12, 3

    def __init__(self):
        self.images_seen = 0

    def __call__(self, images):
        self.images_seen += len(images)
        quarters = tf.nn.avg_pool2d(tf.convert_to_tensor(images), 8, 8, "VALID")
        return IdentityFeatures(
            tf.reshape(quarters, [-1, 12]),
            tf.math.l2_normalize(tf.reduce_mean(quarters, [1, 2]), axis=-1),
        )


class CountingLandmarks(LandmarkFile):
    """Landmarks that count their calls, and pull the plug at one of them."""

    def __init__(self, stop_at=None):
        super().__init__(open_parts.LANDMARKS)
        self.calls, self.stop_at = 0, stop_at

    def __call__(self, image, name=""):
        self.calls += 1
        if self.calls == self.stop_at:
            raise KeyboardInterrupt
        return super().__call__(image, name)


def listing_of(count: int = 10) -> Listing:
    """Lists the first of the carried photographs."""
    listing = list_photographs(open_parts.PHOTOS)
    return dataclasses.replace(listing, photographs=listing.photographs[:count])


def assert_equal(a: FeatureCache, b: FeatureCache, tolerance: float = 0.0) -> None:
    """Compares two caches but for their paths; features may differ by a relative tolerance."""
    assert (a.names, a.identities, a.rejected, a.key) == (b.names, b.identities, b.rejected, b.key)
    for name in ("features", "embedding", "points"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=tolerance)
    np.testing.assert_array_equal(a.crops(range(len(a))), b.crops(range(len(b))))
