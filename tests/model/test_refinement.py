"""Faces are fitted to embeddings: against Keras's own optimizer, and what must not change."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import losses
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.gray_views import GrayViews
from model.identity_views import IdentityViews
from model.refinement import Refiner
from model.scene import draw_noise, fixed_scene, stack_scenes
from model.scene_ranges import SceneRanges
from tests.model.fit_parts import TONE, make_fit_parts


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return make_fit_parts(tmp_path_factory.mktemp("model"))


def random_face(count, seed, deviation=0.3):
    rng = np.random.default_rng(seed)
    parts = rng.normal(scale=deviation, size=[2, count, 6]).astype(np.float32)
    return Coefficients(*map(tf.constant, parts))


def embedded(parts, face):
    """Embeds frontal renders of faces."""
    _, encoder, face_model, shading = parts
    scenes = stack_scenes([fixed_scene()], len(face.shape))
    images = FaceRenderer(face_model, encoder.crop, shading)(*face, scenes)
    return encoder(images[:, 0]).embedding


def test_the_steps_are_those_of_adam(parts):
    decoder, encoder, face_model, shading = parts
    start, target = random_face(2, 0, 0.1), embedded(parts, random_face(2, 1))
    refined = Refiner(*parts, steps=4)(start, target)

    views = IdentityViews(
        FaceRenderer(face_model, encoder.crop, shading),
        SceneRanges(framing=0.05),
        GrayViews(1, "gray"),
    )
    variables = [tf.Variable(part) for part in start]
    rates = tf_keras.optimizers.schedules.PiecewiseConstantDecay([2], [0.06, 0.03])
    optimizer = tf_keras.optimizers.Adam(rates, 0.9, 0.99, epsilon=1e-7)
    for step in range(4):
        noise = tf.stack([draw_noise([0, step], 4)] * 2)
        with tf.GradientTape() as tape:
            images = views(decoder.hold_tone(Coefficients(*variables)), noise)
            embeddings = encoder(tf.reshape(images, [8, *images.shape[2:]])).embedding
            loss = losses.identity_loss(target, tf.reshape(embeddings, [2, 4, -1]))
            loss = tf.reduce_sum(loss) / 4
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
    for ours, reference, before in zip(refined, variables, start, strict=True):
        np.testing.assert_allclose(ours, reference, atol=2e-3)
        assert np.abs(ours - before).max() > 0.1
    np.testing.assert_array_equal(refined.texture[:, :TONE], start.texture[:, :TONE])


def test_a_face_does_not_depend_on_the_others(parts):
    refine = Refiner(*parts, steps=5)
    start, target = random_face(3, 4), embedded(parts, random_face(3, 5))
    together = refine(start, target)
    alone = refine(Coefficients(*(part[1:2] for part in start)), target[1:2])
    for one, all_of_them in zip(alone, together, strict=True):
        np.testing.assert_allclose(one[0], all_of_them[1], atol=1e-4)


def test_no_face_gets_longer_than_random_faces_are(parts):
    start, target = random_face(2, 6, 3.0), embedded(parts, random_face(2, 7))
    refined = Refiner(*parts, steps=1)(start, target)
    lengths = [np.sqrt(np.mean(np.square(part), axis=1)) for part in refined]
    np.testing.assert_allclose(lengths[0], 1.1, rtol=1e-5)
    rest = np.asarray(refined.texture)[:, TONE:]
    np.testing.assert_allclose(np.sqrt(np.mean(rest**2, axis=1)), 1.1, rtol=1e-5)
    np.testing.assert_array_equal(refined.texture[:, :TONE], start.texture[:, :TONE])


def test_no_step_is_refused(parts):
    with pytest.raises(ValueError, match="steps is 0"):
        Refiner(*parts, steps=0)
