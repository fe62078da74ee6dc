"""Values that are missing are found from the faces that have them."""

import numpy as np

from model.face_models.photographed.completion import complete


def faces(count=60, vertices=80, rank=3, seed=0):
    generator = np.random.default_rng(seed)
    loadings = generator.normal(0, 0.2, [rank, vertices, 3])
    values = np.einsum("br,rvc->bvc", generator.normal(size=[count, rank]), loadings)
    values += 0.1 + generator.normal(0, 0.01, values.shape)
    return values, generator.uniform(size=[count, vertices]) < 0.6


def test_what_is_missing_is_found_and_what_is_seen_stays():
    values, seen = faces()
    damaged = np.where(seen[..., None], values, 9.0)
    completed = complete(damaged, seen.astype(float), rank=5)
    np.testing.assert_allclose(completed[seen], values[seen], atol=1e-5)
    away = np.sqrt(np.mean((completed[~seen] - values[~seen]) ** 2))
    assert away < 0.25 * values.std()


def test_the_same_seed_gives_the_same_faces():
    values, seen = faces()
    first, second = (complete(values, seen.astype(float), rank=4, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_vertex_that_nobody_shows_is_left_at_the_mean():
    values, seen = faces()
    seen[:, 5] = False
    values[:, 5] = 0.0
    completed = complete(values, seen.astype(float), rank=4)
    assert np.all(np.isfinite(completed))
    np.testing.assert_allclose(completed[:, 5], 0.0, atol=1e-3)
