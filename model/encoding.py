"""Encodes the crops of photographs by a frozen recognition network, in batches."""

import numpy as np

from model.crop_changes import CHANGES, changed_images
from model.identity.network import IdentityFeatures, IdentityNetwork

# A larger batch is no faster on a CPU.
BATCH = 32


def encode_crops(
    encoder: IdentityNetwork, crops: np.ndarray, batch_size: int = BATCH
) -> IdentityFeatures:
    """Encodes crops.

    Args:
      encoder: the network.
      crops: uint8 RGB [N, S, S, 3], cut by the network's crop.
      batch_size: crops that the network sees at once.

    Returns:
      Features float32 [N, D] and unit embeddings float32 [N, E], as NumPy arrays.
    """
    features = np.zeros([len(crops), encoder.feature_size], np.float32)
    embedding = np.zeros([len(crops), encoder.embedding_size], np.float32)
    for start in range(0, len(crops), batch_size):
        rows = slice(start, start + batch_size)
        features[rows], embedding[rows] = encoder(crops[rows].astype(np.float32) / 255.0)
    return IdentityFeatures(features, embedding)


def encode_photographs(
    encoder: IdentityNetwork, crops: np.ndarray, photo_crops: int
) -> IdentityFeatures:
    """Encodes photographs as a decoder reads them: features are averaged over several crops.

    Args:
      encoder: the network.
      crops: uint8 RGB [N, S, S, 3], cut by the network's crop.
      photo_crops: how many of `model.crop_changes.CROPS` are averaged; 1 is the aligned one alone.

    Returns:
      As `encode_crops`; embeddings are those of the crops as they are.
    """
    parts = range(0, len(crops), BATCH // photo_crops)
    rows = [crops[start : start + BATCH // photo_crops] for start in parts]
    encoded = [_encode_in_changes(encoder, own, photo_crops) for own in rows or [crops]]
    return IdentityFeatures(*(np.concatenate(part) for part in zip(*encoded, strict=True)))


def _encode_in_changes(encoder, crops, photo_crops):
    """Encodes a few photographs in all their crops at once."""
    changes = list(CHANGES.values())[: photo_crops - 1]
    seen = np.concatenate([crops, *(changed_images(crops, change) for change in changes)])
    features, embedding = encode_crops(encoder, seen)
    by_change = features.reshape(photo_crops, len(crops), -1)
    return by_change.mean(axis=0), embedding[: len(crops)]
