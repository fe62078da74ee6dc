"""The level of decoded skin tones: where cheeks are found, and what the calibration reaches."""

import numpy as np
import pytest

import open_parts
from model.alignment import warp_photograph
from model.color import lab_to_srgb, srgb_to_lab
from model.crop import Crop
from model.face_models.load import load_face_model
from model.tone_calibration import (
    HUE_SHARE,
    PEOPLES_SHARE,
    fit_tone_calibration,
    modeled_cheeks,
    photographed_cheeks,
)

CROP = Crop(64, (0, 1, 2, 3, 4), ((20, 22), (43, 22), (31.5, 35), (23, 48), (40, 48)))


def test_cheeks_are_read_beside_the_nose_wherever_the_face_lies():
    points = np.array([[60, 80], [106, 80], [83, 106], [66, 132], [100, 132]], np.float32)
    photograph = np.full((200, 200, 3), 40, np.uint8)
    photograph[100:128, 48:78] = (200, 150, 120)
    photograph[100:128, 88:118] = (200, 150, 120)
    turned = np.ascontiguousarray(np.rot90(photograph))
    turned_points = np.stack([points[:, 1], 199 - points[:, 0]], axis=-1)
    crops = np.stack(
        [warp_photograph(photograph, points, CROP), warp_photograph(turned, turned_points, CROP)]
    )
    cheeks = photographed_cheeks(crops, np.stack([points, turned_points]), CROP)
    np.testing.assert_allclose(cheeks * 255, [(200, 150, 120)] * 2, atol=4)


@pytest.fixture(scope="module")
def face_model():
    return load_face_model(open_parts.FACE_MODEL, 2, 8)


@pytest.mark.parametrize(
    "middle, spread", [(-0.4, 0.3), (-1.0, 0.3), (-2.0, 1.0), (0.0, 2.0), (3.0, 0.1), (-3.0, 0.1)]
)
def test_calibrated_tones_have_the_level_and_the_spread_of_the_cheeks(face_model, middle, spread):
    generator = np.random.default_rng(0)
    lightness = np.clip(generator.normal(60, 7, 400), 35, 80)
    lab = np.stack([lightness, np.full(400, 13.0), np.full(400, 18.0)], axis=-1)
    cheeks = lab_to_srgb(lab)
    # A few black and white ones must not count.
    cheeks[:20] = generator.choice([0.0, 1.0], size=(20, 1))
    texture = np.float32(generator.normal(0.5, 1.0, (400, face_model.texture_components)))
    texture[:, 0] = generator.normal(middle, spread, 400)
    scale, offset = fit_tone_calibration(face_model, texture, 2, cheeks)
    texture[:, 0] = texture[:, 0] * scale[0] + offset[0]
    decoded = srgb_to_lab(modeled_cheeks(face_model, texture))[:, 0]
    wanted = srgb_to_lab(cheeks)[:, 0]
    assert np.median(decoded) == pytest.approx(np.median(wanted), abs=0.3)
    spreads = [np.median(np.abs(x - np.median(x))) for x in (decoded, wanted)]
    assert spreads[0] == pytest.approx(PEOPLES_SHARE * spreads[1], rel=0.05)
    assert (scale[1], offset[1]) == (HUE_SHARE, 0.0)
    # Otherwise the people with dark skin would be the light ones.
    assert scale[0] > 0
