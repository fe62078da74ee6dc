"""Light that was put on skin is taken away again; what the skin itself does stays."""

import numpy as np

from model.face_models.photographed.light import LUMINANCE, even_light, harmonics, smooth_light


def sphere(count=3000, seed=0):
    generator = np.random.default_rng(seed)
    normals = generator.normal(size=[count, 3])
    normals[:, 2] = np.abs(normals[:, 2]) + 0.6
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def test_a_smooth_light_goes_and_a_dark_patch_stays():
    normals = sphere()
    skin = np.log([0.7, 0.5, 0.4])
    light = 0.3 * normals[:, 0] - 0.25 * normals[:, 1] + 0.1 * normals[:, 0] * normals[:, 1]
    patch = (normals[:, 1] < -0.45) & (np.abs(normals[:, 0]) < 0.3)
    colors = skin + light[:, None] - 0.8 * patch[:, None]
    evened, own = even_light(colors, np.ones(len(normals)), normals)
    assert colors[~patch].std(axis=0).max() > 0.1
    assert evened[~patch].std(axis=0).max() < 0.03
    np.testing.assert_allclose(evened[patch].mean(axis=0) - own, -0.8, atol=0.1)
    # The skin's level is that of the lit skin: a photograph does not tell more.
    np.testing.assert_allclose(own, colors[~patch].mean(axis=0), atol=0.05)


def test_a_colored_light_from_one_side_goes():
    normals = sphere()
    tint = np.outer(normals[:, 0], [0.15, 0.0, -0.15])
    evened, _ = even_light(np.log([0.7, 0.5, 0.4]) + tint, np.ones(len(normals)), normals)
    hue = evened - (evened @ LUMINANCE)[:, None]
    assert hue.std(axis=0).max() < 0.02


def test_normals_that_turn_away_are_taken_for_less():
    steep = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    limit = np.array([[np.sqrt(1 - 0.45**2), 0, 0.45], [0, -np.sqrt(1 - 0.45**2), 0.45]])
    np.testing.assert_allclose(harmonics(steep), harmonics(limit), atol=1e-6)


def test_smooth_light_of_a_field_has_no_mean():
    normals = sphere()
    weights = np.ones(len(normals))
    smooth = smooth_light(0.2 * normals[:, 0] + 3.0, weights, harmonics(normals))
    assert abs(smooth.mean()) < 0.01 and smooth.std() > 0.05


def test_without_plain_skin_there_is_no_own_skin():
    normals = sphere(200)
    colors = np.zeros([200, 3])
    evened, own = even_light(colors, np.zeros(200), normals)
    assert np.all(np.isnan(own)) and np.all(np.isfinite(evened))
