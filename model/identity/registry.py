"""Loads a recognition network by its name."""

import os

import open_parts
from model.crop import Crop
from model.identity import fetch
from model.identity.network import IdentityNetwork
from model.identity.networks.inception_resnet_v1 import INCEPTION_RESNET_V1
from model.identity.networks.nn2 import NN2
from model.identity.networks.nn4_small2 import NN4_SMALL2
from model.identity.networks.vgg_face import VGG_FACE
from model.identity.openvino.backbone import OpenvinoIr

DEFINITIONS = {
    definition.name: definition for definition in (NN2, NN4_SMALL2, INCEPTION_RESNET_V1, VGG_FACE)
}


def load(
    name: str, weights: str | os.PathLike | None, features: str, crop: Crop | None, **options
) -> IdentityNetwork:
    """Loads a network, and tries it on one image.

    `model.identity.load` says what the arguments are, and checks the name.
    """
    if name == "openvino_ir":
        weights = weights or open_parts.ENCODER
        backbone = OpenvinoIr(weights, **options)
    else:
        weights = weights or fetch.find(name)
        backbone = DEFINITIONS[name].load(weights, **options)
    network = IdentityNetwork(name, backbone, features, crop)
    if not network.is_finite():
        raise ValueError(
            f"{weights}: gives features that are not finite numbers; the file is damaged, or it "
            "belongs to another network"
        )
    return network
