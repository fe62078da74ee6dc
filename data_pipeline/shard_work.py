"""The work on one shard of photographs: find, judge, cut and encode them, and write the shard."""

import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from data_pipeline import feature_cache_writer as writer
from data_pipeline.crop_shards import CropShards
from data_pipeline.face_cutting import Acceptance, cut_face, cut_variants
from data_pipeline.feature_cache import ENCODED, VARIANTS, Rejection, facts_path, read_facts
from data_pipeline.photographs import Photograph
from model.encoding import encode_crops
from model.identity.network import IdentityNetwork
from storage.printable import printable

_PLAIN = VARIANTS[0]
# Photographs that are cut before they are encoded: in all variants 25 MB of the embedded encoder's.
_PORTION = 64


@dataclasses.dataclass(frozen=True)
class Tools:
    """What a process works with.

    Attributes:
      encoder: the recognition network.
      detector: finds the faces and their five points; see `model.face_finding`.
    """

    encoder: IdentityNetwork
    detector: Callable[..., Sequence]


@dataclasses.dataclass(frozen=True)
class ShardWork:
    """A shard that is to be made, or to be given further variants.

    Attributes:
      folder: of the cache.
      index: the number of the shard.
      photographs: those that the listing has for it.
      variants: which variants it needs.
      acceptance: what a face must be.
    """

    folder: pathlib.Path
    index: int
    photographs: tuple[Photograph, ...]
    variants: tuple[str, ...]
    acceptance: Acceptance

    def is_done(self) -> bool:
        """Says whether the shard is there with all its variants."""
        return writer.shard_is_made(self.folder, self.index) and not self._lacking()

    def do(self, tools: Tools) -> None:
        """Makes what is not there."""
        if writer.shard_is_made(self.folder, self.index):
            self._add_variants(tools)
        else:
            self._make(tools)

    def _make(self, tools: Tools) -> None:
        kept, points, crops, encoded, rejected = [], [], [], [], []
        # The plain crop is kept whether it is encoded or not.
        cut = [name for name in VARIANTS if name in {_PLAIN, *self.variants}]
        chosen = [cut.index(name) for name in self.variants]
        for photographs in _portions(self.photographs):
            faces = self._cut(photographs, tools, cut, rejected)
            kept += [photo for photo, _, _ in faces]
            points += [own for _, _, own in faces]
            own = _stacked([own for _, own, _ in faces], len(cut), tools.encoder.image_size)
            crops.append(own[:, 0])
            encoded.append(_encode(tools.encoder, own[:, chosen]))
        facts = {
            "names": [photo.name for photo in kept],
            "identities": [photo.identity or "" for photo in kept],
            "rejected_names": [rejection.name for rejection in rejected],
            "rejected_reasons": [rejection.reason for rejection in rejected],
        }
        points = np.array(points, np.float32).reshape(-1, 5, 2)
        encoded = dict(zip(self.variants, _joined(encoded), strict=True))
        writer.write_shard(self.folder, self.index, facts, points, np.concatenate(crops), encoded)

    def _cut(
        self,
        photographs: Sequence[Photograph],
        tools: Tools,
        variants: Sequence[str],
        rejected: list[Rejection],
    ) -> list[tuple[Photograph, np.ndarray, np.ndarray]]:
        """Cuts the faces of photographs: each with its crops and points; appends to `rejected`."""
        faces = []
        crop = tools.encoder.crop
        for photo in photographs:
            # Whatever a photograph does to a decoder or to the detector: the others go on.
            try:
                found = cut_face(photo, tools.detector, crop, variants, self.acceptance)
                faces.append((photo, *found))
            except Exception as error:
                rejected.append(Rejection(photo.name, _reason(photo, error)))
        return faces

    def _add_variants(self, tools: Tools) -> None:
        lacking = self._lacking()
        names = read_facts(facts_path(self.folder, self.index))["names"].tolist()
        points = np.load(self.folder / "points" / f"{self.index:06d}.npy").reshape(-1, 5, 2)
        by_name = {photo.name: photo for photo in self.photographs}
        size = tools.encoder.image_size
        encoded = []
        for rows in _portions(range(len(names))):
            if lacking == [_PLAIN]:
                crops = self._plain_crops(len(names), rows, size)[:, None]
            else:
                photographs = [by_name[names[k]] for k in rows]
                cut = [
                    cut_variants(photo.read(), own, tools.encoder.crop, lacking)
                    for photo, own in zip(photographs, points[rows], strict=True)
                ]
                crops = _stacked(cut, len(lacking), size)
            encoded.append(_encode(tools.encoder, crops))
        for variant, arrays in zip(lacking, _joined(encoded), strict=True):
            writer.write_encoded(self.folder, self.index, variant, arrays)

    def _plain_crops(self, count: int, rows: Sequence[int], size: int) -> np.ndarray:
        """Reads some of the `count` crops of this shard, uint8 [len(rows), S, S, 3]."""
        shards = CropShards(self.folder / "crops", [0] * self.index + [count], size)
        return shards.read(np.array(rows))

    def _lacking(self) -> list[str]:
        """The variants whose files are not there, or are cut short."""
        count = len(read_facts(facts_path(self.folder, self.index))["names"])
        return [
            name
            for name in self.variants
            if not all(
                _is_whole(writer.encoded_path(self.folder, self.index, kind, name), count)
                for kind in ENCODED
            )
        ]


def _portions(items: Sequence) -> Iterator[Sequence]:
    """Yields items in portions whose crops fit into memory; there is at least one portion."""
    for start in range(0, max(len(items), 1), _PORTION):
        yield items[start : start + _PORTION]


def _stacked(crops: list[np.ndarray], variants: int, size: int) -> np.ndarray:
    """Stacks the crops of photographs: uint8 [K, variants, S, S, 3], for no photograph too."""
    return np.array(crops, np.uint8).reshape(-1, variants, size, size, 3)


def _joined(portions: list[list[dict[str, np.ndarray]]]) -> list[dict[str, np.ndarray]]:
    """Joins what `_encode` made of portions."""
    return [
        {kind: np.concatenate([arrays[kind] for arrays in variant]) for kind in ENCODED}
        for variant in zip(*portions, strict=True)
    ]


def _encode(encoder: IdentityNetwork, crops: np.ndarray) -> list[dict[str, np.ndarray]]:
    """Encodes crops uint8 [K, V, S, S, 3]: for each variant each of `ENCODED`, float32 [K, ...]."""
    count, variants = crops.shape[:2]
    if not variants:
        return []
    encoded = encode_crops(encoder, crops.reshape(-1, *crops.shape[2:]))
    by_variant = [rows.reshape(count, variants, rows.shape[-1]) for rows in encoded]
    return [
        {kind: rows[:, k] for kind, rows in zip(ENCODED, by_variant, strict=True)}
        for k in range(variants)
    ]


def _is_whole(path: pathlib.Path, count: int) -> bool:
    try:
        return len(np.load(path, mmap_mode="r", allow_pickle=False)) == count
    except (OSError, ValueError):
        return False


def _reason(photo: Photograph, error: Exception) -> str:
    return str(error).removeprefix(f"{printable(photo.path)}: ") or type(error).__name__
