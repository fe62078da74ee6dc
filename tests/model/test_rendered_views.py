import numpy as np
import pytest
import tensorflow as tf

import open_parts
from model import identity
from model.decoder import Coefficients
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.rendered_views import FixedViews, Portraits, portrait_crop
from model.scene import fixed_scene, stack_scenes
from model.tone_calibration import modeled_cheeks, photographed_cheeks

_YAWS = (0, -30, 30)


@pytest.fixture(scope="module")
def face_model():
    return load_face_model(open_parts.FACE_MODEL)


@pytest.fixture(scope="module")
def encoder():
    return identity.load("openvino_ir", open_parts.ENCODER)


@pytest.fixture(scope="module")
def faces(face_model):
    generator = np.random.default_rng(0)
    sizes = (face_model.shape_components, face_model.texture_components)
    return Coefficients(*(generator.normal(size=[10, k]).astype(np.float32) for k in sizes))


def test_views_are_those_of_the_fixed_scene(face_model, encoder, faces):
    renderer = FaceRenderer(face_model, encoder.crop)
    images = FixedViews(renderer, _YAWS).images(faces)
    size = encoder.image_size
    assert images.shape == (10, 3, size, size, 3)
    scenes = stack_scenes([fixed_scene(yaw) for yaw in _YAWS], 1)
    # The ninth face comes in a second, smaller batch.
    expected = renderer(faces.shape[8:9], faces.texture[8:9], scenes)
    np.testing.assert_allclose(images[8], expected[0], atol=1e-4)


def test_embeddings_are_those_of_the_images(face_model, encoder, faces):
    views = FixedViews(FaceRenderer(face_model, encoder.crop), _YAWS)
    embeddings = views.embeddings(encoder, faces)
    assert embeddings.shape == (10, 3, encoder.embedding_size)
    images = views.images(faces)
    for view in range(3):
        expected = encoder(tf.constant(images[:, view])).embedding
        np.testing.assert_allclose(embeddings[:, view], expected, atol=1e-4)


def test_network_must_get_its_own_crop(face_model, encoder, faces):
    views = FixedViews(FaceRenderer(face_model, portrait_crop(encoder.crop, 128)), _YAWS)
    with pytest.raises(ValueError, match="the network wants"):
        views.embeddings(encoder, faces)


def test_portraits_show_more_around_the_same_face(face_model, encoder):
    crop = portrait_crop(encoder.crop, 200)
    assert crop.image_size == 200
    inner = (np.array(encoder.crop.points) + 0.5) / encoder.crop.image_size - 0.5
    outer = (np.array(crop.points) + 0.5) / crop.image_size - 0.5
    ratio = np.linalg.norm(outer, axis=1) / np.linalg.norm(inner, axis=1)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    assert ratio[0] < 0.8


@pytest.mark.parametrize("tone", [-2.0, 0.0, 2.0])
def test_portraits_show_skin_as_the_face_model_has_it(face_model, encoder, tone):
    """A cheek is as bright as a well exposed photograph of it, be it dark or light."""
    portraits = Portraits(face_model, encoder.crop, 64, (0,))
    shape = np.zeros([1, face_model.shape_components], np.float32)
    texture = np.zeros([1, face_model.texture_components], np.float32)
    texture[0, 0] = tone
    render = portraits.renders(Coefficients(shape, texture))[0, 0]
    seen = photographed_cheeks(render[None], np.array([portraits.crop.points]), portraits.crop)
    np.testing.assert_allclose(seen, modeled_cheeks(face_model, texture), rtol=0.05, atol=0.03)


@pytest.mark.parametrize("yaw", [-50, -20, 20, 50])
def test_turned_heads_are_in_the_middle(face_model, encoder, faces, yaw):
    portraits = Portraits(face_model, encoder.crop, 64, (yaw,))
    render = portraits.renders(Coefficients(*(part[:1] * 0 for part in faces)))[0, 0]
    # The backdrop changes from top to bottom alone.
    head = np.any(np.abs(render[:, :, 0].astype(int) - render[:, :1, 0]) > 8, axis=0)
    left, right = np.flatnonzero(head)[[0, -1]]
    assert left > 1 and right < 62 and abs((left + right) / 2 - 31.5) < 4


def test_photograph_and_render_are_aligned(face_model, encoder, faces):
    portraits = Portraits(face_model, encoder.crop, 64, (0,))
    few = Coefficients(*(part[:2] for part in faces))
    renders = portraits.renders(few)
    assert renders.shape == (2, 1, 64, 64, 3) and renders.dtype == np.uint8
    # A photograph whose points are those of the crop itself is that photograph.
    render = renders[0, 0]
    points = FaceRenderer(face_model, portraits.crop).project_landmarks(
        face_model.decode_shape(few.shape[:1]), stack_scenes([fixed_scene()], 1)
    )
    # Landmarks of a face fit the canonical points by a similarity only, so nearly.
    again = portraits.photograph(render, points[0, 0].numpy())
    assert np.abs(again.astype(float) - render).mean() < 1.0
