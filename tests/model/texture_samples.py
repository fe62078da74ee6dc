"""Textures as viewers sample them, for tests."""

import numpy as np


def sample(texture, uv):
    """Bilinear samples as a viewer takes them: v upwards, pixel centers at half integers."""
    size = len(texture)
    x, y = uv[..., 0] * size - 0.5, (1 - uv[..., 1]) * size - 0.5
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = (x - left)[..., None], (y - top)[..., None]

    def at(column, row):
        return texture[np.clip(row, 0, size - 1), np.clip(column, 0, size - 1)] / 255.0

    above = at(left, top) * (1 - fx) + at(left + 1, top) * fx
    below = at(left, top + 1) * (1 - fx) + at(left + 1, top + 1) * fx
    return above * (1 - fy) + below * fy


def errors(atlas, mesh_triangles, colors, seed=0):
    """Errors of the texture at random points of each triangle: [T, 4]."""
    weights = np.random.default_rng(seed).dirichlet([1, 1, 1], size=(len(mesh_triangles), 4))
    triangles = atlas.triangles[: len(mesh_triangles)]
    sampled = sample(atlas.bake(colors), np.einsum("tpc,tcd->tpd", weights, atlas.uv[triangles]))
    expected = np.einsum("tpc,tcd->tpd", weights, colors[mesh_triangles])
    return np.abs(sampled - expected).max(axis=-1)
