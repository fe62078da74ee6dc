"""Opens a set of photographs that was prepared before, where a command takes a folder of them."""

from collections.abc import Sequence

from data_pipeline.face_cutting import Acceptance
from data_pipeline.feature_cache import VARIANTS, FeatureCache
from data_pipeline.feature_cache_writer import add_to_description
from data_pipeline.shard_work import ShardWork, Tools
from flag_sets import PhotographOptions
from model.identity.network import IdentityNetwork
from storage.lock import file_lock
from storage.printable import printable


def open_photo_set(
    options: PhotographOptions, encoder: IdentityNetwork, variants: Sequence[str]
) -> FeatureCache:
    """Opens the set that `options.folder` is; its photographs are neither listed nor looked for.

    Where the plain crops were not encoded yet, they are now, and stay in the set.

    Args:
      options: name the folder; they choose nothing within it.
      encoder: the network of the features.
      variants: which variants are needed.

    Raises:
      ValueError: the set is of another network, lacks a variant, or the options choose within it.
    """
    where = printable(options.folder)
    chosen = {
        "photo_list": options.photo_list,
        "photo_split": options.split,
        "landmarks": options.landmarks,
        "photo_cache": options.cache,
    }
    if given := [f"--{name}" for name, value in chosen.items() if value]:
        raise ValueError(
            f"{where}: is a set that was prepared, and {', '.join(given)} cannot be applied to it; "
            "give it to python -m data_pipeline.prepare"
        )
    cache = FeatureCache.open(options.folder)
    if cache.key.encoder != encoder.fingerprint:
        raise ValueError(
            f"{where}: was prepared for {cache.key.encoder_name} with {cache.key.feature_spec} "
            f"({cache.key.encoder[:12]}), not for {encoder.name} with {encoder.feature_spec} "
            f"({encoder.fingerprint[:12]}); prepare it with --identity_encoder={encoder.name} "
            f"--identity_features={encoder.feature_spec} --tone_features=none"
        )
    plain = VARIANTS[0]
    if plain in variants and plain not in cache.variants:
        cache = _encode_crops(cache, encoder)
    cache.encoded("features", variants)
    return cache


def _encode_crops(cache: FeatureCache, encoder: IdentityNetwork) -> FeatureCache:
    with file_lock(cache.path):
        for index in range(len(cache.counts)):
            work = ShardWork(cache.path, index, (), VARIANTS[:1], Acceptance())
            work.do(Tools(encoder, None))
        return add_to_description(cache, VARIANTS[:1])
