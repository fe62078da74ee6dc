"""The texture layout of ICT-FaceKit: everything has a place of its own, and keeps its colors."""

import numpy as np
import pytest

import open_parts
from mesh_renderer.rasterize_triangles import rasterize_barycentric_coordinates
from model.face_models.load import load_face_model
from model.kit_layout import kit_atlas
from model.living_face import LivingFaces
from model.named_expressions import load_named_expressions
from open_parts import MOUTH_PARTS, NAMED_EXPRESSIONS
from tests.model.small_face_model import write_small_face_model
from tests.model.texture_samples import errors


@pytest.fixture(scope="module")
def model():
    return load_face_model(open_parts.FACE_MODEL)


@pytest.fixture(scope="module")
def mesh(model):
    living = LivingFaces(model, load_named_expressions(NAMED_EXPRESSIONS, MOUTH_PARTS, model))
    shape = np.zeros(model.shape_components, np.float32)
    return living.mesh(shape, model.mean_vertices, np.clip(model.mean_colors, 0, 1))


@pytest.fixture(scope="module")
def atlas(model):
    return kit_atlas(NAMED_EXPRESSIONS, MOUTH_PARTS, model)


def test_colors_survive_everywhere(atlas, model, mesh):
    """Eyeballs and teeth too; no color bleeds from one part into another."""
    found = errors(atlas, mesh.triangles, mesh.colors)
    face, mouth = np.split(found, [len(model.triangles)])
    assert face.mean() < 0.002 and face.max() < 0.06
    assert mouth.mean() < 0.02


def test_nothing_lies_on_anything_else(atlas):
    """What each pixel shows does not depend on the order of the triangles."""
    size = 512
    position = np.concatenate([2 * atlas.uv - 1, np.tile([0, 1], (len(atlas.uv), 1))], axis=1)

    def shown(triangles):
        frame = rasterize_barycentric_coordinates(np.float32(position)[None], triangles, size, size)
        return frame.triangle_ids[0].numpy(), frame.barycentrics[0].numpy().sum(axis=-1) > 0.5

    ids, covered = shown(atlas.triangles)
    reversed_ids, _ = shown(atlas.triangles[::-1].copy())
    other = len(atlas.triangles) - 1 - reversed_ids
    assert np.mean(ids[covered] != other[covered]) < 0.005
    assert 0.5 < covered.mean() < 0.95


def test_coordinates_lie_in_the_texture(atlas):
    assert atlas.uv.min() > 0 and atlas.uv.max() < 1


def test_pixels_beside_the_parts_have_the_nearest_color(model):
    """Not black: mipmaps and painters would see it."""
    atlas = kit_atlas(NAMED_EXPRESSIONS, MOUTH_PARTS, model, size=256)
    white = atlas.bake(np.ones([21545, 3]))
    assert white.shape == (256, 256, 3) and white.min() >= 254


def test_the_face_stands_upright(atlas, model):
    """The subject's right is on the left, as in a photograph."""

    def place(landmark):
        rows = atlas.triangles[: len(model.triangles)][model.triangles == model.landmarks[landmark]]
        return atlas.uv[rows[0]]

    nose, chin = place("center.nose.tip"), place("center.chin.tip")
    assert place("right.eye.corner_outer")[0] < nose[0] < place("left.eye.corner_outer")[0]
    assert chin[1] < nose[1] < place("right.eye.corner_outer")[1]


def test_faces_alone_can_be_baked(atlas, model, mesh):
    alone = atlas.bake(mesh.colors[: model.n_vertices])
    whole = atlas.bake(mesh.colors)
    # The face takes the upper left part.
    np.testing.assert_array_equal(alone[:760, :760], whole[:760, :760])


def test_other_face_models_are_refused(tmp_path):
    small = load_face_model(write_small_face_model(tmp_path / "small.h5"))
    with pytest.raises(ValueError, match="other triangles"):
        kit_atlas(NAMED_EXPRESSIONS, MOUTH_PARTS, small)


def test_size_must_be_positive(model):
    with pytest.raises(ValueError, match="must be positive"):
        kit_atlas(NAMED_EXPRESSIONS, MOUTH_PARTS, model, size=0)
