"""Frozen face-recognition networks behind one interface.

network = identity.load("openvino_ir", "face-reidentification-retail-0095.xml")
features, embedding = network(images)  # float32 RGB [B, S, S, 3] in 0..1, cut by network.crop
"""

import pathlib

import open_parts
from model.identity.crop import Crop
from model.identity.network import IdentityFeatures, IdentityNetwork
from model.identity.nn2 import load_nn2
from model.identity.openvino_ir import OpenvinoIr

__all__ = ["NAMES", "Crop", "IdentityFeatures", "IdentityNetwork", "load"]


def _openvino_ir(weights, **options):
    return OpenvinoIr(weights or open_parts.ENCODER, **options)


_BACKBONES = {"nn2": load_nn2, "openvino_ir": _openvino_ir}

NAMES = tuple(_BACKBONES)


def load(
    name: str,
    weights: str | pathlib.Path | None = None,
    features: str = "penultimate",
    crop: Crop | None = None,
    **options,
) -> IdentityNetwork:
    """Loads a frozen recognition network.

    Args:
      name: one of `NAMES`.
      weights: the file of its weights; None for the one that the project carries, if there is one.
      features: which tensors make up the features; see `model.identity.feature_spec`.
      crop: another alignment of the same size; None for the one that the network was trained on.
      **options: of the network's own, see its module.

    Returns:
      The network.

    Raises:
      ValueError, FileNotFoundError: no such network, or a file that does not fit it.
    """
    if name not in _BACKBONES:
        raise ValueError(f"identity encoder {name!r} is not among {', '.join(NAMES)}")
    return IdentityNetwork(name, _BACKBONES[name](weights, **options), features, crop)
