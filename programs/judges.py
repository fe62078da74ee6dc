"""Recognition networks as judges of decoders: each sees photographs and renders in its own crop."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from data_pipeline.detection import KnownPoints
from data_pipeline.feature_cache import PLAIN, FeatureCache
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import Listing
from evaluation.likeness import JudgedPhotographs, judge_photographs
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.rendered_views import FixedViews
from model.shading import Shading
from storage.printable import printable


@dataclasses.dataclass(frozen=True)
class Judge:
    """A network that compares renders with photographs.

    Attributes:
      network: the network.
      face_model: the model whose faces it judges.
      photos: the photographs as it sees them.
      yaws_deg: the yaws in degrees in which it sees a face.
    """

    network: IdentityNetwork
    face_model: MorphableModel
    photos: JudgedPhotographs
    yaws_deg: tuple[int, ...]
    _views: dict[Shading, FixedViews] = dataclasses.field(default_factory=dict)

    def embeddings(self, faces: Coefficients, shading: Shading) -> np.ndarray:
        """Embeds the renders of B faces in V views: float32 [B, V, E]."""
        # Compiled once for all decoders of one shading.
        if shading not in self._views:
            renderer = FaceRenderer(self.face_model, self.network.crop, shading)
            self._views[shading] = FixedViews(renderer, self.yaws_deg)
        return self._views[shading].embeddings(self.network, faces)


def make_judge(
    network: IdentityNetwork,
    face_model: MorphableModel,
    cache: FeatureCache,
    yaws_deg: tuple[int, ...],
) -> Judge:
    """Makes a judge of the photographs that were prepared for a network."""
    whose = [
        printable(who or name) for who, name in zip(cache.identities, cache.names, strict=True)
    ]
    # Unmirrored only: a mirror image is no other photograph of a person.
    photos = judge_photographs(cache.embedding[:, PLAIN], whose, len(cache.rejected))
    return Judge(network, face_model, photos, yaws_deg)


def prepare_for_all(
    listing: Listing,
    networks: dict[str, IdentityNetwork],
    detector: Callable[..., Sequence],
    folder: pathlib.Path,
) -> dict[str, FeatureCache]:
    """Encodes photographs by each network; the points that the first one used serve the others.

    Raises:
      ValueError: caches that lie in the folder are of different photographs.
    """
    caches = {}
    for name, network in networks.items():
        caches[name] = prepare_photographs(
            listing, network, detector, folder / name, variants=("plain",), progress=True
        )
        detector = detector if isinstance(detector, KnownPoints) else KnownPoints(caches[name])
    if len({cache.names for cache in caches.values()}) != 1:
        raise ValueError(f"{folder}: the networks see different photographs; remove this cache")
    return caches


def photograph_names(cache: FeatureCache) -> list[str]:
    """Names all photographs that count, those without a face last."""
    names = [*cache.names, *(rejection.name for rejection in cache.rejected)]
    # Names of any bytes have to go into JSON.
    return [printable(name) for name in names]
