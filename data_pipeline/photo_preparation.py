"""Finds, aligns and encodes photographs, and keeps their features in a file.

The work can be stopped at any time and goes on where it was. A file that cannot be read does not
stop it: the cache says which photographs were rejected and why.
"""

import itertools
import logging
import pathlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tqdm

from data_pipeline import crop_variants
from data_pipeline.feature_cache import VARIANTS, CacheKey, FeatureCache, Rejection
from data_pipeline.feature_cache_writer import FeatureCacheWriter
from data_pipeline.photographs import Listing, Photograph, read_image
from model.alignment import mirror_points, warp_photograph
from model.crop import Crop
from model.encoding import BATCH, encode_crops
from model.face_finding import find_face
from model.identity.network import IdentityNetwork
from storage.lock import file_lock
from storage.printable import printable

_LOG = logging.getLogger(__name__)
# A kill costs at most the work on this many photographs.
SHARD_SIZE = 64


def prepare_photographs(
    listing: Listing,
    encoder: IdentityNetwork,
    detector: Callable[..., Sequence],
    output: str | pathlib.Path,
    shard_size: int = SHARD_SIZE,
    batch_size: int = BATCH,
    progress: bool = False,
) -> FeatureCache:
    """Makes the cache of the features of photographs, or opens it if it is there already.

    Args:
      listing: the photographs.
      encoder: the recognition network.
      detector: finds the faces and their five points; see `model.face_finding`.
      output: the file; a cache that was made of something else is replaced.
      shard_size: photographs between two savings.
      batch_size: images that the network sees at once.
      progress: whether to show a progress bar.

    Returns:
      The cache of the photographs that have a usable face, in the order of the listing.

    Raises:
      BlockingIOError: another process makes the same file.
      ValueError: no photograph is usable, or `output` is a file but no cache.
    """
    output = pathlib.Path(output)
    if summary := listing.passed_over_summary():
        _LOG.info("%s", summary)
    key = CacheKey.of(listing, encoder, detector)
    if output.is_file():
        # Another cache may be replaced, but a file that is none may be anything of the user's.
        cache = FeatureCache.open(output)
        if cache.key == key:
            return cache
        _LOG.warning("%s is made again: its %s", output, cache.key.difference(key))
    with file_lock(output):
        return _make_cache(
            listing, encoder, detector, output, key, shard_size, batch_size, progress
        )


def _make_cache(listing, encoder, detector, output, key, shard_size, batch_size, progress):
    writer = FeatureCacheWriter(output, key, shard_size)
    shards = list(_batches(listing.photographs, shard_size))
    with tqdm.tqdm(total=len(listing.photographs), unit="photo", disable=not progress) as bar:
        for index, photographs in enumerate(shards):
            if writer.read(index) is None:
                arrays = _prepare_shard(photographs, encoder, detector, batch_size, bar.update)
                writer.write(index, arrays)
            else:
                bar.update(len(photographs))
    return writer.finish(len(shards), listing.missing)


def _batches(items: Sequence, size: int) -> Iterator[list]:
    """Yields lists of up to `size` items."""
    items = iter(items)
    while batch := list(itertools.islice(items, size)):
        yield batch


def _prepare_shard(photographs, encoder, detector, batch_size, advance):
    """Returns the arrays of a shard (see `FeatureCacheWriter.write`); calls `advance` each time."""
    kept, faces, rejected = [], [], []
    for photo in photographs:
        # Whatever a photograph does to a decoder, the detector or the alignment: the others go on.
        try:
            faces.append(cut_face(photo, detector, encoder.crop))
            kept.append(photo)
        except Exception as error:
            reason = str(error).removeprefix(f"{printable(photo.path)}: ") or type(error).__name__
            rejected.append(Rejection(photo.name, reason))
        advance()
    size = encoder.image_size
    crops = np.array([crops for crops, _ in faces], np.uint8).reshape(-1, size, size, 3)
    features, embedding = encode_crops(encoder, crops, batch_size)
    by_variant = (len(kept), len(VARIANTS))
    return {
        "features": features.reshape(*by_variant, encoder.feature_size),
        "embedding": embedding.reshape(*by_variant, encoder.embedding_size),
        "crops": crops.reshape(*by_variant, size, size, 3)[:, VARIANTS.index("plain")],
        "points": np.array([points for _, points in faces], np.float32).reshape(-1, 5, 2),
        "names": np.array([photo.name for photo in kept], str),
        "identities": np.array([photo.identity or "" for photo in kept], str),
        "rejected_names": np.array([rejection.name for rejection in rejected], str),
        "rejected_reasons": np.array([rejection.reason for rejection in rejected], str),
    }


def cut_face(
    photo: Photograph, detector: Callable[..., Sequence], crop: Crop
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the face of a photograph and cuts it out, in all variants.

    The photograph is mirrored, not its crop: the eyes of the mirror image belong to the canonical
    points of the other side, which need not be symmetric.

    Args:
      photo: the photograph; where its listing has a box, the face in that box is meant.
      detector: finds the faces; see `model.face_finding`.
      crop: the crop of the recognition network.

    Returns:
      Crops uint8 RGB [variants, S, S, 3] in the order of `feature_cache.VARIANTS`, and the five
      points, float32 [5, 2], in pixels of the photograph.

    Raises:
      FileNotFoundError, ValueError: there is no readable photograph or no face in it.
    """
    image = read_image(photo.path)
    face = find_face(image, detector, photo.name, photo.box)
    if face.others:
        _LOG.info("%s: %s", printable(photo.name), face.note())
    mirrored = np.ascontiguousarray(image[:, ::-1])
    mirrored_points = mirror_points(face.points, image.shape[1])
    crops = [
        warp_photograph(pixels, points, variant)
        for variant in crop_variants.cropped(crop)
        for pixels, points in ((image, face.points), (mirrored, mirrored_points))
    ]
    return np.stack(crops), face.points
