"""Batches of photographs: what is read from disk, and who sees which photograph."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.augmentation import Augmentation
from data_pipeline.augmenter import Augmenter
from data_pipeline.photo_batches import PhotoFeatures, photo_samples
from data_pipeline.row_shards import write_rows
from data_pipeline.sample_indices import Worker, sample_indices
from data_pipeline.variant_rows import VariantRows
from model.identity.canonical_crops import FIVE_POINT_CROP

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(10, 4, 3)).astype(np.float32)
EMBEDDING = RNG.normal(size=(10, 4, 2)).astype(np.float32)


def on_disk(folder, array):
    for variant in range(array.shape[1]):
        for shard, rows in enumerate((array[:6, variant], array[6:, variant])):
            write_rows(folder / str(variant) / f"{shard:06d}.npy", rows)
    return VariantRows([folder / str(k) for k in range(array.shape[1])], [6, len(array) - 6])


def take(dataset, count):
    return list(dataset.take(count).as_numpy_iterator())


def test_batches_from_disk_are_those_from_memory(tmp_path):
    """Also without a shuffled array: a batch holds what the seeded permutation says, no more."""
    stored = PhotoFeatures(on_disk(tmp_path / "f", FEATURES), on_disk(tmp_path / "e", EMBEDDING))
    settings = {"batch_size": 3, "views": 2, "moment_batch": 5, "seed": 7, "first_step": 4}
    ours = take(photo_samples(stored, **settings), 6)
    theirs = take(photo_samples(PhotoFeatures(FEATURES, EMBEDDING), **settings), 6)
    for mine, other in zip(ours, theirs, strict=True):
        assert set(mine) == {"features", "embedding", "scene_noise", "moment_features"}
        for name in mine:
            np.testing.assert_array_equal(mine[name], other[name])


def test_workers_see_each_photograph_once_an_epoch_between_them():
    names = np.arange(12, dtype=np.float32).reshape(12, 1, 1)
    photos = PhotoFeatures(names, names)
    seen = [
        take(photo_samples(photos, 2, views=1, moment_batch=4, worker=Worker(k, 3)), 4)
        for k in range(3)
    ]
    for name, epochs in (("features", 2), ("moment_features", 4)):
        # Steps first: an epoch is what all workers see in a number of steps.
        order = np.array([[batch[name] for batch in worker] for worker in seen])
        order = order.transpose(1, 0, 2, 3).reshape(epochs, 12)
        for epoch in order:
            assert sorted(epoch) == list(range(12))
        assert list(order[0]) != list(order[1])


@pytest.mark.parametrize("count", [1, 3])
def test_a_resumed_worker_goes_on(count):
    def numbers(first_step):
        dataset = sample_indices(first_step, 4, Worker(0, count)).take(8)
        return list(dataset.as_numpy_iterator())

    assert numbers(0)[4:] == numbers(1)[:4]
    assert numbers(0) == [*range(4), *range(4 * count, 4 * count + 4)]


def test_augmentation_needs_images():
    augment = Augmenter(Augmentation(color=0.1), FIVE_POINT_CROP)
    with pytest.raises(ValueError, match="needs images"):
        photo_samples(PhotoFeatures(FEATURES, EMBEDDING), 2, views=1, augment=augment)


def test_replicas_see_each_photograph_once_an_epoch_between_them(tmp_path):
    names = np.arange(12, dtype=np.float32).reshape(12, 1, 1)
    photos = PhotoFeatures(on_disk(tmp_path, names), names)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    batches = photo_samples(photos, 4, views=1, moment_batch=6).with_options(options)
    seen = []
    for batch in itertools.islice(strategy.experimental_distribute_dataset(batches), 3):
        parts = strategy.experimental_local_results(batch["features"])
        assert [len(part) for part in parts] == [2, 2]
        seen += [name for part in parts for name in part.numpy().reshape(-1)]
    assert sorted(seen) == list(range(12))
