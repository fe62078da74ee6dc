"""A skin tone from a photograph: known answers, the shortest way, and what is out of reach."""

import numpy as np
import pytest
import scipy.optimize

import open_parts
from model.face_models.load import load_face_model
from model.face_regions import cheek_mask
from model.morphable_model import LinearModel, MorphableModel
from model.tone_calibration import modeled_cheeks
from model.tone_transfer import LONGEST_CHANGE, match_cheek
from tests.model.small_face_model import write_small_face_model


@pytest.fixture(scope="module")
def face_model():
    return load_face_model(open_parts.FACE_MODEL, 2, 40)


@pytest.fixture
def texture(face_model):
    generator = np.random.default_rng(0)
    return np.float32(0.5 * generator.normal(size=face_model.texture_components))


def _cheek_of(face_model, texture):
    return modeled_cheeks(face_model, texture[None])[0]


@pytest.mark.parametrize("wanted", [(190, 140, 115), (120, 85, 65), (222, 180, 160)])
def test_the_cheek_is_the_wanted_one(face_model, texture, wanted):
    matched = match_cheek(face_model, texture, np.array(wanted) / 255)
    assert matched.reached
    np.testing.assert_allclose(_cheek_of(face_model, matched.texture) * 255, wanted, atol=0.5)
    np.testing.assert_allclose(matched.cheek * 255, wanted, atol=0.5)


def _exact_model(tmp_path, color_space="srgb"):
    """A face model whose colors are linear in the coefficients, since none is clipped."""
    small = load_face_model(write_small_face_model(tmp_path / "small.h5"))
    generator = np.random.default_rng(1)
    modes = 0.05 * generator.normal(size=[9, 3])[:, None] * np.ones([small.n_vertices, 1])
    return MorphableModel(
        LinearModel(small.mean_vertices, np.zeros([1, 3 * small.n_vertices], np.float32)),
        LinearModel(np.full_like(small.mean_colors, 0.5), np.float32(modes.reshape(9, -1))),
        small.triangles,
        small.landmarks,
        color_space=color_space,
    )


def test_no_shorter_change_does_it(tmp_path):
    model = _exact_model(tmp_path)
    texture = np.linspace(-0.5, 0.5, 9, dtype=np.float32)
    wanted = np.array([0.6, 0.45, 0.5])
    unit = modeled_cheeks(model, np.eye(9)) - modeled_cheeks(model, np.zeros([1, 9]))
    naive = np.linalg.lstsq(unit.T, wanted - _cheek_of(model, texture), rcond=None)[0]
    matched = match_cheek(model, texture, wanted)
    assert cheek_mask(model).any() and matched.reached
    np.testing.assert_allclose(matched.texture - texture, naive, atol=1e-3)


def test_colors_in_linear_light_are_matched_as_they_are_seen(tmp_path):
    model = _exact_model(tmp_path, "linear")
    wanted = np.array([0.80, 0.70, 0.74])
    matched = match_cheek(model, np.zeros(9, np.float32), wanted)
    assert matched.reached
    np.testing.assert_allclose(_cheek_of(model, matched.texture), wanted, atol=0.5 / 255)


def test_a_tone_that_is_there_already_changes_nothing(face_model, texture):
    matched = match_cheek(face_model, texture, _cheek_of(face_model, texture))
    np.testing.assert_allclose(matched.texture, texture, atol=1e-4)


@pytest.mark.parametrize("wanted", [(0.05, 0.1, 0.9), (0, 1, 0), (1, 0, 1)])
def test_what_is_out_of_reach_is_approached_within_the_model(face_model, texture, wanted):
    matched = match_cheek(face_model, texture, np.array(wanted))
    assert not matched.reached
    assert np.linalg.norm(matched.texture - texture) <= LONGEST_CHANGE + 1e-4
    before, after = _cheek_of(face_model, texture), _cheek_of(face_model, matched.texture)
    np.testing.assert_allclose(matched.cheek, after, atol=1e-5)
    assert np.linalg.norm(after - wanted) < np.linalg.norm(before - wanted)


def test_nothing_within_the_limit_comes_nearer(tmp_path):
    model = _exact_model(tmp_path)
    texture, wanted = np.zeros(9, np.float32), np.array([0.95, 0.35, 0.95])
    matched = match_cheek(model, texture, wanted)
    assert not matched.reached
    unit = modeled_cheeks(model, np.eye(9)) - modeled_cheeks(model, np.zeros([1, 9]))
    found = scipy.optimize.minimize(
        lambda x: np.sum((x @ unit + 0.5 - wanted) ** 2),
        np.zeros(9),
        constraints={"type": "ineq", "fun": lambda x: LONGEST_CHANGE**2 - x @ x},
    )
    np.testing.assert_allclose(matched.texture, found.x, atol=0.02)


@pytest.mark.parametrize("wanted", [(np.nan, 0.5, 0.5), (1.2, 0.5, 0.5), (-0.1, 0.5, 0.5)])
def test_what_is_no_color_is_refused(face_model, texture, wanted):
    with pytest.raises(ValueError, match="must be a color"):
        match_cheek(face_model, texture, np.array(wanted))
