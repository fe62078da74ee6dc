"""Gray renders: color does not count, and shape does."""

import numpy as np
import tensorflow as tf

import open_parts
from model.albedo import GrayRenderer, MeanTextureRenderer
from model.crop import Crop
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.scene import fixed_scene, stack_scenes

CROP = Crop(32, (0, 1, 2, 3, 4), ((10, 12), (22, 12), (16, 18), (11, 24), (21, 24)))


def test_color_does_not_count_and_shape_does():
    face_model = load_face_model(open_parts.FACE_MODEL, 3, 3)
    renderer = GrayRenderer(face_model, CROP)
    generator = np.random.default_rng(0)
    shape, texture = (tf.constant(generator.normal(size=[2, 3]), tf.float32) for _ in range(2))
    scenes = stack_scenes([fixed_scene()], 2)
    images = renderer(shape, texture, scenes).numpy()
    np.testing.assert_array_equal(images, renderer(shape, -texture, scenes).numpy())
    assert np.abs(images - renderer(-shape, texture, scenes).numpy()).max() > 0.01
    # All that is drawn is gray.
    assert np.ptp(images, axis=-1).max() < 1e-5
    textured = MeanTextureRenderer(face_model, CROP)(shape, texture, scenes).numpy()
    plain = FaceRenderer(face_model, CROP)(shape, tf.zeros_like(texture), scenes).numpy()
    np.testing.assert_array_equal(textured, plain)
    assert np.ptp(textured, axis=-1).max() > 0.05
