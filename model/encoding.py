"""Encodes the crops of photographs by a frozen recognition network, in batches."""

import numpy as np

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
