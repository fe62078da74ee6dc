"""Views of predicted faces: in their own colors first, then in one albedo."""

import numpy as np
import pytest

from model.albedo import one_albedo
from model.decoder import Coefficients
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.gray_views import ALBEDOS, GrayViews
from model.identity_views import IdentityViews
from model.scene import draw_noise
from tests.model.fake_identity import FakeIdentityNetwork
from tests.model.small_face_model import write_small_face_model


@pytest.fixture(scope="module")
def renderer(tmp_path_factory):
    path = write_small_face_model(tmp_path_factory.mktemp("model") / "model.h5")
    return FaceRenderer(load_face_model(path), FakeIdentityNetwork.crop)


@pytest.mark.parametrize("albedo", ALBEDOS)
def test_only_the_last_views_ignore_texture(renderer, albedo):
    rng = np.random.default_rng(0)
    shape = rng.normal(size=[2, 6]).astype(np.float32)
    noise = np.stack([draw_noise([0, k], 3) for k in range(2)])
    views = IdentityViews(renderer, gray=GrayViews(1, albedo))
    one, other = (
        views(Coefficients(shape, np.full([2, 6], value, np.float32)), noise).numpy()
        for value in (-1.0, 1.0)
    )
    np.testing.assert_array_equal(one[:, 2], other[:, 2])
    assert np.abs(one[:, :2] - other[:, :2]).max() > 0.05
    # The poses and lights are those of the same views in color.
    texture = Coefficients(shape, np.zeros([2, 6], np.float32))
    plain = IdentityViews(renderer)(texture, noise).numpy()
    if albedo == "mean":
        np.testing.assert_allclose(one[:, 2], plain[:, 2], atol=1e-6)
    np.testing.assert_array_equal(views(texture, noise)[:, :2], plain[:, :2])


def test_wrong_gray_views_are_refused(renderer):
    with pytest.raises(ValueError, match="count is -1"):
        GrayViews(-1)
    with pytest.raises(ValueError, match="'white'; it must be one of mean, gray"):
        GrayViews(1, "white")
    with pytest.raises(ValueError, match="'white'"):
        one_albedo(renderer.face_model, np.zeros([1, 225, 3], np.float32), "white")
