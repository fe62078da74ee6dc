"""Batches of P people with K images: rendered on the fly, and read from a folder of photographs."""

import numpy as np
import pytest
from PIL import Image

import open_parts
from data_pipeline.detection import MtcnnDetector
from data_pipeline.identity_batches import (
    CropsOnly,
    People,
    photographed_identities,
    synthetic_identities,
)
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import list_photographs
from data_pipeline.synthetic import draw_face
from model.crop import Crop
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.identity.canonical_crops import FIVE_POINT_CROP
from model.scene import random_scene
from model.scene_ranges import SceneRanges

_SIZE = 64
_CROP = FIVE_POINT_CROP.resized(_SIZE)
# A loose portrait, as photographs are.
_PORTRAIT = Crop(224, (0, 1), ((82, 100), (142, 100)))
_RANGES = SceneRanges(yaw_deg=20.0, pitch_deg=8.0)
# Photographs of each person.
_COUNTS = {"ada": 3, "bob": 2, "cleo": 4, "dan": 3, "eve": 2, "fay": 2, "gus": 1}


@pytest.fixture(name="face_model", scope="module")
def _face_model():
    return load_face_model(open_parts.FACE_MODEL)


def _portraits(face_model, person, count):
    """Renders of one person, RGB in 0..1, as portraits and in the network's crop."""
    renderer = FaceRenderer(face_model, _PORTRAIT)
    sizes = face_model.shape_components, face_model.texture_components
    face = draw_face(3, person, *sizes, views=count)
    scenes = random_scene(face["scene_noise"][None], _RANGES)
    images = renderer(face["shape"][None], face["texture"][None], scenes)[0].numpy()
    aligned = FaceRenderer(face_model, _CROP)
    return images, aligned(face["shape"][None], face["texture"][None], scenes)[0].numpy()


@pytest.fixture(name="folder", scope="module")
def _folder(face_model, tmp_path_factory):
    """A folder with a subfolder a person, something that is no photograph, and the true crops."""
    folder, crops = tmp_path_factory.mktemp("photos"), {}
    for person, (name, count) in enumerate(_COUNTS.items()):
        (folder / name).mkdir()
        images, aligned = _portraits(face_model, person, count)
        for i, image in enumerate(images):
            Image.fromarray(np.uint8(image * 255)).save(folder / name / f"{i}.jpg", quality=95)
            crops[f"{name}/{i}.jpg"] = aligned[i]
    Image.new("RGB", (224, 224), "teal").save(folder / "gus" / "wall.png")
    return folder, crops


@pytest.fixture(name="cache", scope="module")
def _cache(folder, tmp_path_factory):
    listing = list_photographs(folder[0])
    output = tmp_path_factory.mktemp("cache") / "crops"
    return prepare_photographs(listing, CropsOnly(_CROP), MtcnnDetector(), output, variants=())


def test_folder_is_detected_and_cut_like_renders(cache, folder):
    """What the detector finds and cuts is what the renderer draws in the network's crop."""
    assert [rejection.name for rejection in cache.rejected] == ["gus/wall.png"]
    assert set(cache.names) == set(folder[1])
    crops = cache.crops(range(len(cache))) / 255.0
    differences = [
        np.abs(crop - folder[1][name]).mean() for crop, name in zip(crops, cache.names, strict=True)
    ]
    # A crop of another photograph differs by 0.2.
    assert np.median(differences) < 0.05
    assert max(differences) < 0.1


def test_people_with_several_photographs(cache):
    people = People.of(cache)
    assert people.names == ("ada", "bob", "cleo", "dan", "eve", "fay")
    assert [len(rows) for rows in people.rows] == [3, 2, 4, 3, 2, 2]
    trained, held_out = people.split(4, seed=1)
    assert len(trained.names) == 2 and len(held_out.names) == 4
    assert not set(trained.names) & set(held_out.names)
    with pytest.raises(ValueError, match="5 of 6 people .* cannot be held out"):
        people.split(5, seed=1)


def test_photographed_batches(cache):
    people = People.of(cache)
    batches = photographed_identities(cache, people, people=3, images=2)
    seen = []
    for batch in batches.take(8).as_numpy_iterator():
        assert batch["images"].shape == (6, _SIZE, _SIZE, 3)
        whose = batch["identity"].reshape(3, 2)
        assert np.all(whose[:, 0] == whose[:, 1]) and len(set(whose[:, 0])) == 3
        for image, person in zip(batch["images"], batch["identity"], strict=True):
            seen.append(_row_of(image, cache, people.rows[person]))
    rows, mirrored = np.array(seen).T
    # Two batches show every person once; in eight, every photograph was shown.
    assert set(rows) == set(np.concatenate(people.rows))
    assert 0.2 < mirrored.mean() < 0.8
    first = seen[0], seen[1]
    assert first[0][0] != first[1][0], "a person's two images are two photographs"


def _row_of(image, cache, rows):
    """Which of a person's photographs an image is, and whether it is mirrored."""
    crops = cache.crops(rows) / np.float32(255)
    for row, crop in zip(rows, crops, strict=True):
        for mirrored in (False, True):
            if np.allclose(image, crop[:, ::-1] if mirrored else crop):
                return row, mirrored
    raise AssertionError("an image of nobody, or of another person")


def test_synthetic_batches_are_people_in_several_scenes(face_model):
    renderer = FaceRenderer(face_model, _CROP)
    batch = next(iter(synthetic_identities(renderer, 2, 3, seed=4)))
    assert batch["identity"].numpy().tolist() == [0, 0, 0, 1, 1, 1]
    sizes = face_model.shape_components, face_model.texture_components
    face = draw_face(4, 1, *sizes, views=3)
    scenes = random_scene(face["scene_noise"][None])
    expected = renderer(face["shape"][None], face["texture"][None], scenes)[0]
    np.testing.assert_allclose(batch["images"][3:], expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["synthetic", "photographed"])
def test_resumed_batches_are_those_of_the_uninterrupted_run(face_model, cache, kind):
    def batches(first_batch):
        if kind == "synthetic":
            renderer = FaceRenderer(face_model, _CROP)
            return synthetic_identities(renderer, 2, 2, 5, first_batch)
        return photographed_identities(cache, People.of(cache), 2, 2, 5, first_batch)

    expected = list(batches(0).take(3).as_numpy_iterator())[2]
    resumed = next(batches(2).as_numpy_iterator())
    np.testing.assert_array_equal(resumed["identity"], expected["identity"])
    np.testing.assert_allclose(resumed["images"], expected["images"], atol=1e-6)


def test_more_people_a_batch_than_there_are(cache):
    with pytest.raises(ValueError, match="7 people, but there are 6 to train on"):
        photographed_identities(cache, People.of(cache), 7, 2)
