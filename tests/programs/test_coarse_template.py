"""A template with fewer vertices is the same surface, and varies in the same way."""

import numpy as np
import pytest

import open_parts
from model.face_models.load import load_face_model
from programs.coarse_template import coarse_template
from programs.face_template import make_template


@pytest.fixture(scope="module")
def fine():
    return make_template(load_face_model(open_parts.FACE_MODEL))


def test_its_vertices_move_with_the_surface(fine):
    coarse = coarse_template(fine, 6.0)
    mean = coarse.face.surface.vertices
    assert 1000 < len(mean) < 3000 and coarse.face.topology != fine.face.topology
    gaps = fine.face.surface.nearest_hits(mean).points - mean
    assert np.abs(gaps).max() < 1e-6
    coefficients = np.random.default_rng(0).normal(size=len(fine.components))
    face = fine.face.surface.vertices + (coefficients @ fine.components).reshape(-1, 3)
    own = mean + (coefficients @ coarse.components).reshape(-1, 3)
    on = type(fine.face.surface)(face, fine.face.surface.triangles)
    # Components are single numbers, 12 mm apart at the most.
    assert np.linalg.norm(on.nearest_hits(own).points - own, axis=1).max() < 1e-3
    assert set(coarse.regions) == set(fine.regions)
    assert all(mask.any() for mask in coarse.regions.values())
