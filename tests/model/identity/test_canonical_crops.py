"""The crops against those that the networks' golden embeddings were computed from."""

import csv

import cv2
import numpy as np
import pytest

import open_parts
from model import alignment
from model.identity.canonical_crops import EYES_CROP, FIVE_POINT_CROP

# Cut with slightly other points than the landmarks that are carried.
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
