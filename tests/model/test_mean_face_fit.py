"""The mean of portraits is found again where it was put."""

import numpy as np
import pytest
import tensorflow as tf

from model import mean_face_fit
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.mean_face_fit import MeanFitter
from model.scene import NOISE_SIZE, fixed_scene, random_scene, stack_scenes
from tests.model.fit_parts import TONE, make_fit_parts

OFFSET = Coefficients(
    np.float32([[1.0, -1.0, 0.5, 0.0, 0.5, -0.5]]), np.float32([[0.0, 0.0, 1.0, -0.5, 0.0, 0.5]])
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return make_fit_parts(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def faces():
    rng = np.random.default_rng(0)
    drawn = rng.normal(scale=0.5, size=[2, 16, 6]).astype(np.float32)
    return Coefficients(*map(tf.constant, drawn))


def embedded(parts, faces):
    """Embeds frontal renders of faces."""
    _, encoder, face_model, shading = parts
    scenes = stack_scenes([fixed_scene()], len(faces.shape))
    images = FaceRenderer(face_model, encoder.crop, shading)(*faces, scenes)
    return encoder(images[:, 0]).embedding.numpy()


def loss_of(parts, faces, embedding):
    """The mean identity loss in scenes that the fit has not seen."""
    _, encoder, face_model, shading = parts
    noise = tf.random.stateless_uniform([len(embedding), 6, NOISE_SIZE], [5, 5])
    images = FaceRenderer(face_model, encoder.crop, shading)(*faces, random_scene(noise))
    seen = encoder(tf.reshape(images, [-1, *images.shape[2:]])).embedding
    by_view = tf.reshape(seen, [len(embedding), 6, -1])
    return 1 - np.mean(np.einsum("be,bve->bv", embedding, by_view))


def test_faces_are_more_like_their_photographs_at_the_mean_that_is_found(parts, faces):
    moved = Coefficients(*(part + away for part, away in zip(faces, OFFSET, strict=True)))
    embedding = embedded(parts, moved)
    found = MeanFitter(*parts, steps=60)(faces, embedding)
    np.testing.assert_array_equal(found.texture[:, :TONE], 0)
    mean = Coefficients(*(tf.reduce_mean(part, 0, keepdims=True) for part in faces))
    offset = Coefficients(*(m - own for m, own in zip(found, mean, strict=True)))
    offset = offset._replace(texture=np.where(np.arange(6) < TONE, 0, offset.texture))
    losses = {}
    for sign in (-1, 0, 1):
        placed = (part + sign * away for part, away in zip(faces, offset, strict=True))
        losses[sign] = loss_of(parts, Coefficients(*placed), embedding)
    assert losses[1] < losses[0] < losses[-1]


def test_a_strong_prior_keeps_the_mean_of_the_faces(parts, faces, monkeypatch):
    monkeypatch.setattr(mean_face_fit, "_PRIOR", 10.0)
    found = MeanFitter(*parts, steps=60)(faces, embedded(parts, faces))
    np.testing.assert_allclose(found.shape[0], np.mean(faces.shape, 0), atol=0.02)
    np.testing.assert_allclose(found.texture[0, TONE:], np.mean(faces.texture, 0)[TONE:], atol=0.02)


def test_the_same_seed_gives_the_same_mean(parts, faces):
    embedding = embedded(parts, faces)
    first, second = (MeanFitter(*parts, steps=3)(faces, embedding) for _ in range(2))
    other = MeanFitter(*parts, steps=3, seed=1)(faces, embedding)
    for part, same, different in zip(first, second, other, strict=True):
        np.testing.assert_array_equal(part, same)
        assert np.any(np.asarray(part) != different)


def test_no_step_is_refused(parts):
    with pytest.raises(ValueError, match="steps is 0"):
        MeanFitter(*parts, steps=0)
