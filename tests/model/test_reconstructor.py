import numpy as np
import pytest
import tensorflow as tf

import open_parts
from data_pipeline.detection import LandmarkFile
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import list_photographs, read_image
from model import identity
from model.alignment import warp_photograph
from model.decoder import Decoder
from model.face_finding import NoFaceError
from model.face_models.load import load_face_model
from model.face_regions import cheek_mask
from model.reconstructor import Reconstructor
from model.tone_calibration import photographed_cheeks


@pytest.fixture(scope="module")
def reconstructor():
    face_model = load_face_model(open_parts.FACE_MODEL)
    encoder = identity.load("openvino_ir", open_parts.ENCODER)
    tf.random.set_seed(0)
    decoder = Decoder(
        encoder.feature_size, face_model.shape_components, face_model.texture_components
    )
    detector = LandmarkFile(open_parts.LANDMARKS)
    return Reconstructor(decoder, encoder, face_model, detector)


@pytest.fixture(scope="module")
def photographs():
    return list_photographs(open_parts.PHOTOS).photographs[:18]


def test_a_photograph_becomes_a_face(reconstructor, photographs):
    image, name = read_image(photographs[0].path), photographs[0].name
    face = reconstructor(image, name)
    model, encoder = reconstructor.face_model, reconstructor.encoder
    points = LandmarkFile(open_parts.LANDMARKS)(image, name)[0].points
    crop = warp_photograph(image, points, encoder.crop)
    found = reconstructor.find(image, name)
    np.testing.assert_array_equal(found.points, points)
    np.testing.assert_array_equal(reconstructor.cut(image, found), crop)

    features, embedding = encoder(crop[None].astype(np.float32) / 255)
    np.testing.assert_allclose(face.features, features[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(face.embedding, embedding[0], atol=1e-6)
    shape, texture = reconstructor.decoder(features, domain="photo")
    np.testing.assert_allclose(face.shape, shape[0], atol=1e-5)
    np.testing.assert_allclose(face.vertices, model.decode_shape(shape)[0], atol=1e-3)
    np.testing.assert_allclose(face.colors, model.decode_texture(texture)[0], atol=1e-5)
    assert face.vertices.shape == (model.n_vertices, 3)


def test_a_face_gets_the_skin_tone_of_its_photograph(reconstructor, photographs):
    image, name = read_image(photographs[0].path), photographs[0].name
    found = reconstructor.find(image, name)
    crop = reconstructor.cut(image, found)
    face = reconstructor.reconstruct(crop[None])[0]
    toned, reached = reconstructor.with_photographed_tone(face, crop, found.points)
    model, encoder = reconstructor.face_model, reconstructor.encoder
    wanted = photographed_cheeks(crop[None], found.points[None], encoder.crop)[0]
    assert reached
    np.testing.assert_allclose(toned.colors[cheek_mask(model)].mean(axis=0), wanted, atol=0.5 / 255)
    np.testing.assert_array_equal(toned.colors, model.decode_texture(toned.texture[None])[0])
    np.testing.assert_array_equal(toned.vertices, face.vertices)
    # A photograph that no skin can look like is said to be out of reach.
    blue = np.zeros_like(crop) + np.uint8([10, 20, 240])
    assert not reconstructor.with_photographed_tone(face, blue, found.points)[1]


def test_batches_change_nothing(reconstructor, photographs):
    images = [read_image(photo.path) for photo in photographs]
    found = [
        reconstructor.find(image, photo.name)
        for image, photo in zip(images, photographs, strict=True)
    ]
    crops = [reconstructor.cut(*pair) for pair in zip(images, found, strict=True)]
    together = reconstructor.reconstruct(np.stack(crops))
    assert len(together) == len(photographs)
    for k in (0, 15, 16, 17):
        alone = reconstructor(read_image(photographs[k].path), photographs[k].name)
        np.testing.assert_allclose(together[k].shape, alone.shape, atol=1e-4)


def test_cached_features_give_the_same_face(reconstructor, photographs, tmp_path):
    listing = list_photographs(open_parts.PHOTOS)
    listing = type(listing)(photographs[:3])
    detector = LandmarkFile(open_parts.LANDMARKS)
    cache = prepare_photographs(listing, reconstructor.encoder, detector, tmp_path / "cache.h5")
    shape, texture = reconstructor.decode(cache.features[:, 0])
    for k, photo in enumerate(photographs[:3]):
        face = reconstructor(read_image(photo.path), photo.name)
        np.testing.assert_allclose(face.shape, shape[k], atol=1e-4)
        np.testing.assert_allclose(face.texture, texture[k], atol=1e-4)


def test_no_face_says_so(reconstructor):
    with pytest.raises(NoFaceError, match="no row in the file of landmarks"):
        reconstructor(np.zeros([64, 64, 3], np.uint8), "unknown.jpg")
