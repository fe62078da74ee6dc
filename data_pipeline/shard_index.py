"""Where row k of an array lies that is kept in shards: files of some hundred rows each."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np


class ShardPart(NamedTuple):
    """What one shard contributes to the rows that are asked for.

    Attributes:
      shard: the number of the shard.
      places: int64 [K], where its rows belong among those that are asked for.
      rows: int64 [K], the same rows counted within the shard; they rise.
    """

    shard: int
    places: np.ndarray
    rows: np.ndarray


class ShardIndex:
    """Finds rows in shards; it holds one number for each shard, however many rows there are.

    Attributes:
      counts: int64, the number of rows of each shard.
    """

    def __init__(self, counts: Sequence[int]):
        """Takes the number of rows of each shard."""
        self.counts = np.asarray(counts, np.int64)
        self._ends = np.cumsum(self.counts)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def parts(self, rows: np.ndarray) -> Iterator[ShardPart]:
        """Yields which shards hold the rows int [M], each shard once.

        Raises:
          IndexError: there is no such row.
        """
        rows = np.asarray(rows, np.int64)
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(self):
            raise IndexError(f"rows {rows.min()} to {rows.max()} of {len(self)}")
        order = np.argsort(rows, kind="stable")
        shards = np.searchsorted(self._ends, rows[order], side="right")
        firsts = np.flatnonzero(np.diff(shards, prepend=-1))
        for places in np.split(order, firsts[1:]):
            if len(places):
                shard = int(np.searchsorted(self._ends, rows[places[0]], side="right"))
                start = self._ends[shard] - self.counts[shard]
                yield ShardPart(shard, places, rows[places] - start)
