"""Damages of photographs: what they do, and that more of them is worse."""

import numpy as np
import pytest

from programs.photo_damages import DAMAGES, grayed, noisy, occluded, reduced

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def crops():
    """Smooth colored images with an edge."""
    x, y = np.meshgrid(np.linspace(0, 1, 96), np.linspace(0, 1, 96))
    image = np.stack([x, y, 0.5 + 0.5 * np.sin(20 * x * y)], axis=-1)
    image[40:60, 30:70] = (0.9, 0.1, 0.1)
    return np.uint8(255 * np.stack([image, image[::-1]]))


@pytest.mark.parametrize("name", sorted(set(DAMAGES) - {"exposure"}))
def test_stronger_is_worse_and_repeats(crops, name):
    damage = DAMAGES[name]
    errors = []
    for level in damage.levels:
        changed = damage.apply(crops, level)
        assert changed.shape == crops.shape and changed.dtype == np.uint8
        np.testing.assert_array_equal(changed, damage.apply(crops, level))
        errors.append(np.abs(changed.astype(float) - crops).mean())
    assert errors == sorted(errors) and errors[-1] > errors[0]


def test_exposure_darkens_and_brightens(crops):
    means = [DAMAGES["exposure"].apply(crops, level).mean() for level in (-2, -1, 0, 1, 2)]
    assert means == sorted(means) and means[2] == crops.mean()


def test_known_damages(crops):
    np.testing.assert_array_equal(grayed(crops, 0), crops)
    gray = grayed(crops, 1)
    assert np.ptp(gray.astype(int), axis=-1).max() <= 1
    covered = occluded(crops, 0.25)
    assert (covered != crops).any(axis=-1).sum() == pytest.approx(2 * 48 * 48, rel=0.03)
    assert noisy(np.full_like(crops, 128), 5).std() == pytest.approx(0.05 * 255, rel=0.05)
    # Of one pixel only the mean is left.
    one = reduced(crops, 1)
    assert np.ptp(one, axis=(1, 2)).max() == 0
    np.testing.assert_allclose(one[:, 0, 0], crops.mean(axis=(1, 2)), atol=1)
