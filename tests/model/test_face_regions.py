"""Crops, regions and submeshes."""

import numpy as np
import pytest

import open_parts
from model.face_models.load import load_face_model
from model.face_regions import face_crop, region, submesh


@pytest.fixture(scope="module")
def model():
    return load_face_model(open_parts.FACE_MODEL, 1, 1, 1)


def test_crop_by_distance_from_the_nose_tip(model):
    nose = model.mean_vertices[model.landmarks["center.nose.tip"]]
    inside = face_crop(model)
    away = [np.sqrt(((v - nose) ** 2).sum()) for v in model.mean_vertices.astype(float)]
    np.testing.assert_array_equal(inside, np.array(away) <= 95)
    assert face_crop(model, 30).sum() < inside.sum() < model.n_vertices


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("nose", (27, 30, 33), (8, 36, 48, 54)),
        ("mouth", (48, 51, 54, 57), (8, 30, 36)),
        ("right_eye", (36, 37, 39, 41), (42, 45, 30, 48)),
        ("left_eye", (42, 43, 45, 47), (36, 39, 30, 54)),
        ("eyes", (36, 39, 42, 45), (30, 48)),
        ("pupil", (), (30, 36)),
    ],
)
def test_regions_hold_their_points_of_the_68(model, name, inside, outside):
    mask = region(model, name)
    assert mask[model.landmark_indices_68(inside)].all()
    assert not mask[model.landmark_indices_68(outside)].any()
    assert mask.any()


def test_unknown_region(model):
    with pytest.raises(ValueError, match="region 'beard' is not among eyes, iris"):
        region(model, "beard")


def test_submesh_is_the_same_surface(model):
    used, triangles = submesh(model.triangles, region(model, "nose"))
    corners = model.mean_vertices[used][triangles]
    whole = model.mean_vertices[model.triangles]
    assert triangles.max() == len(used) - 1
    assert {c.tobytes() for c in corners} <= {c.tobytes() for c in whole}
    with pytest.raises(ValueError, match="no triangle lies"):
        submesh(model.triangles, np.zeros(model.n_vertices, bool))
