"""Faces of known tones are what they are said to be."""

import numpy as np

import open_parts
from evaluation.tone_types import TYPES
from model.face_models.load import load_face_model
from programs.tone_types_section import FACES, cheeks, faces_of_types


def test_each_face_has_the_cheek_of_each_type_and_keeps_its_features():
    face_model = load_face_model(open_parts.FACE_MODEL, 5, 5)
    vertices, colors = faces_of_types(face_model, seed=0)
    assert vertices.shape == (FACES, face_model.n_vertices, 3)
    assert colors.shape == (len(TYPES), *vertices.shape)
    for own, lab in zip(colors, TYPES.values(), strict=True):
        # The mean of encoded colors differs a little from that of light.
        assert np.linalg.norm(cheeks(face_model, own) - lab, axis=1).max() < 2.5
        assert own.min() >= 0 and own.max() <= 1
        assert own.std(axis=1).mean() > 0.01
    again = faces_of_types(face_model, seed=0)
    np.testing.assert_array_equal(again[1], colors)
    assert np.abs(faces_of_types(face_model, seed=1)[0] - vertices).max() > 1
