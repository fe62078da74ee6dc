"""Detects, aligns and encodes the photographs of a folder, and keeps the features in a file.

    python -m data_pipeline.prepare --photos=DIR --output=FILE

It can be stopped at any time and continues where it was, is not stopped by files that cannot be
read, and says at the end which photographs were rejected and why.
"""

import itertools
import pathlib

import numpy as np
import tqdm
from absl import app, flags, logging

import open_parts
from data_pipeline import crop_variants
from data_pipeline.detection import choose_face, make_detector
from data_pipeline.feature_cache import VARIANTS, CacheKey, FeatureCache, Rejection, summary
from data_pipeline.feature_cache_writer import PartialCache
from data_pipeline.photographs import list_photographs, read_image
from model import identity
from model.alignment import mirror_points, warp_photograph

# A kill costs at most the work on this many photographs.
SHARD_SIZE = 64
BATCH_SIZE = 32


def prepare_photographs(
    listing, encoder, detector, output, shard_size=SHARD_SIZE, batch_size=BATCH_SIZE, progress=False
):
    """Makes the cache of the features of photographs, or opens it if it is there already.

    Args:
      listing: a `Listing` of photographs.
      encoder: an `IdentityNetwork`.
      detector: finds the five points, see `data_pipeline.detection`.
      output: the file; a cache that was made of something else is replaced.
      shard_size: photographs between two savings.
      batch_size: images that the network sees at once.
      progress: whether to show a progress bar.

    Returns:
      A `FeatureCache` of the photographs that have a usable face, in the order of the listing.

    Raises:
      ValueError: no photograph is usable, or `output` is a file but no cache.
    """
    output = pathlib.Path(output)
    key = CacheKey.of(listing, encoder, detector)
    if output.is_file():
        # Another cache may be replaced, but a file that is none may be anything of the user's.
        cache = FeatureCache.open(output)
        if cache.key == key:
            return cache
        logging.warning("%s is made again: its %s", output, cache.key.difference(key))
    partial = PartialCache(output, key, shard_size)
    shards = list(_batches(listing.photographs, shard_size))
    with tqdm.tqdm(total=len(listing.photographs), unit="photo", disable=not progress) as bar:
        for index, photographs in enumerate(shards):
            if partial.read(index) is None:
                arrays = _prepare_shard(photographs, encoder, detector, batch_size, bar.update)
                partial.write(index, arrays)
            else:
                bar.update(len(photographs))
    return partial.finish(len(shards), listing.missing)


def _batches(items, size):
    """Yields lists of up to `size` items."""
    items = iter(items)
    while batch := list(itertools.islice(items, size)):
        yield batch


def _prepare_shard(photographs, encoder, detector, batch_size, advance):
    """Returns the arrays of a shard, see `PartialCache.write`; calls `advance` at each photo."""
    kept, faces, rejected = [], [], []
    for photo in photographs:
        # Whatever a photograph does to a decoder, the detector or the alignment: the others go on.
        try:
            faces.append(cut_face(photo, detector, encoder.crop))
            kept.append(photo)
        except Exception as error:
            reason = str(error).removeprefix(f"{photo.path}: ") or type(error).__name__
            rejected.append(Rejection(photo.name, reason))
        advance()
    crop_shape = (encoder.image_size, encoder.image_size, 3)
    crops = np.array([crops for crops, _ in faces], np.uint8)
    crops = crops.reshape(len(kept), len(VARIANTS), *crop_shape)
    features, embedding = _encode(crops, encoder, batch_size)
    return {
        "features": features,
        "embedding": embedding,
        "crops": crops[:, VARIANTS.index("plain")],
        "points": np.array([points for _, points in faces], np.float32).reshape(-1, 5, 2),
        "names": np.array([photo.name for photo in kept], str),
        "identities": np.array([photo.identity or "" for photo in kept], str),
        "rejected_names": np.array([rejection.name for rejection in rejected], str),
        "rejected_reasons": np.array([rejection.reason for rejection in rejected], str),
    }


def cut_face(photo, detector, crop):
    """Finds the face of a photograph and cuts it out, in all variants.

    The photograph is mirrored, not its crop: the eyes of the mirror image belong to the canonical
    points of the other side, which need not be symmetric.

    Args:
      photo: a `Photograph`.
      detector: see `data_pipeline.detection`.
      crop: the `Crop` of the recognition network.

    Returns:
      uint8 RGB [variants, S, S, 3] in the order of `features_cache.VARIANTS`, and the five
      points, float32 [5, 2], in pixels of the photograph.

    Raises:
      FileNotFoundError, ValueError: there is no readable photograph or no face in it.
    """
    image = read_image(photo.path)
    detections = detector(image, photo.name)
    face = choose_face(detections, photo.box)
    if face is None:
        raise ValueError("no face in the box of the listing" if detections else detector.no_face)
    mirrored = np.ascontiguousarray(image[:, ::-1])
    mirrored_points = mirror_points(face.points, image.shape[1])
    crops = [
        warp_photograph(pixels, points, variant)
        for variant in crop_variants.cropped(crop)
        for pixels, points in ((image, face.points), (mirrored, mirrored_points))
    ]
    return np.stack(crops), face.points


def _encode(crops, encoder, batch_size):
    """Encodes crops uint8 [n, V, S, S, 3]; returns [n, V, D] and [n, V, E]."""
    images = crops.reshape(-1, *crops.shape[2:])
    features = np.zeros((len(images), encoder.feature_size), np.float32)
    embedding = np.zeros((len(images), encoder.embedding_size), np.float32)
    for start in range(0, len(images), batch_size):
        rows = slice(start, start + batch_size)
        features[rows], embedding[rows] = encoder(images[rows].astype(np.float32) / 255.0)
    shape = crops.shape[:2]
    return (
        features.reshape(*shape, encoder.feature_size),
        embedding.reshape(*shape, encoder.embedding_size),
    )


def define_flags():
    """Defines the flags of the command."""
    flags.DEFINE_string("photos", str(open_parts.PHOTOS), "Folder of photographs.")
    flags.DEFINE_string("photo_list", None, "CSV file with a column file: only these.")
    flags.DEFINE_string("photo_split", None, "Only the rows with this value in column split.")
    flags.DEFINE_string("landmarks", None, "CSV file of five points; default: MTCNN finds them.")
    flags.DEFINE_string("identity_encoder", "openvino_ir", "Kind of recognition network.")
    flags.DEFINE_string("identity_weights", None, "Its file; default: the one in open_parts.")
    flags.DEFINE_string("identity_features", "penultimate", "Which of its layers.")
    flags.DEFINE_string("output", None, "The file to make.", required=True)


def main(_):
    options = flags.FLAGS
    try:
        listing = list_photographs(options.photos, options.photo_list, options.photo_split)
        encoder = identity.load(
            options.identity_encoder, options.identity_weights, options.identity_features
        )
        detector = make_detector(options.landmarks)
        cache = prepare_photographs(listing, encoder, detector, options.output, progress=True)
    except (OSError, ValueError) as error:
        raise SystemExit(f"prepare: {error}") from error
    print(f"{cache.path}: {len(cache)} photographs, features {cache.features.shape[1:]}")
    if cache.rejected:
        print(f"{len(cache.rejected)} rejected:\n{summary(cache.rejected)}")


if __name__ == "__main__":
    define_flags()
    app.run(main)
