"""The crops are those that the networks' golden embeddings were computed from."""

import csv

import cv2
import numpy as np
import pytest

import open_parts
from model import alignment
from model.crop import Crop
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.identity.canonical_crops import (
    ARCFACE_CROP,
    EYES_AND_NOSE_CROP,
    EYES_CROP,
    FIVE_POINT_CROP,
    margin_crop,
    square_crop,
)
from model.scene import fixed_scene, stack_scenes

# This photograph was cut with slightly other points than the landmarks that are carried.
_CUT_OTHERWISE = {"us_congress_A000014.jpg"}


@pytest.mark.parametrize(
    "crop, goldens, key",
    [
        (FIVE_POINT_CROP, open_parts.ENCODER_GOLDENS, "aligned128_rgb"),
        (EYES_CROP, open_parts.SCORER_GOLDENS, "aligned150_rgb"),
    ],
    ids=["five_points", "eyes"],
)
def test_warped_photographs_golden(crop, goldens, key):
    with open(open_parts.LANDMARKS, encoding="utf-8") as file:
        points = {row[0]: row[2:] for row in csv.reader(file)}
    with np.load(goldens) as archive:
        crops = dict(zip(archive["photo"].tolist(), archive[key], strict=True))
    for name in sorted(crops.keys() - _CUT_OTHERWISE):
        photograph = cv2.cvtColor(cv2.imread(str(open_parts.PHOTOS / name)), cv2.COLOR_BGR2RGB)
        five = np.array(points[name], np.float32).reshape(5, 2)
        warped = alignment.warp_photograph(photograph, five, crop)
        assert np.abs(warped.astype(int) - crops[name]).mean() < 0.5, name


# This crop shows the whole head, as a photograph does.
_WIDE = Crop(700, (0, 1), ((280, 280), (420, 280)))
_CROPS = {
    "five_points": FIVE_POINT_CROP,
    "arcface": ARCFACE_CROP,
    "eyes": EYES_CROP,
    "eyes_and_nose": EYES_AND_NOSE_CROP,
    "margin": margin_crop(160, 32),
    "square": square_crop(224, 0.1),
}


def test_box_with_a_margin_by_hand():
    """A box of 73.1 by 100 pixels with a margin of 32 is 105.1 pixels wide, which become 132."""
    crop = margin_crop(132, 32)
    across = 132 / 105.1
    assert crop.aspect == pytest.approx(105.1 / 132)
    nose_x, nose_y = crop.points[2]
    assert (nose_x + 0.5) == pytest.approx((16 + 0.5 * 73.1) * across)
    assert (nose_y + 0.5) == pytest.approx(16 + 60.0)
    assert (crop.points[0][0] + 0.5) == pytest.approx((16 + 0.272 * 73.1) * across)


def test_square_around_a_box_by_hand():
    """For a box of 73.1 by 100 the square's side is 1.1 times 86.55."""
    crop = square_crop(200, 0.1)
    scale = 200 / (1.1 * 86.55)
    assert crop.aspect == 1.0
    assert crop.points[2] == pytest.approx((99.5, 99.5 + 10.0 * scale))
    assert crop.points[1][0] - crop.points[0][0] == pytest.approx(0.456 * 73.1 * scale)


@pytest.mark.parametrize("name", ["margin", "square"])
def test_a_box_is_not_turned_with_the_face(name):
    crop = _CROPS[name]
    angle = np.radians(20.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = crop.canonical_points() * (crop.aspect, 1.0) @ turn.T
    matrix = alignment.crop_transform(points, crop).numpy()
    np.testing.assert_allclose(matrix[0, 1], 0, atol=1e-12)
    np.testing.assert_allclose(matrix[1, 0], 0, atol=1e-12)
    assert matrix[1, 1] / matrix[0, 0] == pytest.approx(crop.aspect)


@pytest.mark.parametrize("crop", _CROPS.values(), ids=_CROPS.keys())
def test_photographs_and_renders_are_cut_alike(crop):
    """A render of a wide view, cut like a photograph, is the render of the crop itself."""
    model = load_face_model(open_parts.FACE_MODEL)
    mean = np.zeros((1, model.shape_components), np.float32)
    color = np.zeros((1, model.texture_components), np.float32)
    scenes = stack_scenes([fixed_scene(15.0, 5.0)], 1)
    wide = FaceRenderer(model, _WIDE)
    # It is drawn larger and averaged, since the photograph is shrunk by areas.
    size, factor = crop.image_size, 3
    direct = FaceRenderer(model, crop.resized(size * factor))
    photograph = np.uint8(wide(mean, color, scenes)[0, 0] * 255 + 0.5)
    points = wide.project_landmarks(model.decode_shape(mean), scenes)[0, 0].numpy()
    cut = alignment.warp_photograph(photograph, points, crop) / 255.0
    rendered = direct(mean, color, scenes)[0, 0].numpy()
    rendered = rendered.reshape(size, factor, size, factor, 3).mean(axis=(1, 3))
    assert np.abs(cut - rendered).mean() < 0.012
