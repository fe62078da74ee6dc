"""Charts of a mesh by xatlas."""

import sys

import numpy as np
import pytest
import trimesh

from model.chart_atlas import chart_atlas
from model.layout_pixels import pixels_of_layout
from model.texture_atlas import TextureAtlas
from tests.model.texture_samples import errors


@pytest.fixture(scope="module")
def ball():
    return trimesh.creation.icosphere(subdivisions=4, radius=90.0)


def test_smooth_colors_survive_everywhere(ball):
    pytest.importorskip("xatlas")
    colors = (0.5 + np.float32(ball.vertices) / 200).astype(np.float32)
    atlas = chart_atlas(ball.vertices, ball.faces, size=512)
    assert atlas.size == 512 and atlas.uv.min() >= 0 and atlas.uv.max() <= 1
    assert errors(atlas, ball.faces, colors).max() < 0.02


def test_charts_do_not_lie_over_each_other(ball):
    """Each triangle has a color of its own, and is seen in it at its middle."""
    pytest.importorskip("xatlas")
    soup = ball.vertices[ball.faces].reshape(-1, 3)
    triangles = np.arange(len(soup)).reshape(-1, 3)
    atlas = chart_atlas(ball.vertices, ball.faces, size=1024)
    colors = np.repeat(np.random.default_rng(0).uniform(size=(len(triangles), 3)), 3, axis=0)
    middles = atlas.uv[atlas.triangles].mean(axis=1)
    x, y = (middles * [1024, -1024] + [0, 1024]).astype(int).T
    own = TextureAtlas(
        atlas.uv, atlas.triangles, triangles, *pixels_of_layout(atlas.uv, atlas.triangles, 1024)
    )
    seen = own.bake(colors)[y, x] / 255.0
    assert np.abs(seen - colors[::3]).max() < 0.005


def test_without_the_package_the_remedy_is_named(ball, monkeypatch):
    monkeypatch.setitem(sys.modules, "xatlas", None)
    with pytest.raises(ValueError, match="not installed; pip install"):
        chart_atlas(ball.vertices, ball.faces)
