"""The luminance of faces, on photographs that are renders."""

import numpy as np
import pytest
import tensorflow as tf

import open_parts
from model.crop import Crop
from model.decoder import Coefficients
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.scene import fixed_scene, stack_scenes
from programs.face_luminance import face_luminances

CROP = Crop(32, (0, 1, 2, 3, 4), ((10, 12), (22, 12), (16, 18), (11, 24), (21, 24)))


def test_a_photograph_that_is_the_render_is_as_bright_whatever_is_around_the_face():
    face_model = load_face_model(open_parts.FACE_MODEL, 3, 3)
    renderer = FaceRenderer(face_model, CROP)
    generator = np.random.default_rng(0)
    faces = Coefficients(*tf.constant(generator.normal(size=[2, 9, 3]), tf.float32))
    scene = fixed_scene()._replace(background=tf.constant(generator.random([4, 3]), tf.float32))
    images = renderer(*faces, stack_scenes([scene], 9)).numpy()[:, 0]
    crops = np.uint8(images * 255 + 0.5)
    rendered, photographed = face_luminances(renderer, faces, crops)
    np.testing.assert_allclose(photographed, rendered, atol=2e-3)
    assert rendered.std() > 1e-3
    # The weights add up to one.
    white = face_luminances(renderer, faces, np.full_like(crops, 255))
    np.testing.assert_allclose(white[1], 1)
    np.testing.assert_array_equal(white[0], rendered)
    # Nothing but the face counts: it is where two backgrounds agree.
    other = renderer(*faces, stack_scenes([fixed_scene()], 9)).numpy()[:, 0]
    face = np.abs(other - images).max(axis=-1) == 0
    luminance = images @ (0.2126, 0.7152, 0.0722)
    expected = [image[mask].mean() for image, mask in zip(luminance, face, strict=True)]
    assert rendered == pytest.approx(expected, abs=1e-3)
