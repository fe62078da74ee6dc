"""What the tests of preparing photographs share."""

import pytest

from data_pipeline.feature_cache import FeatureCache
from data_pipeline.photo_preparation import prepare_photographs
from tests.data_pipeline.tiny_preparation import CountingLandmarks, TinyEncoder, listing_of


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> FeatureCache:
    """The cache of ten carried photographs, made without interruption; tests only read it."""
    output = tmp_path_factory.mktemp("whole") / "features"
    return prepare_photographs(
        listing_of(), TinyEncoder(), CountingLandmarks(), output, shard_size=2
    )
