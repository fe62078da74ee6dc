"""Errors of decoded faces whose truth is known."""

import numpy as np
import pytest

from evaluation.synthetic import KnownFaces, synthetic_scores, synthetic_tables


def _faces(seed=0):
    rng = np.random.default_rng(seed)
    shapes = ((6, 12), (6, 3), (6, 5, 3), (6, 5, 3))
    return KnownFaces(*(rng.normal(size=shape) for shape in shapes))


def test_known_errors():
    true = _faces()
    perfect = synthetic_scores(true, true)
    assert perfect.error_mm == 0 and perfect.albedo_error == 0
    assert perfect.shape_r2 == [1.0] * 12 and perfect.texture_r2 == [1.0] * 3
    moved = KnownFaces(
        np.tile(true.shape.mean(axis=0), (6, 1)),
        true.texture,
        true.vertices + [3.0, 0, 4.0],
        true.lab + [-2.0, 1.5, 0],
    )
    found = synthetic_scores(moved, true)
    assert found.error_mm == pytest.approx(5) and found.lightness_error == pytest.approx(2)
    assert found.albedo_error == pytest.approx(2.5)
    np.testing.assert_allclose(found.shape_r2, 0, atol=1e-12)


def test_tables():
    scores = {"ours": synthetic_scores(_faces(1), _faces(0))}
    overall, components = synthetic_tables(scores, 6)
    assert overall.rows[0][4] == pytest.approx(np.mean(scores["ours"].shape_r2[:10]))
    assert overall.rows[0][5] == pytest.approx(np.mean(scores["ours"].shape_r2))
    assert components.columns[1:] == [str(k) for k in range(1, 11)]
    shape, texture = components.rows
    assert shape[1:] == scores["ours"].shape_r2[:10]
    # A model with few components leaves the other cells open.
    assert texture[1:] == [*scores["ours"].texture_r2, *[None] * 7]
