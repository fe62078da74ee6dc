"""Features of photographs under a frozen recognition network, computed once and kept in a file.

The network never changes, so a photograph's features are constants. A cache is bound by its key to
everything that they depend on. `data_pipeline.feature_cache_writer` makes it.
"""

import dataclasses
import functools
import hashlib
import json
import os
import pathlib
from collections.abc import Callable, Sequence

import h5py
import numpy as np

from data_pipeline import crop_variants
from data_pipeline.photographs import Listing
from model.identity.network import IdentityNetwork
from storage.printable import printable
from storage.regular_file import open_regular

FORMAT = "face features 1"
# It changes whenever `data_pipeline.photographs.read_image` makes other pixels of the same file.
_READING = "pixels in sRGB, by profiles and numbers, of all bits"

# The names of `data_pipeline.crop_variants.VARIANTS`, as they stand in the key of a cache.
VARIANTS = tuple(variant.text for variant in crop_variants.VARIANTS)

PLAIN = VARIANTS.index("plain")

# These arrays hold what photographs contribute. The first axis counts photographs; in the features
# and the embedding the second one counts `VARIANTS`.
ARRAYS = ("features", "embedding", "crops", "points")

# Only this much of each file is hashed for the key: a library of millions is checked in minutes.
_HASHED_BYTES = 65536


@dataclasses.dataclass(frozen=True)
class CacheKey:
    """Everything that the content of a cache depends on.

    Attributes:
      encoder: fingerprint of the network, its feature specification and crop.
      encoder_name: the name that the network is loaded by.
      feature_spec: which of its layers the features are.
      crop: description of the crop.
      detector: `spec` of what found the five points.
      photographs: SHA-256 over names, identities, boxes, sizes and beginnings of the files.
      variants: names of the second axis of the arrays.
    """

    encoder: str
    encoder_name: str
    feature_spec: str
    crop: str
    detector: str
    photographs: str
    variants: tuple[str, ...] = VARIANTS

    @classmethod
    def of(
        cls, listing: Listing, encoder: IdentityNetwork, detector: Callable[..., Sequence]
    ) -> "CacheKey":
        """Makes the key of photographs under a recognition network and a detector."""
        return cls(
            encoder=encoder.fingerprint,
            encoder_name=encoder.name,
            feature_spec=encoder.feature_spec,
            crop=repr(encoder.crop),
            detector=detector.spec,
            photographs=_photographs_digest(listing),
        )

    @classmethod
    def from_json(cls, text: str) -> "CacheKey":
        """Reads what `to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "variants": tuple(fields["variants"])})

    def to_json(self) -> str:
        """Writes the fields as JSON text."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @property
    def digest(self) -> str:
        """The hexadecimal SHA-256 over all fields."""
        return hashlib.sha256(f"{FORMAT} {self.to_json()}".encode()).hexdigest()

    def difference(self, other: "CacheKey") -> str:
        """Says in which fields another key differs."""
        mine, others = dataclasses.asdict(self), dataclasses.asdict(other)
        return "; ".join(
            f"{name} is {mine[name]}, not {others[name]}"
            for name in mine
            if mine[name] != others[name]
        )


def _photographs_digest(listing):
    digest = hashlib.sha256(_READING.encode())
    for photo in listing.photographs:
        fields = (photo.name, photo.identity, photo.box, *_file_digest(photo.path))
        digest.update(repr(fields).encode())
    digest.update(repr(listing.missing).encode())
    return digest.hexdigest()


def _file_digest(path):
    try:
        with open_regular(path) as file:
            start = hashlib.sha256(file.read(_HASHED_BYTES)).hexdigest()
            return os.fstat(file.fileno()).st_size, start
    except OSError:
        return None, None


@dataclasses.dataclass(frozen=True)
class Rejection:
    """A photograph that the cache does not have, and why."""

    name: str
    reason: str


@dataclasses.dataclass(frozen=True)
class FeatureCache:
    """A finished cache; its arrays are read when they are first used.

    Attributes:
      path: the file.
      key: what it was made of.
      names: of the n photographs in it, in the order of the arrays.
      identities: of the same photographs; None where unknown.
      rejected: the photographs that were listed but are not in it.
    """

    path: pathlib.Path
    key: CacheKey
    names: tuple[str, ...]
    identities: tuple[str | None, ...]
    rejected: tuple[Rejection, ...]

    @classmethod
    def open(cls, path: str | os.PathLike, expected: CacheKey | None = None) -> "FeatureCache":
        """Opens a cache.

        Args:
          path: the file.
          expected: the key that it must have, or None for any.

        Raises:
          FileNotFoundError: the file does not exist.
          ValueError: it is no cache of features, or has another key; the message says what differs.
        """
        path = pathlib.Path(path)
        if not path.is_file():
            raise FileNotFoundError(
                f"{path}: no such cache of features; make it by python -m data_pipeline.prepare"
            )
        try:
            with h5py.File(path, "r") as file:
                cache = cls._read(path, file)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path}: not a cache of features: {error}; remove it, or give another file"
            ) from error
        if expected is not None and cache.key != expected:
            raise ValueError(
                f"{path}: made of something else: {cache.key.difference(expected)}; "
                "prepare it again, or give another file"
            )
        return cache

    @classmethod
    def _read(cls, path, file):
        if file.attrs.get("format") != FORMAT:
            raise ValueError(f"its format is {file.attrs.get('format')!r}, expected {FORMAT!r}")
        key = CacheKey.from_json(file.attrs["key"])
        names, identities = _strings(file["names"]), _strings(file["identities"])
        for name in ARRAYS:
            if len(file[name]) != len(names):
                raise ValueError(f"{len(file[name])} {name} for {len(names)} names")
        reasons = _strings(file["rejected/reasons"])
        rejected = zip(_strings(file["rejected/names"]), reasons, strict=True)
        return cls(
            path=path,
            key=key,
            names=names,
            identities=tuple(identity or None for identity in identities),
            rejected=tuple(Rejection(*pair) for pair in rejected),
        )

    def __len__(self) -> int:
        return len(self.names)

    @functools.cached_property
    def features(self) -> np.ndarray:
        """The decoder's input, float32 [n, variants, D]."""
        return self._array("features")

    @functools.cached_property
    def embedding(self) -> np.ndarray:
        """The network's own embedding, float32 [n, variants, E] of unit norm."""
        return self._array("embedding")

    @functools.cached_property
    def points(self) -> np.ndarray:
        """The `model.crop.FIVE_POINTS` in pixels of each photograph, float32 [n, 5, 2]."""
        return self._array("points")

    def crops(self, indices: Sequence[int]) -> np.ndarray:
        """Reads aligned crops (the plain variant) as uint8 RGB [len(indices), S, S, 3]."""
        with h5py.File(self.path, "r") as file:
            crops = file["crops"]
            shape = (len(indices), *crops.shape[1:])
            return np.array([crops[int(i)] for i in indices], np.uint8).reshape(shape)

    def _array(self, name):
        with h5py.File(self.path, "r") as file:
            return file[name][...]


def summary(rejected: Sequence[Rejection], examples: int = 3) -> str:
    """Says, a line for each kind of reason, how many photographs it rejected, with examples."""
    by_reason = {}
    for rejection in rejected:
        # What follows a colon is about the single photograph.
        kind = rejection.reason.split(": ", 1)[0]
        by_reason.setdefault(kind, []).append(rejection.name)
    lines = []
    for reason, names in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        more = ", …" if len(names) > examples else ""
        shown = ", ".join(map(printable, names[:examples]))
        lines.append(f"{len(names):7d}  {reason}: {shown}{more}")
    return "\n".join(lines)


def _strings(dataset):
    return tuple(dataset.asstr("utf-8", "surrogateescape")[...])
