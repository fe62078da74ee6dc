"""What a worker's part of a step is."""

import pytest

from data_pipeline.sample_indices import Worker
from programs.training_options import BatchOptions
from programs.training_steps import _of_worker

BATCH = BatchOptions(
    photos=8, synthetic=128, moments=0, views=3, pool=100, photo_crops=1, cache_features=True
)


def test_batches_are_divided_evenly():
    part = _of_worker(BATCH, Worker(1, 4))
    assert (part.photos, part.synthetic, part.moments, part.views) == (2, 32, 0, 3)
    assert _of_worker(BATCH, Worker()) == BATCH


def test_a_batch_that_cannot_be_divided_is_named():
    with pytest.raises(ValueError, match="--photo_batch=8 cannot be divided among 3 workers"):
        _of_worker(BATCH, Worker(0, 3))


def test_images_of_a_step_are_those_that_are_rendered_or_encoded_in_it():
    assert BATCH.images(with_photos=False) == 0
    assert BATCH.images(with_photos=True) == 24
