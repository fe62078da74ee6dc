"""Normalization of features: the moments that each kind promises."""

import numpy as np
import pytest

from model.feature_normalization import fit_normalization

RNG = np.random.default_rng(0)
PHOTOS = RNG.normal(size=(500, 6)) @ RNG.normal(size=(6, 6)) + 3
RENDERS = RNG.normal(size=(400, 6)) @ RNG.normal(size=(6, 6)) - 1


def apply(affine, features):
    return (features - affine.mean) @ affine.matrix


def test_none_leaves_features_alone():
    for affine in fit_normalization("none", PHOTOS, RENDERS).values():
        np.testing.assert_array_equal(apply(affine, PHOTOS), PHOTOS)


def test_standardize_gives_each_domain_zero_mean_and_unit_variance():
    maps = fit_normalization("standardize", PHOTOS, RENDERS)
    for features, domain in ((PHOTOS, "photo"), (RENDERS, "render")):
        x = apply(maps[domain], features)
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(x.var(axis=0), 1, atol=1e-4)


def test_coral_brings_the_covariances_of_the_domains_together():
    def distance(kind):
        maps = fit_normalization(kind, PHOTOS, RENDERS)
        photos, renders = apply(maps["photo"], PHOTOS), apply(maps["render"], RENDERS)
        np.testing.assert_allclose(photos.mean(axis=0), renders.mean(axis=0), atol=1e-4)
        return np.linalg.norm(np.cov(photos, rowvar=False) - np.cov(renders, rowvar=False))

    assert distance("coral") < 0.5 * distance("standardize")


def test_a_dead_unit_stays_finite():
    photos, renders = PHOTOS.copy(), RENDERS.copy()
    photos[:, 2] = renders[:, 2] = 0.0
    for kind in ("standardize", "coral"):
        for affine in fit_normalization(kind, photos, renders).values():
            assert np.all(np.isfinite(affine.matrix))


def test_errors():
    with pytest.raises(ValueError, match="'whiten' is unknown"):
        fit_normalization("whiten", PHOTOS, RENDERS)
    with pytest.raises(ValueError, match="1 photo features are too few"):
        fit_normalization("coral", PHOTOS[:1], RENDERS)


@pytest.mark.parametrize("kind", ["none", "standardize", "coral"])
def test_features_of_tone_are_standardized_by_renders_in_both_domains(kind):
    generator = np.random.default_rng(0)
    photos = generator.normal(3.0, 2.0, (200, 8)).astype(np.float32)
    renders = generator.normal(1.0, 0.5, (300, 8)).astype(np.float32)
    maps = fit_normalization(kind, photos, renders, tone_features=3)
    rest = fit_normalization(kind, photos[:, :-3], renders[:, :-3])
    for domain in ("photo", "render"):
        mean, matrix = maps[domain]
        np.testing.assert_allclose(mean[-3:], renders[:, -3:].mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(np.diag(matrix)[-3:], 1 / renders[:, -3:].std(axis=0), rtol=1e-4)
        np.testing.assert_array_equal(matrix[:5, :5], rest[domain].matrix)
        assert not matrix[:5, 5:].any() and not matrix[5:, :5].any()
