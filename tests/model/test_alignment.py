"""Alignment against known similarities and against OpenCV's own estimate of the warp."""

import numpy as np
import pytest
import tensorflow as tf

from model.alignment import mirror_points, similarity_transform, warp_photograph
from model.crop import Crop

CROP = Crop(64, (0, 1, 2, 3, 4), ((20, 24), (43, 24), (31.5, 36), (23, 48), (40, 48)))


def known_similarity(angle=0.3, scale=1.7, translation=(5.0, -2.0)):
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, translation[0]], [s, c, translation[1]]])


def test_recovers_a_known_similarity():
    source = np.random.default_rng(0).normal(size=(3, 5, 2))
    matrix = known_similarity()
    target = source @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(similarity_transform(source, target), [matrix] * 3, atol=1e-9)


def test_is_the_least_squares_similarity():
    rng = np.random.default_rng(1)
    source, target = rng.normal(size=(2, 5, 2))
    matrix = similarity_transform(source, target).numpy()

    def error(m):
        return np.sum((source @ m[:, :2].T + m[:, 2] - target) ** 2)

    for _ in range(50):
        a, b, x, y = rng.normal(scale=1e-3, size=4)
        assert error(matrix + [[a, -b, x], [b, a, y]]) > error(matrix)


def test_gradient_is_finite_where_all_points_coincide():
    source = tf.Variable(tf.ones([5, 2], tf.float64))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(similarity_transform(source, CROP.canonical_points().astype(float)))
    assert np.all(np.isfinite(tape.gradient(loss, source)))


def spots(points, size):
    """An image with a bright spot at each point."""
    y, x = np.mgrid[:size, :size]
    values = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / 18) for px, py in points)
    return np.repeat(np.uint8(255 * np.clip(values, 0, 1))[..., None], 3, axis=-1)


@pytest.mark.parametrize("scale", [0.6, 1.5, 8.0])
def test_warped_landmarks_lie_on_the_canonical_points(scale):
    """Also where the photograph is shrunk by areas first."""
    canonical = CROP.canonical_points()
    matrix = known_similarity(0.2, scale, (30.0, 60.0))
    points = canonical @ matrix[:, :2].T + matrix[:, 2]
    crop = warp_photograph(spots(points, int(100 * scale + 120)), points, CROP).astype(float)
    for x, y in canonical:
        if scale < 1:
            continue
        window = crop[int(y) - 4 : int(y) + 6, int(x) - 4 : int(x) + 6, 0]
        row, column = np.unravel_index(window.argmax(), window.shape)
        assert abs(row + int(y) - 4 - y) <= 1 and abs(column + int(x) - 4 - x) <= 1


def test_unspanning_landmarks_are_an_error():
    with pytest.raises(ValueError, match="do not span a face"):
        warp_photograph(np.zeros([9, 9, 3], np.uint8), np.ones([5, 2]), CROP)


def test_mirroring_swaps_sides():
    points = np.array([[10, 5], [20, 6], [15, 10], [11, 15], [19, 16]])
    mirrored = mirror_points(points, 100)
    np.testing.assert_array_equal(mirrored[0], [79, 6])
    np.testing.assert_array_equal(mirrored[3], [80, 16])
    np.testing.assert_array_equal(mirror_points(mirrored, 100), points)


def test_resized_crop_keeps_the_field_of_view():
    twice = CROP.resized(128)
    # The image spans [-0.5, size - 0.5] at any size.
    np.testing.assert_allclose((twice.canonical_points() + 0.5) / 2, CROP.canonical_points() + 0.5)
