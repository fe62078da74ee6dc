"""Features of photographs under a frozen recognition network, computed once and kept in a file.

The network never changes, so a photograph's features are constants. A cache is bound by its key to
everything that they depend on. While it is made, finished parts of it lie in `FILE.partial/`.
"""

import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import shutil
import zipfile

import h5py
import numpy as np
from absl import logging

FORMAT = "face features 1"

# A photograph and its mirror image: their features differ (cosine 0.9), so both are training data.
VARIANTS = ("plain", "mirrored")

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
            raise ValueError(f"{path}: not a cache of features: {error}") from error
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


class PartialCache:
    """The folder `FILE.partial/` in which a cache of a key grows, one shard of photographs a file.

    A shard is there whole or not at all, whenever the process is killed.
    """

    def __init__(self, output, key, shard_size):
        """Takes up what an earlier run with the same key left, and clears what another left.

        Args:
          output: the file that is being made.
          key: its `CacheKey`.
          shard_size: photographs in a shard.

        Raises:
          ValueError: a folder of that name holds something else.
        """
        self._output, self._key = pathlib.Path(output), key
        self._folder = self._output.with_name(self._output.name + ".partial")
        key_file, stamp = self._folder / "key.txt", f"{key.to_json()} shards of {shard_size}"
        if self._folder.is_dir() and any(self._folder.iterdir()) and not key_file.is_file():
            raise ValueError(f"{self._folder}: not a partial cache; remove it or move it away")
        if key_file.is_file() and key_file.read_text(encoding="utf-8") != stamp:
            logging.warning("%s: left by another run and not usable now; cleared", self._folder)
            shutil.rmtree(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        _write_atomically(key_file, lambda file: file.write(stamp.encode()))

    def _path(self, index):
        return self._folder / f"{index:06d}.npz"

    def read(self, index):
        """Returns the arrays of a shard by name, or None if it has to be made."""
        try:
            with np.load(self._path(index), allow_pickle=False) as arrays:
                return dict(arrays)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            logging.warning("%s: made again: %s", self._path(index), error)
            return None

    def write(self, index, arrays):
        """Writes a shard.

        Args:
          index: of the shard.
          arrays: `ARRAYS`, and the texts `names`, `identities` (empty if unknown),
            `rejected_names` and `rejected_reasons`.
        """
        _write_atomically(self._path(index), lambda file: np.savez(file, **arrays))

    def finish(self, shards, missing=()):
        """Joins the shards 0 … `shards` - 1 into the cache, and removes the folder.

        Args:
          shards: their number.
          missing: names of photographs that were listed but are not on disk.

        Returns:
          The `FeatureCache`.

        Raises:
          ValueError: no photograph is left.
        """
        temporary = self._folder / "joined.h5"
        with h5py.File(temporary, "w") as file:
            file.attrs["format"], file.attrs["key"] = FORMAT, self._key.to_json()
            for index in range(shards):
                _append_shard(file, self.read(index))
            _append_texts(file, "rejected/names", missing)
            _append_texts(file, "rejected/reasons", ["listed but missing on disk"] * len(missing))
        joined = FeatureCache.open(temporary)
        if not joined.names:
            shutil.rmtree(self._folder)
            raise ValueError(
                f"{self._output}: none of {len(joined.rejected)} photographs can be used:\n"
                + summary(joined.rejected)
            )
        os.replace(temporary, self._output)
        shutil.rmtree(self._folder)
        return FeatureCache.open(self._output, self._key)


def summary(rejected, examples=3):
    """Returns a text of one line per reason: how many photographs, and a few of their names."""
    by_reason = {}
    for rejection in rejected:
        by_reason.setdefault(rejection.reason, []).append(rejection.name)
    lines = []
    for reason, names in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        more = ", …" if len(names) > examples else ""
        lines.append(f"{len(names):7d}  {reason}: {', '.join(names[:examples])}{more}")
    return "\n".join(lines)


def _write_atomically(path, write):
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with open(temporary, "wb") as file:
        write(file)
    os.replace(temporary, path)


def _append_shard(file, arrays):
    for name in ARRAYS:
        _append(file, name, arrays[name])
    _append_texts(file, "names", arrays["names"])
    _append_texts(file, "identities", arrays["identities"])
    _append_texts(file, "rejected/names", arrays["rejected_names"])
    _append_texts(file, "rejected/reasons", arrays["rejected_reasons"])


def _append(file, name, array, dtype=None):
    """Appends rows to a dataset, which grows from nothing."""
    if name not in file:
        # Single crops are read in any order for contact sheets, the other arrays as a whole.
        rows, packing = (1, {"compression": "gzip"}) if name == "crops" else (1024, {})
        row_shape = array.shape[1:]
        options = {"maxshape": (None, *row_shape), "chunks": (rows, *row_shape), **packing}
        file.create_dataset(name, (0, *row_shape), dtype or array.dtype, **options)
    dataset = file[name]
    dataset.resize(len(dataset) + len(array), axis=0)
    dataset[len(dataset) - len(array) :] = array


def _append_texts(file, name, texts):
    texts = np.array([str(text) for text in texts], object)
    _append(file, name, texts, h5py.string_dtype())


def _strings(dataset):
    return tuple(dataset.asstr()[...])
