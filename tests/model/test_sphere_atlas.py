import numpy as np
import pytest
import trimesh

import open_parts
from model.face_models.load import load_face_model
from model.morphable_model import LinearModel, MorphableModel
from model.sphere_atlas import sphere_atlas
from tests.model.texture_samples import errors


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


def test_smooth_colors_survive_everywhere():
    model = _ball()
    atlas = sphere_atlas(model, size=512)
    # A pixel of the texture is about a millimeter here, which is 0.005 in these colors.
    assert errors(atlas, model.triangles, model.mean_colors).max() < 0.02


def test_seam_and_poles_are_in_cells_and_the_rest_on_the_map():
    model = _ball()
    atlas = sphere_atlas(model, size=512)
    in_cells = np.any(atlas.triangles >= model.n_vertices, axis=1)
    assert 0 < np.mean(in_cells) < 0.2
    longitudes = atlas.uv[atlas.triangles][..., 0]
    assert np.ptp(longitudes, axis=1).max() < 0.5


def test_what_lies_behind_keeps_its_own_colors():
    model = _ball(inner_radius=60.0)
    colors = model.mean_colors.copy()
    inner = np.linalg.norm(model.mean_vertices, axis=1) < 70
    colors[inner], colors[~inner] = (1, 0, 0), (0, 0, 1)
    atlas = sphere_atlas(model, size=512)
    assert errors(atlas, model.triangles, colors).max() < 0.02


def test_texture_grows_until_the_cells_fit():
    assert sphere_atlas(_ball(inner_radius=60.0), size=64).size > 64


def test_every_coordinate_lies_in_the_texture():
    atlas = sphere_atlas(_ball(), size=256)
    assert atlas.uv.min() >= 0 and atlas.uv.max() <= 1
    assert atlas.bake(_ball().mean_colors).shape == (atlas.size, atlas.size, 3)


def test_face_model_of_the_project():
    model = load_face_model(open_parts.FACE_MODEL)
    atlas = sphere_atlas(model)
    found = errors(atlas, model.triangles, model.mean_colors)
    # The lids border on the whites of the eyes within a pixel.
    assert found.mean() < 0.003
    assert np.mean(found > 0.05) < 0.01
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
        sphere_atlas(_ball(), size=0)
