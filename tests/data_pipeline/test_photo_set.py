"""Sets of photographs that were prepared, given where a folder of photographs is expected."""

import dataclasses

import numpy as np
import pytest

import open_parts
from data_pipeline.detection import LandmarkFile
from data_pipeline.feature_cache import FeatureCache
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photo_set import open_photo_set
from data_pipeline.photographs import list_photographs
from flag_sets import PhotographOptions
from tests.model.fake_identity import FakeIdentityNetwork


@pytest.fixture(name="prepare")
def _prepare(tmp_path):
    listing = list_photographs(open_parts.PHOTOS)
    listing = dataclasses.replace(listing, photographs=listing.photographs[:5])
    detector = LandmarkFile(open_parts.LANDMARKS)

    def prepare(*variants):
        encoder, output = FakeIdentityNetwork(), tmp_path / "set"
        prepare_photographs(listing, encoder, detector, output, variants, shard_size=2)
        return PhotographOptions(output, None, None, None, None)

    return prepare


def test_a_set_is_opened_without_its_photographs(prepare):
    options = prepare("plain", "mirrored")
    cache = open_photo_set(options, FakeIdentityNetwork(), ("plain",))
    assert len(cache) == 5 and cache.variants == ("plain", "mirrored")
    with pytest.raises(ValueError, match="not encoded in plain closer; prepare it again"):
        open_photo_set(options, FakeIdentityNetwork(), ("plain", "plain closer"))


def test_crops_alone_are_encoded_when_they_are_needed(prepare):
    options, encoder = prepare(), FakeIdentityNetwork()
    cache = open_photo_set(options, encoder, ("plain",))
    crops = cache.crops(range(5)).astype(np.float32) / 255.0
    np.testing.assert_allclose(cache.features[:, 0], encoder(crops).features, rtol=1e-4, atol=1e-5)
    assert FeatureCache.open(options.folder).variants == ("plain",)


def test_another_network_and_a_choice_within_the_set_are_errors(prepare):
    options, other = prepare("plain"), FakeIdentityNetwork()
    other.fingerprint = "another"
    with pytest.raises(
        ValueError, match="was prepared for .*; prepare it with .*features=penultimate"
    ):
        open_photo_set(options, other, ("plain",))
    chosen = dataclasses.replace(options, split="tune")
    with pytest.raises(ValueError, match="--photo_split cannot be applied"):
        open_photo_set(chosen, FakeIdentityNetwork(), ("plain",))
