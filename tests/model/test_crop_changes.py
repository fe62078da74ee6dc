"""A changed crop is the same whether it is cut from the photograph or made of the aligned crop."""

import cv2
import numpy as np
import pytest

from model.alignment import warp_photograph
from model.crop import Crop
from model.crop_changes import CHANGES, changed_crop, changed_images
from model.encoding import encode_crops, encode_photographs
from tests.model.fake_identity import FakeIdentityNetwork

CROP = Crop(64, (0, 1, 2), ((22.0, 24.0), (41.0, 24.0), (32.0, 40.0)))
POINTS = np.array([(70, 80), (131, 83), (101, 130), (80, 160), (122, 161)], float)


@pytest.fixture(scope="module")
def photograph():
    noise = np.random.default_rng(0).uniform(0, 255, (200, 200, 3))
    return np.uint8(cv2.GaussianBlur(noise, (0, 0), 8) * 3 % 256)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_both_ways_to_a_changed_crop_agree(photograph, change):
    smooth = cv2.GaussianBlur(photograph, (0, 0), 6)
    cut = warp_photograph(smooth, POINTS, changed_crop(CROP, change))
    made = changed_images(warp_photograph(smooth, POINTS, CROP)[None], change)[0]
    assert made.dtype == np.uint8 and not np.array_equal(cut, warp_photograph(smooth, POINTS, CROP))
    # The aligned crop does not show what lies beyond its border.
    inside = (slice(5, -5), slice(5, -5))
    assert np.abs(cut[inside].astype(int) - made[inside]).max() <= 3


def test_a_larger_scale_makes_the_face_larger():
    sizes = {
        name: np.ptp(changed_crop(CROP, change).canonical_points()[:2, 0])
        for name, change in CHANGES.items()
    }
    assert sizes["farther"] < 19 * 0.95 and sizes["closer"] > 19 * 1.05


def test_photographs_are_read_from_the_average_of_their_crops(photograph):
    encoder = FakeIdentityNetwork()
    crops = np.stack([photograph[k : k + 32, k : k + 32] for k in (0, 40, 100)])
    plain = encode_crops(encoder, crops)
    alone = encode_photographs(encoder, crops, 1)
    np.testing.assert_array_equal(alone.features, plain.features)
    closer = encode_crops(encoder, changed_images(crops, CHANGES["closer"])).features
    both = encode_photographs(encoder, crops, 2)
    np.testing.assert_allclose(both.features, (plain.features + closer) / 2, rtol=1e-6)
    np.testing.assert_array_equal(both.embedding, plain.embedding)
