"""Features of photographs under a frozen recognition network, computed once and kept in a file.

The network never changes, so a photograph's features are constants. A cache is bound by its key to
everything that they depend on. How it is made is in `data_pipeline.feature_cache_writer`.
"""

import dataclasses
import functools
import hashlib
import json
import os
import pathlib

import h5py
import numpy as np

from data_pipeline import crop_variants

FORMAT = "face features 1"

# The names of `data_pipeline.crop_variants.VARIANTS`, as they stand in the key of a cache.
VARIANTS = tuple(variant.text for variant in crop_variants.VARIANTS)

# What a photograph contributes; the first axis counts photographs, the second one `VARIANTS` in
# the features and the embedding.
ARRAYS = ("features", "embedding", "crops", "points")

# Of each file this much is hashed for the key, so that a library of millions is checked in minutes.
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
    def of(cls, listing, encoder, detector):
        """Returns the key of a `Listing` under an `IdentityNetwork` and a detector."""
        return cls(
            encoder=encoder.fingerprint,
            encoder_name=encoder.name,
            feature_spec=encoder.feature_spec,
            crop=repr(encoder.crop),
            detector=detector.spec,
            photographs=_photographs_digest(listing),
        )

    @classmethod
    def from_json(cls, text):
        """The inverse of `to_json`."""
        fields = json.loads(text)
        return cls(**{**fields, "variants": tuple(fields["variants"])})

    def to_json(self):
        """Returns the fields as JSON text."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @property
    def digest(self):
        """SHA-256 over all fields."""
        return hashlib.sha256(f"{FORMAT} {self.to_json()}".encode()).hexdigest()

    def difference(self, other):
        """Says in which fields another key differs."""
        mine, others = dataclasses.asdict(self), dataclasses.asdict(other)
        return "; ".join(
            f"{name} is {mine[name]}, not {others[name]}"
            for name in mine
            if mine[name] != others[name]
        )


def _photographs_digest(listing):
    digest = hashlib.sha256()
    for photo in listing.photographs:
        fields = (photo.name, photo.identity, photo.box, *_file_digest(photo.path))
        digest.update(repr(fields).encode())
    digest.update(repr(listing.missing).encode())
    return digest.hexdigest()


def _file_digest(path):
    try:
        with open(path, "rb") as file:
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
    def open(cls, path, expected=None):
        """Opens a cache.

        Args:
          path: the file.
          expected: the `CacheKey` that it must have, or None for any.

        Raises:
          FileNotFoundError: the file does not exist.
          ValueError: it is no cache of features, or another key's; says in what they differ.
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

    def __len__(self):
        return len(self.names)

    @functools.cached_property
    def features(self):
        """float32 [n, variants, D]: the decoder's input."""
        return self._array("features")

    @functools.cached_property
    def embedding(self):
        """float32 [n, variants, E] of unit norm: the network's own embedding."""
        return self._array("embedding")

    @functools.cached_property
    def points(self):
        """float32 [n, 5, 2]: the `FIVE_POINTS` in pixels of the photograph."""
        return self._array("points")

    def crops(self, indices):
        """Reads aligned crops (the plain variant) as uint8 RGB [len(indices), S, S, 3]."""
        with h5py.File(self.path, "r") as file:
            crops = file["crops"]
            shape = (len(indices), *crops.shape[1:])
            return np.array([crops[int(i)] for i in indices], np.uint8).reshape(shape)

    def _array(self, name):
        with h5py.File(self.path, "r") as file:
            return file[name][...]


def summary(rejected, examples=3):
    """Returns a text of one line per kind of reason: how many photographs, a few of their names."""
    by_reason = {}
    for rejection in rejected:
        # What follows a colon is about the single photograph.
        kind = rejection.reason.split(": ", 1)[0]
        by_reason.setdefault(kind, []).append(rejection.name)
    lines = []
    for reason, names in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        more = ", …" if len(names) > examples else ""
        lines.append(f"{len(names):7d}  {reason}: {', '.join(names[:examples])}{more}")
    return "\n".join(lines)


def _strings(dataset):
    return tuple(dataset.asstr("utf-8", "surrogateescape")[...])
