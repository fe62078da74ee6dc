"""Mouths of many faces: nothing comes out of the skin, and a smile shows teeth.

Faces are random, 1.2 times as far from the mean as those of the face model.
"""

import numpy as np
import pytest
from scipy.ndimage import grey_closing

from mesh_renderer.rasterize_triangles import rasterize_clip_space
from model.expression_presets import PRESETS

_STATES = {
    "rest": {},
    "mouthSmile": {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
    "jawOpen": {"jawOpen": 0.7},
}
# At rest so much is left for what an expression takes.
_LEAST_ROOM_MM = {"rest": 1.5, "mouthSmile": 0.0, "jawOpen": 0.0}
_HALF_MM, _PIXELS = 45.0, 270
# Lips that are a little apart are closed by this many pixels, of a third of a millimeter.
_GAP = (14, 1)


@pytest.fixture(scope="module")
def meshes(face_model, living):
    shapes = 1.2 * np.random.default_rng(0).normal(size=[20, face_model.shape_components])
    colors = np.clip(face_model.mean_colors, 0, 1)
    skins = face_model.decode_shape(np.float32(shapes)).numpy()
    return [living.mesh(np.float32(s), v, colors) for s, v in zip(shapes, skins, strict=True)]


def _drawn(vertices, triangles, values, lips):
    """Draws values float32 [N, C] from the front, -1000 where there is nothing."""
    plane = (vertices[:, :2] - vertices[lips, :2].mean(axis=0)) / _HALF_MM
    clip = np.column_stack([plane, -vertices[:, 2] / 400, np.ones(len(plane))])
    nothing = np.full(values.shape[1], -1000, np.float32)
    return rasterize_clip_space(
        np.float32(clip)[None], np.float32(values)[None], triangles, _PIXELS, _PIXELS, nothing
    )[0].numpy()


def _at(image, points, middle):
    x, y = (((points[:, :2] - middle) / _HALF_MM + 1) * _PIXELS / 2).astype(int).T
    return image[np.clip(y, 0, _PIXELS - 1), np.clip(x, 0, _PIXELS - 1), 0]


def _outside(face_model):
    """Triangles of the skin that is seen from the front while the mouth is closed."""
    mean, lips = face_model.mean_vertices, face_model.landmark_indices_68((60, 64))
    depth = _drawn(mean, face_model.triangles, mean[:, 2:], lips)
    seen = _at(depth, mean, mean[lips, :2].mean(axis=0)) - mean[:, 2] < 0.6
    return face_model.triangles[seen[face_model.triangles].all(axis=1)]


@pytest.mark.parametrize("state", _STATES)
def test_nothing_comes_out_of_the_skin(face_model, living, meshes, state):
    """Parts that are seen through the open mouth have no skin in front of them, or far behind."""
    lips = face_model.landmark_indices_68((60, 64))
    triangles = _outside(face_model) if state != "rest" else face_model.triangles
    out = []
    for mesh in meshes:
        vertices = living.expressed(mesh, _STATES[state]).vertices
        skin, mouth = np.split(vertices, [face_model.n_vertices])
        depth = _drawn(skin, triangles, skin[:, 2:], lips)
        if state == "rest":
            depth = grey_closing(depth, size=(*_GAP, 1))
        room = _at(depth, mouth, skin[lips, :2].mean(axis=0)) - mouth[:, 2]
        out.append(int(np.sum((room < _LEAST_ROOM_MM[state]) & ((room > -30) | (state == "rest")))))
    assert out == [0] * len(meshes)


def test_a_smile_shows_teeth_and_little_of_the_gums(face_model, living, expressions, meshes):
    lips = face_model.landmark_indices_68((60, 64))
    nothing = np.zeros(face_model.n_vertices)
    # The tongue, which has the gums' material, lies lower.
    upper_gums = expressions.gums & (
        expressions.mouth_vertices(-expressions.mean_shape)[:, 1] > -30
    )
    parts = np.column_stack(
        [np.concatenate([nothing, part]) for part in (expressions.teeth, upper_gums)]
    )
    shares = []
    for mesh in meshes:
        vertices = living.expressed(mesh, PRESETS["smile"]).vertices
        teeth, gums = (_drawn(vertices, mesh.triangles, parts, lips) > 0.5).sum(axis=(0, 1))
        assert teeth > 60
        # One of these faces smiles with lips that nearly touch: it shows some pixels of both.
        if teeth > 200:
            shares.append(gums / teeth)
    assert len(shares) >= len(meshes) - 1
    assert np.median(shares) < 0.05 and max(shares) < 0.4, np.round(shares, 2)


def test_teeth_stand_to_the_upper_lip_as_in_the_mean_face_of_the_kit(
    face_model, living, expressions, meshes
):
    """Without that the lips of some faces end at the gums, and others hide all teeth."""
    lip = face_model.landmark_indices_68((62,))
    kit = -expressions.mean_shape
    mean, skin = expressions.mouth_vertices(kit), face_model.decode_shape(kit[None])[0].numpy()
    front = expressions.teeth & (np.abs(mean[:, 0]) < 8) & (mean[:, 1] > -35.3)
    edge = np.flatnonzero(front)[np.argsort(mean[front, 1])[:8]]
    below = [
        (mesh.vertices[face_model.n_vertices :][edge] - mesh.vertices[lip])[:, 1].mean()
        for mesh in meshes
    ]
    expected = (mean[edge] - skin[lip])[:, 1].mean()
    np.testing.assert_allclose(below, expected, atol=1.0)
