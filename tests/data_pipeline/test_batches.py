"""The one training dataset: contents, determinism, resume."""

import itertools
import types

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.batches import training_batches
from data_pipeline.photo_batches import PhotoFeatures, photo_samples
from data_pipeline.sample_indices import Worker
from data_pipeline.synthetic import draw_expression, draw_face, synthetic_faces
from data_pipeline.synthetic_pool import SyntheticPool, make_pool, pool_samples
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.scene import NOISE_SIZE, random_scene
from tests.model.fake_identity import FakeIdentityNetwork
from tests.model.small_face_model import write_small_face_model

RNG = np.random.default_rng(0)
# Each feature says which photograph and variant it is of.
FEATURES = np.stack([np.arange(10.0), np.arange(10.0) + 0.5], axis=1)[..., None]
PHOTOS = PhotoFeatures(FEATURES.astype(np.float32), np.ones([10, 2, 4], np.float32))


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    path = write_small_face_model(tmp_path_factory.mktemp("model") / "model.h5")
    encoder = FakeIdentityNetwork()
    return FaceRenderer(load_face_model(path), encoder.crop), encoder


def take(dataset, count):
    batches = list(dataset.take(count).as_numpy_iterator())
    return tf.nest.map_structure(lambda *rows: np.stack(rows), *batches)


def assert_same(ours, theirs):
    tf.nest.map_structure(np.testing.assert_array_equal, ours, theirs)


def test_every_photograph_once_an_epoch_in_changing_order():
    photos = take(photo_samples(PHOTOS, batch_size=5, views=1), 4)
    order = np.floor(photos["features"]).reshape(2, 10).astype(int)
    for epoch in order:
        assert sorted(epoch) == list(range(10))
    assert list(order[0]) != list(order[1])
    variants = photos["features"] % 1
    assert 0 < variants.mean() < 0.5, "plain and mirrored are mixed"


def test_moment_features_are_other_photographs():
    photos = take(photo_samples(PHOTOS, batch_size=2, views=3, moment_batch=7), 2)
    assert photos["moment_features"].shape == (2, 7, 1)
    assert photos["scene_noise"].shape == (2, 2, 3, NOISE_SIZE)


def test_images_instead_of_features():
    images = PhotoFeatures(images=np.full([3, 1, 8, 8, 3], 255, np.uint8))
    batch = take(photo_samples(images, batch_size=2, views=1), 1)
    assert batch["images"].shape == (1, 2, 8, 8, 3) and batch["images"].max() == 1.0
    with pytest.raises(ValueError, match="cached features"):
        photo_samples(images, batch_size=2, views=1, moment_batch=4)


def test_no_photograph_is_an_error():
    with pytest.raises(ValueError, match="no photograph"):
        PhotoFeatures(np.zeros([0, 2, 4]), np.zeros([0, 2, 4]))
    with pytest.raises(ValueError, match="either"):
        PhotoFeatures(features=np.zeros([2, 2, 4]))


def test_synthetic_faces_are_those_of_their_coefficients(parts):
    renderer, _ = parts
    batch = next(iter(synthetic_faces(renderer, 3, seed=1)))
    assert batch["images"].shape == (3, 32, 32, 3)
    assert batch["images"].numpy().min() >= 0 and batch["images"].numpy().max() <= 1
    # The same face seen in another scene is more like itself than like the next face.
    assert np.abs(batch["images"][0] - batch["images"][1]).mean() > 0.01


def test_coefficients_are_standard_normal(parts):
    renderer, _ = parts
    batch = next(iter(synthetic_faces(renderer, 400)))
    for values in (batch["shape"].numpy(), batch["texture"].numpy()):
        assert abs(values.mean()) < 0.1 and abs(values.std() - 1) < 0.1


@pytest.mark.parametrize("pooled", [False, True], ids=["rendered on the fly", "cached pool"])
def test_a_resumed_run_sees_what_the_uninterrupted_one_saw(parts, pooled):
    renderer, encoder = parts
    pool = make_pool(renderer, encoder, 20, seed=5) if pooled else None

    def batches(first_step, seed=3):
        return training_batches(
            renderer=renderer,
            synthetic_batch=3,
            pool=pool,
            photos=PHOTOS,
            photo_batch=4,
            moment_batch=6,
            seed=seed,
            first_step=first_step,
        )

    whole = take(batches(0), 5)
    rest = take(batches(2), 3)
    assert_same(tf.nest.map_structure(lambda x: x[2:], whole), rest)
    other = take(batches(0, seed=4), 1)
    assert np.abs(other["synthetic"]["shape"] - whole["synthetic"]["shape"][:1]).max() > 0.1


@pytest.mark.parametrize("pooled", [False, True], ids=["rendered on the fly", "cached pool"])
def test_a_later_stage_goes_on_with_the_synthetic_faces_of_the_one_before(parts, pooled):
    renderer, encoder = parts
    pool = make_pool(renderer, encoder, 20, seed=5) if pooled else None

    def batches(**steps):
        return training_batches(renderer=renderer, synthetic_batch=2, pool=pool, **steps)

    first_stage = take(batches(), 6)["synthetic"]["shape"]
    second = take(batches(steps_before=4), 2)["synthetic"]["shape"]
    resumed = take(batches(steps_before=4, first_step=1), 1)["synthetic"]["shape"]
    np.testing.assert_array_equal(second, first_stage[4:])
    np.testing.assert_array_equal(resumed, second[1:])


@pytest.mark.parametrize("pooled", [False, True], ids=["rendered on the fly", "cached pool"])
def test_two_workers_share_the_batches_of_one(parts, pooled):
    renderer, encoder = parts
    pool = make_pool(renderer, encoder, 20, seed=5) if pooled else None

    def batches(share, worker):
        return training_batches(
            renderer=renderer,
            synthetic_batch=4 // share,
            pool=pool,
            photos=PHOTOS,
            photo_batch=2 // share,
            moment_batch=6 // share,
            first_step=1,
            steps_before=3,
            worker=worker,
        )

    whole = take(batches(1, Worker()), 3)
    halves = [take(batches(2, Worker(k, 2)), 3) for k in range(2)]
    both = tf.nest.map_structure(lambda *rows: np.concatenate(rows, axis=1), *halves)
    tf.nest.map_structure(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), both, whole)


def test_stage_1_has_no_photographs(parts):
    renderer, _ = parts
    batch = take(training_batches(renderer=renderer, synthetic_batch=2), 1)
    assert set(batch) == {"synthetic"}


def test_pool_holds_the_features_of_the_same_faces(parts):
    renderer, encoder = parts
    pool = make_pool(renderer, encoder, 7, seed=5, batch_size=3)
    batch = next(iter(synthetic_faces(renderer, 7, seed=5)))
    np.testing.assert_allclose(pool.shape, batch["shape"], atol=1e-6)
    np.testing.assert_allclose(pool.features, encoder(batch["images"]).features, atol=1e-4)


def test_pool_samples_visit_every_face():
    pool = SyntheticPool(*(np.arange(12, dtype=np.float32)[:, None] for _ in range(3)))
    rows = take(pool_samples(pool, batch_size=4), 3)["features"].reshape(-1)
    assert sorted(rows) == list(range(12)) and list(rows) != list(range(12))


def test_pool_cache_is_used_only_for_the_same_settings(parts, tmp_path):
    renderer, encoder = parts
    cache = tmp_path / "pool.npz"
    pool = make_pool(renderer, encoder, 4, seed=5, cache=cache)
    written = cache.stat().st_mtime_ns
    again = make_pool(renderer, encoder, 4, seed=5, cache=cache)
    np.testing.assert_array_equal(again.features, pool.features)
    assert cache.stat().st_mtime_ns == written
    other = make_pool(renderer, encoder, 4, seed=6, cache=cache)
    assert np.abs(other.shape - pool.shape).max() > 0.1
    cache.write_bytes(b"damaged")
    np.testing.assert_array_equal(
        make_pool(renderer, encoder, 4, seed=6, cache=cache).shape, other.shape
    )


def test_expressions_move_the_same_faces(parts):
    renderer, _ = parts
    neutral = next(iter(synthetic_faces(renderer, 3, seed=1)))
    moved = next(iter(synthetic_faces(renderer, 3, seed=1, expressions=0.5)))
    assert_same(
        *({name: batch[name] for name in ("shape", "texture")} for batch in (neutral, moved))
    )
    indices = tf.range(3, dtype=tf.int64)
    drawn = tf.stack(
        [draw_expression(1, k, renderer.face_model.expression_components) for k in indices]
    )
    faces = [draw_face(1, k, *[renderer.face_model.shape_components] * 2) for k in indices]
    scenes = random_scene(tf.stack([face["scene_noise"] for face in faces]))
    images = renderer(neutral["shape"], neutral["texture"], scenes, 0.5 * drawn)[:, 0]
    np.testing.assert_allclose(moved["images"], images, atol=1e-5)
    assert np.abs(moved["images"] - neutral["images"]).max() > 0.05


def test_expressions_of_a_face_model_without_any_are_an_error():
    model = types.SimpleNamespace(name="wax", expression_components=0)
    with pytest.raises(ValueError, match="wax has no expressions"):
        synthetic_faces(types.SimpleNamespace(face_model=model), 2, expressions=1.0)


def test_pools_with_and_without_expressions_are_not_mixed_up(parts, tmp_path):
    renderer, encoder = parts
    cache = tmp_path / "pool.npz"
    pools = [make_pool(renderer, encoder, 4, cache=cache, expressions=sigma) for sigma in (0, 1, 2)]
    for one, other in itertools.combinations(pools, 2):
        np.testing.assert_array_equal(one.shape, other.shape)
        assert np.abs(one.features - other.features).max() > 1e-3
