"""Frozen face-recognition networks behind one interface.

network = identity.load("openvino_ir", "face-reidentification-retail-0095.xml")
features, embedding = network(images)  # float32 RGB [B, S, S, 3] in 0..1, cut by network.crop
"""

import pathlib

import open_parts
from model.identity import fetched
from model.identity.crop import Crop
from model.identity.inception_resnet_v1 import INCEPTION_RESNET_V1
from model.identity.network import IdentityFeatures, IdentityNetwork
from model.identity.nn2 import NN2
from model.identity.nn4_small2 import NN4_SMALL2
from model.identity.openvino_ir import OpenvinoIr
from model.identity.vgg_face import VGG_FACE

__all__ = ["NAMES", "Crop", "IdentityFeatures", "IdentityNetwork", "load"]


DEFINITIONS = {
    definition.name: definition for definition in (NN2, NN4_SMALL2, INCEPTION_RESNET_V1, VGG_FACE)
}

NAMES = (*DEFINITIONS, "openvino_ir")


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
      weights: the file of its weights; None for the one that the project carries or that
        `python -m model.identity.fetch` has downloaded.
      features: which tensors make up the features; see `model.identity.feature_spec`.
      crop: another alignment of the same size; None for the one that the network was trained on.
      **options: of the network's own, see its module.

    Returns:
      The network.

    Raises:
      ValueError, FileNotFoundError: no such network, or a file that does not fit it.
    """
    if name not in NAMES:
        raise ValueError(f"identity encoder {name!r} is not among {', '.join(NAMES)}")
    if name == "openvino_ir":
        backbone = OpenvinoIr(weights or open_parts.ENCODER, **options)
    else:
        backbone = DEFINITIONS[name].load(weights or fetched.find(name), **options)
    return IdentityNetwork(name, backbone, features, crop)
