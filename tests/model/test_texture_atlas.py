import numpy as np
import pytest
import trimesh

import open_parts
from model.face_models.load import load_face_model
from model.morphable_model import LinearModel, MorphableModel
from model.texture_atlas import TextureAtlas


def _ball(inner_radius=None):
    """A face model that is a ball of 90 mm, with a second one inside of it if asked for."""
    surface = trimesh.creation.icosphere(subdivisions=4, radius=90.0)
    if inner_radius:
        surface += trimesh.creation.icosphere(subdivisions=4, radius=inner_radius)
    vertices = surface.vertices.astype(np.float32)
    colors = (0.5 + vertices / 200).astype(np.float32)
    nothing = np.zeros([1, vertices.size], np.float32)
    return MorphableModel(
        LinearModel(vertices, nothing),
        LinearModel(colors, nothing),
        surface.faces.astype(np.int32),
        landmarks={},
    )


def _sample(texture, uv):
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


def _errors(atlas, model, colors, seed=0):
    """Errors of the texture at random points of each triangle: [T, 4]."""
    weights = np.random.default_rng(seed).dirichlet([1, 1, 1], size=(len(model.triangles), 4))
    sampled = _sample(
        atlas.bake(colors), np.einsum("tpc,tcd->tpd", weights, atlas.uv[atlas.triangles])
    )
    expected = np.einsum("tpc,tcd->tpd", weights, colors[model.triangles])
    return np.abs(sampled - expected).max(axis=-1)


def test_smooth_colors_survive_everywhere():
    model = _ball()
    atlas = TextureAtlas(model, size=512)
    # A pixel of the texture is about a millimeter here, which is 0.005 in these colors.
    assert _errors(atlas, model, model.mean_colors).max() < 0.02


def test_seam_and_poles_are_in_cells_and_the_rest_on_the_map():
    model = _ball()
    atlas = TextureAtlas(model, size=512)
    in_cells = np.any(atlas.triangles >= model.n_vertices, axis=1)
    assert 0 < np.mean(in_cells) < 0.2
    longitudes = atlas.uv[atlas.triangles][..., 0]
    assert np.ptp(longitudes, axis=1).max() < 0.5


def test_what_lies_behind_keeps_its_own_colors():
    model = _ball(inner_radius=60.0)
    colors = model.mean_colors.copy()
    inner = np.linalg.norm(model.mean_vertices, axis=1) < 70
    colors[inner], colors[~inner] = (1, 0, 0), (0, 0, 1)
    atlas = TextureAtlas(model, size=512)
    assert _errors(atlas, model, colors).max() < 0.02


def test_texture_grows_until_the_cells_fit():
    assert TextureAtlas(_ball(inner_radius=60.0), size=64).size > 64


def test_every_coordinate_lies_in_the_texture():
    atlas = TextureAtlas(_ball(), size=256)
    assert atlas.uv.min() >= 0 and atlas.uv.max() <= 1
    assert atlas.bake(_ball().mean_colors).shape == (atlas.size, atlas.size, 3)


def test_face_model_of_the_project():
    model = load_face_model(open_parts.FACE_MODEL)
    atlas = TextureAtlas(model)
    errors = _errors(atlas, model, model.mean_colors)
    # The lids border on the whites of the eyes within a pixel.
    assert errors.mean() < 0.003
    assert np.mean(errors > 0.05) < 0.01
    # The face is in the middle of the map, upright.
    nose = atlas.uv[model.landmarks["center.nose.tip"]]
    chin = (
        atlas.uv[model.landmarks["center.lips.lower.inner"]]
        if ("center.lips.lower.inner" in model.landmarks)
        else atlas.uv[model.landmarks["right.lips.corner"]]
    )
    assert nose[0] == pytest.approx(0.5, abs=0.02)
    assert chin[1] < nose[1]
    right = atlas.uv[model.landmarks["right.eye.corner_outer"]]
    assert right[0] < 0.5, "the subject's right is on the left, as in a photograph"


def test_size_must_be_positive():
    with pytest.raises(ValueError, match="must be positive"):
        TextureAtlas(_ball(), size=0)
