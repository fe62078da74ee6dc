"""Alignment against known similarities and against OpenCV's own estimate of the warp."""

import dataclasses

import cv2
import numpy as np
import pytest
import tensorflow as tf

from model import alignment
from model.alignment import crop_transform, mirror_points, similarity_transform, warp_photograph
from model.crop import BoxCrop, Crop

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


@pytest.mark.parametrize("crop", [CROP, BoxCrop(64, CROP.point_indices, CROP.points, aspect=0.8)])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_photograph_on_its_side_gives_the_same_crop(crop, turns):
    """Also for boxes, which keep the roll of a face, but not that of a photograph that lies."""
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    points = CROP.canonical_points() * 1.1 + (20.0, 10.0)
    turned, lying = image, points
    for _ in range(turns):
        # A quarter turn to the left: the right border comes to the top.
        lying = np.stack([lying[:, 1], turned.shape[1] - 1 - lying[:, 0]], axis=-1)
        turned = np.rot90(turned)
    expected = warp_photograph(image, points, crop).astype(int)
    found = warp_photograph(np.ascontiguousarray(turned), lying, crop)
    # OpenCV rounds places to a 32nd of a pixel.
    assert np.abs(found - expected).max() < 16


def test_boxes_keep_the_roll_of_a_face():
    matrix = known_similarity(0.5, 1.0, (30.0, 20.0))
    points = CROP.canonical_points() @ matrix[:, :2].T + matrix[:, 2]
    image, box = spots(points, 120), BoxCrop(64, CROP.point_indices, CROP.points)
    to_crop = crop_transform(tf.constant(points), box).numpy()
    expected = cv2.warpAffine(image, to_crop, (64, 64), borderMode=cv2.BORDER_REPLICATE)
    np.testing.assert_array_equal(warp_photograph(image, points, box), expected)


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


def test_crops_that_are_made_anew_are_no_new_graphs():
    # A graph for each photograph's crops made preparation slower with every photograph.
    image, points = np.zeros([90, 80, 3], np.uint8), np.float32(CROP.points) / 2
    graphs = []
    for k in range(4):
        moved = np.float32(CROP.points) + k
        warp_photograph(image, points, dataclasses.replace(CROP, points=tuple(map(tuple, moved))))
        graphs.append(alignment._similarity_graph.experimental_get_tracing_count())
    assert graphs[0] == graphs[-1]
