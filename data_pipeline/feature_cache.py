"""Features of photographs under a frozen recognition network, computed once and kept in a folder.

The network never changes, so a photograph's features are constants. A cache is bound by its key to
everything that they depend on. `data_pipeline.photo_preparation` makes it. The folder holds

    set.json                          the key, and how many photographs each shard has
    photographs/000000.npz            names, identities, and which were rejected and why
    points/000000.npy                 the five points of each photograph
    crops/000000.array_record         the aligned crops, PNGs
    features/plain/000000.npy         the network's features of a variant
    embedding/plain/000000.npy        its embeddings of the same

in shards of some hundred photographs. Whoever trains reads rows by their index: the cache holds one
number for each shard in memory, whatever the number of photographs.
"""

import dataclasses
import functools
import json
import os
import pathlib
import zipfile
from collections.abc import Iterator, Sequence

import numpy as np

from data_pipeline import crop_variants
from data_pipeline.cache_key import CacheKey
from data_pipeline.crop_shards import CropShards
from data_pipeline.photographs import DESCRIPTION
from data_pipeline.row_shards import RowShards
from data_pipeline.variant_rows import CropRows, VariantRows
from storage.printable import printable

FORMAT = "photographs 2"

# The names of `data_pipeline.crop_variants.VARIANTS`, as they stand in a cache.
VARIANTS = tuple(variant.text for variant in crop_variants.VARIANTS)

PLAIN = VARIANTS.index("plain")

# What a network makes of each variant.
ENCODED = ("features", "embedding")


@dataclasses.dataclass(frozen=True)
class Rejection:
    """A photograph that the cache does not have, and why."""

    name: str
    reason: str


@dataclasses.dataclass(frozen=True)
class FeatureCache:
    """A finished cache; nothing of it is read before it is used.

    Attributes:
      path: the folder.
      key: what it was made of.
      counts: the number of photographs in each shard.
      shard_size: the number of listed photographs to a shard.
      crop_size: width and height of a crop.
      variants: which of `VARIANTS` are encoded, in their order.
      missing: photographs that were listed but are not on disk.
    """

    path: pathlib.Path
    key: CacheKey
    counts: tuple[int, ...]
    shard_size: int
    crop_size: int
    variants: tuple[str, ...]
    missing: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: str | os.PathLike, expected: CacheKey | None = None) -> "FeatureCache":
        """Opens a cache.

        Args:
          path: the folder.
          expected: the key that it must have, or None for any.

        Raises:
          FileNotFoundError: the folder does not exist.
          ValueError: it is no cache of features, or has another key; the message says what differs.
        """
        path = pathlib.Path(path)
        if not path.exists():
            raise FileNotFoundError(
                f"{path}: no such cache of features; make it by python -m data_pipeline.prepare"
            )
        try:
            cache = cls._from_fields(path, json.loads((path / DESCRIPTION).read_bytes()))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path}: not a cache of features: {_reason(path, error)}; remove it, or give "
                "another place"
            ) from error
        if expected is not None and cache.key != expected:
            raise ValueError(
                f"{path}: made of something else: {cache.key.difference(expected)}; "
                "prepare it again, or give another place"
            )
        return cache

    @classmethod
    def _from_fields(cls, path: pathlib.Path, fields: dict) -> "FeatureCache":
        if fields["format"] != FORMAT:
            raise ValueError(f"its format is {fields['format']!r}, expected {FORMAT!r}")
        counts = tuple(map(int, fields["counts"]))
        return cls(
            path=path,
            key=CacheKey.from_fields(fields["key"]),
            counts=counts,
            shard_size=int(fields["shard_size"]),
            crop_size=int(fields["crop_size"]),
            variants=tuple(name for name in VARIANTS if name in fields["variants"]),
            missing=tuple(map(str, fields["missing"])),
        )

    def to_json(self) -> str:
        """Writes the description of the cache, which `open` reads."""
        fields = {
            "format": FORMAT,
            "key": dataclasses.asdict(self.key),
            "crop_size": self.crop_size,
            "shard_size": self.shard_size,
            "variants": list(self.variants),
            "counts": list(self.counts),
            "missing": list(self.missing),
        }
        return json.dumps(fields) + "\n"

    def __len__(self) -> int:
        return sum(self.counts)

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the photographs, in the order of all arrays."""
        return self._texts("names")

    @functools.cached_property
    def identities(self) -> tuple[str | None, ...]:
        """Whose photographs they are; None where unknown."""
        return tuple(identity or None for identity in self._texts("identities"))

    @functools.cached_property
    def rejected(self) -> tuple[Rejection, ...]:
        """The photographs that were listed but are not in the cache."""
        pairs = zip(self._texts("rejected_names"), self._texts("rejected_reasons"), strict=True)
        gone = [Rejection(name, "listed but missing on disk") for name in self.missing]
        return (*(Rejection(*pair) for pair in pairs), *gone)

    @functools.cached_property
    def features(self) -> VariantRows:
        """The decoder's input, float32 [n, variants, D], on disk."""
        return self.encoded("features", self.variants)

    @functools.cached_property
    def embedding(self) -> VariantRows:
        """The network's own embedding, float32 [n, variants, E] of unit norm, on disk."""
        return self.encoded("embedding", self.variants)

    def encoded(self, kind: str, variants: Sequence[str]) -> VariantRows:
        """What the network made of some variants; `kind` is one of `ENCODED`.

        Raises:
          ValueError: a variant was not encoded.
        """
        if lacking := [name for name in variants if name not in self.variants]:
            raise ValueError(
                f"{self.path}: its photographs are not encoded in {', '.join(lacking)}; prepare it "
                "again with --photo_crops"
            )
        folders = [encoded_folder(self.path, kind, name) for name in variants]
        return VariantRows(folders, self.counts)

    @property
    def points(self) -> np.ndarray:
        """The `model.crop.FIVE_POINTS` in pixels of each photograph, float32 [n, 5, 2]."""
        return self.read_points(np.arange(len(self)))

    def read_points(self, indices: Sequence[int]) -> np.ndarray:
        """Reads the five points of some photographs, float32 [len(indices), 5, 2]."""
        return self._points.read(np.asarray(indices)).reshape(-1, 5, 2)

    def crops(self, indices: Sequence[int]) -> np.ndarray:
        """Reads aligned crops (the plain variant) as uint8 RGB [len(indices), S, S, 3]."""
        return self._crops.read(np.asarray(indices, np.int64))

    @property
    def images(self) -> CropRows:
        """The aligned crops as an array uint8 [n, 1, S, S, 3] on disk, to be read by batches."""
        return CropRows(self._crops, len(self), self.crop_size)

    def spread(self, count: int) -> np.ndarray:
        """The indices of up to `count` photographs, evenly spread; of all if there are no more.

        What is measured over photographs in one go is measured over these, so that it takes no
        more memory the more photographs there are.
        """
        return np.linspace(0, len(self) - 1, min(len(self), count)).astype(int)

    @functools.cached_property
    def _points(self) -> RowShards:
        return RowShards(self.path / "points", self.counts)

    @functools.cached_property
    def _crops(self) -> CropShards:
        return CropShards(self.path / "crops", self.counts, self.crop_size)

    def _texts(self, name: str) -> tuple[str, ...]:
        return tuple(text for shard in self._facts() for text in shard[name].tolist())

    def _facts(self) -> Iterator[dict[str, np.ndarray]]:
        for index in range(len(self.counts)):
            yield read_facts(facts_path(self.path, index))


def facts_path(folder: pathlib.Path, index: int) -> pathlib.Path:
    """The file of the names of a shard; a shard counts as made when it is there."""
    return folder / "photographs" / f"{index:06d}.npz"


def encoded_folder(folder: pathlib.Path, kind: str, variant: str) -> pathlib.Path:
    """The folder of what a network made of a variant; `kind` is one of `ENCODED`."""
    return folder / kind / variant.replace(" ", "_")


def read_facts(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads the names, identities and rejections of a shard.

    Raises:
      FileNotFoundError: the shard was not made.
      OSError: it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise OSError(f"{path}: is damaged ({error}); prepare the photographs again") from error


def summary(rejected: Sequence[Rejection], examples: int = 3) -> str:
    """Says, a line for each kind of reason, how many photographs it rejected, with examples."""
    lines = []
    for reason, names in by_reason(rejected).items():
        more = ", …" if len(names) > examples else ""
        shown = ", ".join(map(printable, names[:examples]))
        lines.append(f"{len(names):7d}  {reason}: {shown}{more}")
    return "\n".join(lines)


def by_reason(rejected: Sequence[Rejection]) -> dict[str, list[str]]:
    """Gathers the names of rejected photographs by the kind of reason, the most frequent first."""
    found = {}
    for rejection in rejected:
        # What follows a colon is about the single photograph.
        kind = rejection.reason.split(": ", 1)[0]
        found.setdefault(kind, []).append(rejection.name)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _reason(path: pathlib.Path, error: Exception) -> str:
    if path.is_file():
        return "it is a file; a cache is a folder, and HDF5 files of earlier versions are not read"
    if isinstance(error, FileNotFoundError):
        return f"there is no {DESCRIPTION} in it"
    return str(error)
