"""Tone, smiles, glasses, smoothing and limits, each on cases whose answer is known."""

import numpy as np
import pytest

from model.face_models.painting.skin_tones import is_human, lab_to_srgb, srgb_to_lab
from model.face_models.photographed import tone
from model.face_models.photographed.effects import deviations, measure_effects
from model.face_models.photographed.glasses import wears_glasses
from model.face_models.photographed.mesh_fields import Smoother, mirrored_vertices
from model.face_models.photographed.outliers import usable
from model.face_models.photographed.refinement import limited


def sheet(size=21, spacing=5.0):
    """A flat square mesh: vertices [N, 3], triangles [T, 3]."""
    steps = (np.arange(size) - size // 2) * spacing
    x, y = np.meshgrid(steps, steps)
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(size * size)], axis=-1)
    corner = np.arange(size * size).reshape(size, size)[:-1, :-1].ravel()
    lower = np.stack([corner, corner + 1, corner + size], axis=-1)
    upper = np.stack([corner + 1, corner + size + 1, corner + size], axis=-1)
    return vertices, np.concatenate([lower, upper])


def test_tones_are_human_from_dark_to_light():
    drawn = tone.draw_tones(2000, seed=0)
    lightness = srgb_to_lab(drawn)[:, 0]
    assert is_human(drawn).mean() > 0.97
    assert np.percentile(lightness, 1) < 32 and np.percentile(lightness, 99) > 76
    np.testing.assert_array_equal(drawn, tone.draw_tones(2000, seed=0))


def test_darkness_counts_in_tens_of_lightness():
    tones = lab_to_srgb(tone.arc(np.array([60.0, 50.0, 30.0])))
    np.testing.assert_allclose(tone.darkness(tones), [0.0, 1.0, 3.0], atol=0.1)


def test_gray_photographs_and_casts_are_not_usable():
    skins = np.log(lab_to_srgb(np.array([[65, 18, 20], [60, 0, 0], [60, -5, 25], [60, 25, -5]])))
    skins = np.concatenate([skins, np.full([1, 3], np.nan)])
    np.testing.assert_array_equal(usable(skins), [True, False, False, False, False])


def test_what_smiles_do_is_taken_back():
    generator = np.random.default_rng(0)
    count, vertices = 300, 40
    smiles, darkness = generator.uniform(0, 2, [count, 3]), generator.normal(size=count)
    neutral = generator.normal(0, 0.2, [vertices, 3])
    folds = generator.normal(0, 0.1, [3, vertices, 3])
    of_tone = generator.normal(0, 0.1, [vertices, 3])
    own = generator.normal(0, 0.05, [count, vertices, 3])
    ratios = neutral + np.einsum("bs,svc->bvc", smiles, folds) + own
    ratios += darkness[:, None, None] * of_tone
    effects = measure_effects(ratios, np.ones([count, vertices]), smiles, darkness)
    np.testing.assert_allclose(effects.neutral, neutral, atol=0.07)
    np.testing.assert_allclose(effects.darkness, of_tone, atol=0.03)
    left = deviations(effects, ratios, smiles, darkness)
    assert np.corrcoef(left.ravel(), own.ravel())[0, 1] > 0.97


def test_glasses_are_found_without_labels():
    generator = np.random.default_rng(0)
    detail = generator.normal(0, 0.05, [100, 60])
    frames = generator.choice([-1.0, 1.0], [25, 1]) * generator.uniform(0.1, 0.4, [25, 10])
    detail[:25, :10] += frames
    places = [np.arange(60) < 5, (np.arange(60) >= 5) & (np.arange(60) < 10)]
    weights = np.ones([100, 60])
    found = wears_glasses(detail, weights, np.arange(60) < 30, [p.astype(float) for p in places])
    assert found[:25].mean() > 0.9 and found[25:].mean() < 0.1


def test_smoothing_keeps_planes_and_fills_holes():
    vertices, triangles = sheet()
    smoother = Smoother(vertices, triangles)
    np.testing.assert_allclose(smoother.smoothing(10.0)(np.full(441, 0.7)), 0.7, atol=1e-6)
    hole = np.hypot(vertices[:, 0], vertices[:, 1]) < 16
    field = np.where(hole, 50.0, vertices[:, 0] / 50)
    filled = smoother.smoothing(6.0, 40.0 * ~hole)(field)
    np.testing.assert_allclose(filled[hole], vertices[hole, 0] / 50, atol=0.06)


@pytest.mark.parametrize("width", [5.0, 15.0])
def test_smoothing_spreads_by_its_width(width):
    vertices, triangles = sheet(size=41, spacing=2.0)
    spike = np.zeros(len(vertices))
    spike[len(vertices) // 2] = 1.0
    spread = Smoother(vertices, triangles).smoothing(width)(spike)
    across = np.sqrt(np.sum(spread * vertices[:, 0] ** 2) / spread.sum())
    assert 0.6 * width < across < 1.4 * width


def test_mirrored_vertices():
    vertices, _ = sheet()
    mirrored = mirrored_vertices(vertices)
    np.testing.assert_allclose(vertices[mirrored], vertices * (-1, 1, 1))


def test_limits_bend_and_hold():
    values = np.linspace(-2, 2, 401)
    bent = limited(values, 0.3, 0.1)
    assert bent.min() > -0.3001 and bent.max() < 0.1001
    assert np.all(np.diff(bent) >= 0)
    np.testing.assert_allclose(limited(np.array([0.01, -0.01]), 0.3, 0.1), [0.01, -0.01], atol=1e-4)
