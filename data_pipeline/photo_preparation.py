"""Finds, aligns and encodes photographs, and keeps crops and features in a folder.

The work can be stopped at any time and goes on where it was. A file that cannot be read does not
stop it: the cache says which photographs were rejected and why.
"""

import dataclasses
import logging
import pathlib
from collections.abc import Callable, Iterator, Sequence

import tqdm

from data_pipeline import feature_cache_writer as writer
from data_pipeline.cache_key import CacheKey
from data_pipeline.face_cutting import Acceptance
from data_pipeline.feature_cache import VARIANTS, FeatureCache, facts_path, read_facts
from data_pipeline.photographs import Listing
from data_pipeline.shard_work import ShardWork, Tools
from data_pipeline.worker_processes import work_in_processes
from model.identity.network import IdentityNetwork
from storage.lock import file_lock

_LOG = logging.getLogger(__name__)
# A kill costs at most the work on this many photographs; a large set has fewer and larger files.
SHARD_SIZE = 64
_LARGE_SHARD_SIZE = 1024
_LARGE = 100_000


@dataclasses.dataclass(frozen=True)
class Processes:
    """Several processes that prepare photographs.

    Attributes:
      count: how many there are.
      make_tools: makes the network and the detector of a process; it travels to the processes.
    """

    count: int
    make_tools: Callable[[], Tools]


def prepare_photographs(
    listing: Listing,
    encoder: IdentityNetwork,
    detector: Callable[..., Sequence],
    output: str | pathlib.Path,
    variants: Sequence[str] = VARIANTS,
    acceptance: Acceptance = Acceptance(),
    shard_size: int | None = None,
    progress: bool = False,
    processes: Processes | None = None,
) -> FeatureCache:
    """Makes the cache of the features of photographs, or opens it if it is there already.

    Args:
      listing: the photographs.
      encoder: the recognition network.
      detector: finds the faces and their five points; see `model.face_finding`.
      output: the folder; a cache that was made of something else is replaced.
      variants: which variants are encoded; those that the cache lacks are added to it.
      acceptance: what a face must be.
      shard_size: photographs between two savings; by default it follows their number.
      progress: whether to show a progress bar.
      processes: who does the work; by default this process.

    Returns:
      The cache of the photographs that have a usable face, in the order of the listing.

    Raises:
      BlockingIOError: another process makes the same cache.
      ValueError: no photograph is usable, or `output` is there but is no cache.
    """
    output = pathlib.Path(output)
    if summary := listing.passed_over_summary():
        _LOG.info("%s", summary)
    key = CacheKey.of(listing, encoder, detector, acceptance)
    found = None
    if output.exists():
        # Another cache may be replaced, but what is none may be anything of the user's.
        found = FeatureCache.open(output)
        if found.key == key and set(variants) <= set(found.variants):
            return found
        if found.key != key:
            _LOG.warning("%s is made again: its %s", output, found.key.difference(key))
            found = None
    with file_lock(output):
        preparation = _Preparation(
            listing, Tools(encoder, detector), tuple(variants), acceptance, processes, progress
        )
        if found:
            return preparation.add_variants(found)
        return preparation.make(output, key, shard_size or _default_shard_size(listing))


@dataclasses.dataclass(frozen=True)
class _Preparation:
    """What is made of which photographs, and by whom."""

    listing: Listing
    tools: Tools
    variants: tuple[str, ...]
    acceptance: Acceptance
    processes: Processes | None
    progress: bool

    def make(self, output: pathlib.Path, key: CacheKey, shard_size: int) -> FeatureCache:
        """Makes a new cache."""
        folder = writer.begin(output, key, shard_size)
        shards = self._complete_shards(folder, shard_size)
        cache = FeatureCache(
            path=output,
            key=key,
            counts=tuple(len(read_facts(facts_path(folder, k))["names"]) for k in range(shards)),
            shard_size=shard_size,
            crop_size=self.tools.encoder.image_size,
            variants=self.variants,
            missing=self.listing.missing,
        )
        return writer.finish(folder, output, cache)

    def add_variants(self, cache: FeatureCache) -> FeatureCache:
        """Encodes what a cache lacks."""
        writer.clear_unfinished(cache.path)
        self._complete_shards(cache.path, cache.shard_size)
        return writer.add_to_description(cache, self.variants)

    def _complete_shards(self, folder: pathlib.Path, shard_size: int) -> int:
        """Makes what shards lack, and returns how many there are."""
        photographs = self.listing.photographs
        shards = [
            ShardWork(
                folder,
                index,
                photographs[start : start + shard_size],
                self.variants,
                self.acceptance,
            )
            for index, start in enumerate(range(0, len(photographs), shard_size))
        ]
        waiting = [shard for shard in shards if not shard.is_done()]
        left = sum(len(shard.photographs) for shard in waiting)
        total = len(photographs)
        with tqdm.tqdm(
            total=total, initial=total - left, unit="photo", disable=not self.progress
        ) as bar:
            for shard in self._do(waiting):
                bar.update(len(shard.photographs))
        return len(shards)

    def _do(self, waiting: list[ShardWork]) -> Iterator[ShardWork]:
        """Does the work on shards, and yields each when it is done."""
        processes = self.processes
        if processes and processes.count > 1 and len(waiting) > 1:
            yield from work_in_processes(waiting, processes.make_tools, processes.count)
            return
        for shard in waiting:
            shard.do(self.tools)
            yield shard


def _default_shard_size(listing: Listing) -> int:
    return SHARD_SIZE if len(listing.photographs) < _LARGE else _LARGE_SHARD_SIZE
