"""Frozen face-recognition networks behind one interface.

network = identity.load("openvino_ir", "face-reidentification-retail-0095.xml")
features, embedding = network(images)  # float32 RGB [B, S, S, 3] in 0..1, cut by network.crop
"""

import os
import typing

if typing.TYPE_CHECKING:
    from model.crop import Crop
    from model.identity.network import IdentityNetwork

NAMES = ("nn2", "nn4_small2", "inception_resnet_v1", "vgg_face", "openvino_ir")


def load(
    name: str,
    weights: str | os.PathLike | None = None,
    features: str = "penultimate",
    crop: "Crop | None" = None,
    **options,
) -> "IdentityNetwork":
    """Loads a frozen recognition network.

    Args:
      name: one of `NAMES`.
      weights: the file of its weights; None for the one that the project carries, or that
        `python -m model.identity.fetch` has downloaded.
      features: which tensors make up the features; see `model.identity.feature_spec`.
      crop: another alignment of the same size; None for the one that the network was trained on.
      **options: fields of the settings of a network with named weights, such as
        `model.identity.networks.nn2.Nn2Settings`.

    Returns:
      The network.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: there is no such network; or the file is damaged, does not fit the network, or
        gives features that are not finite.
    """
    if name not in NAMES:
        raise ValueError(f"identity encoder {name!r} is not among {', '.join(NAMES)}")
    # The flags of commands need the names alone, and TensorFlow takes seconds to import.
    from model.identity import registry

    return registry.load(name, weights, features, crop, **options)
