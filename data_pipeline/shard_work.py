"""The work on one shard of photographs: find, judge, cut and encode them, and write the shard."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

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
        kept, faces, rejected = [], [], []
        # The plain crop is kept whether it is encoded or not.
        cut = [name for name in VARIANTS if name in {_PLAIN, *self.variants}]
        for photo in self.photographs:
            # Whatever a photograph does to a decoder or to the detector: the others go on.
            try:
                crop = tools.encoder.crop
                faces.append(cut_face(photo, tools.detector, crop, cut, self.acceptance))
                kept.append(photo)
            except Exception as error:
                rejected.append(Rejection(photo.name, _reason(photo, error)))
        size = tools.encoder.image_size
        crops = np.array([crops for crops, _ in faces], np.uint8)
        crops = crops.reshape(len(kept), len(cut), size, size, 3)
        facts = {
            "names": [photo.name for photo in kept],
            "identities": [photo.identity or "" for photo in kept],
            "rejected_names": [rejection.name for rejection in rejected],
            "rejected_reasons": [rejection.reason for rejection in rejected],
        }
        points = np.array([points for _, points in faces], np.float32).reshape(-1, 5, 2)
        encoded = _encode(tools.encoder, crops[:, [cut.index(name) for name in self.variants]])
        encoded = dict(zip(self.variants, encoded, strict=True))
        writer.write_shard(self.folder, self.index, facts, points, crops[:, 0], encoded)

    def _add_variants(self, tools: Tools) -> None:
        lacking = self._lacking()
        names = read_facts(facts_path(self.folder, self.index))["names"].tolist()
        points = np.load(self.folder / "points" / f"{self.index:06d}.npy").reshape(-1, 5, 2)
        if lacking == [_PLAIN]:
            size, counts = tools.encoder.image_size, [0] * self.index + [len(names)]
            shard = CropShards(self.folder / "crops", counts, size)
            crops = shard.read(np.arange(len(names)))[:, None]
        else:
            by_name = {photo.name: photo for photo in self.photographs}
            photographs = [by_name[name] for name in names]
            crops = [
                cut_variants(photo.read(), own, tools.encoder.crop, lacking)
                for photo, own in zip(photographs, points, strict=True)
            ]
            size = tools.encoder.image_size
            crops = np.array(crops, np.uint8).reshape(-1, len(lacking), size, size, 3)
        for variant, arrays in zip(lacking, _encode(tools.encoder, crops), strict=True):
            writer.write_encoded(self.folder, self.index, variant, arrays)

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
