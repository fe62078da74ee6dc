"""What is done to crops at random."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

import open_parts
from data_pipeline.augmentation import KINDS, Augmentation
from data_pipeline.augmenter import Augmenter
from data_pipeline.detection import LandmarkFile
from data_pipeline.photographs import read_image
from model.alignment import mirror_points, warp_photograph
from model.crop import Crop
from model.identity.canonical_crops import EYES_CROP, FIVE_POINT_CROP

# Its points are not symmetric, so that a mirrored crop has to be moved.
ODD_CROP = Crop(
    96, (0, 1, 2, 3, 4), ((20.0, 35.0), (62.0, 38.0), (45.0, 55.0), (26.0, 70.0), (60.0, 70.0))
)


@pytest.fixture(name="photo", scope="module")
def _photo():
    path = sorted(open_parts.PHOTOS.glob("*.jpg"))[3]
    (face,) = LandmarkFile(open_parts.LANDMARKS)(None, path.name)
    return read_image(path), face.points


def crop_of(photo, crop):
    return warp_photograph(*photo, crop)[None].astype(np.float32) / 255


def augmented(augmentation, crop, images, seed=0, first=0):
    indices = tf.range(first, first + len(images), dtype=tf.int64)
    return Augmenter(augmentation, crop)(tf.constant(images), seed, indices).numpy()


@pytest.mark.parametrize("crop", [FIVE_POINT_CROP, EYES_CROP, ODD_CROP])
def test_flip_is_the_aligned_mirror_image(photo, crop):
    image, points = photo
    # The crop's own points, as alignment leaves them, are not quite the canonical ones: a face
    # that has them exactly is the one that the flip knows of.
    size = crop.image_size
    face = crop_of(photo, crop)
    flipped = augmented(Augmentation(flip=1.0), crop, face)[0]
    mirrored = np.ascontiguousarray(image[:, ::-1])
    expected = warp_photograph(mirrored, mirror_points(points, image.shape[1]), crop) / 255
    inside = np.s_[size // 4 : -size // 4, size // 4 : -size // 4]
    close = np.abs(flipped - expected)[inside].mean()
    naive = np.abs(face[0, :, ::-1] - expected)[inside].mean()
    assert close < 0.03
    if crop is ODD_CROP:
        assert close < naive / 2


def test_a_flip_of_a_symmetric_crop_is_the_mirror_image():
    crop = Crop(32, (0, 1), ((10.0, 12.0), (21.0, 12.0)))
    images = np.random.default_rng(0).random((1, 32, 32, 3)).astype(np.float32)
    flipped = augmented(Augmentation(flip=1.0), crop, images)
    np.testing.assert_allclose(flipped, images[:, :, ::-1], atol=2e-3)


def test_shift_moves_by_no_more_than_its_strength():
    crop = Crop(64, (0, 1), ((20.0, 24.0), (43.0, 24.0)))
    images = np.zeros([40, 64, 64, 3], np.float32)
    images[:, 30:34, 30:34] = 1.0
    moved = augmented(Augmentation(shift=0.1), crop, images)
    rows, columns = np.mgrid[:64, :64]
    weight = moved[..., 0].sum(axis=(1, 2))
    centers = [(moved[..., 0] * axis).sum(axis=(1, 2)) / weight for axis in (rows, columns)]
    distances = np.abs(np.array(centers) - 31.5)
    assert distances.max() < 0.1 * 64 * 1.2 and distances.max() > 3
    assert len(np.unique(distances.round(3))) > 60


def test_blur_is_opencvs():
    images = np.random.default_rng(0).random((3, 24, 24, 3)).astype(np.float32)
    blurred = augmented(Augmentation(blur=1.5), FIVE_POINT_CROP, images)
    for image, result in zip(images, blurred, strict=True):
        found = [
            np.abs(cv2.GaussianBlur(image, (11, 11), sigma) - result)[6:-6, 6:-6].max()
            for sigma in np.linspace(0.02, 1.5, 600)
        ]
        assert min(found) < 2e-3


@pytest.mark.parametrize("kind", KINDS)
def test_samples_differ_and_repeat(photo, kind):
    crop = FIVE_POINT_CROP
    images = np.repeat(crop_of(photo, crop), 6, axis=0)
    changed = augmented(Augmentation.of([kind]), crop, images)
    assert changed.shape == images.shape and changed.min() >= 0 and changed.max() <= 1
    assert 0.001 < np.abs(changed - images).mean() < 0.2
    later = augmented(Augmentation.of([kind]), crop, images[:2], first=4)
    np.testing.assert_allclose(later, changed[4:], atol=1e-6)
    other = augmented(Augmentation.of([kind]), crop, images, seed=1)
    assert np.abs(other - changed).mean() > 1e-4


def test_unknown_kinds_are_an_error():
    with pytest.raises(ValueError, match="'zoom' is not among flip, shift"):
        Augmentation.of(["flip", "zoom"])
