"""Recognition networks as judges of decoders: each sees photographs and renders in its own crop."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from data_pipeline.detection import KnownPoints
from data_pipeline.feature_cache import PLAIN, FeatureCache
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import Listing
from evaluation.benchmark import Evaluation, summarize_methods
from evaluation.earlier_scores import Scores
from evaluation.likeness import JudgedPhotographs, Likeness, judge_photographs, likeness
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.rendered_views import FixedViews
from model.shading import Shading
from programs.kept_arrays import KeptArrays, blocks
from programs.photo_meshes import MethodFaces
from storage.printable import printable


@dataclasses.dataclass(frozen=True)
class Judge:
    """A network that compares renders with photographs.

    Attributes:
      network: the network.
      face_model: the model whose faces it judges.
      photos: the photographs as it sees them.
      yaws_deg: the yaws in degrees in which it sees a face.
      kept: the embeddings that it has computed.
    """

    network: IdentityNetwork
    face_model: MorphableModel
    photos: JudgedPhotographs
    yaws_deg: tuple[int, ...]
    kept: KeptArrays = KeptArrays()
    _views: dict[tuple, FixedViews] = dataclasses.field(default_factory=dict)

    def scores(self, cache: FeatureCache, results: dict[str, Likeness]) -> Scores:
        """Gathers the frontal cosines of each decoder, for later evaluations to compare with."""
        cosines = {name: likeness.scores[0].tolist() for name, likeness in results.items()}
        names = photograph_names(cache)
        return Scores(self.network.fingerprint, names, self.photos.people, cosines)

    def seen_from(self, yaws_deg: tuple[int, ...]) -> "Judge":
        """Returns the same judge, who sees faces in other yaws."""
        return Judge(self.network, self.face_model, self.photos, yaws_deg, self.kept)

    def embeddings(
        self, faces: Coefficients, shading: Shading, renderer: type[FaceRenderer] = FaceRenderer
    ) -> np.ndarray:
        """Embeds the renders of B faces in V views: float32 [B, V, E]."""
        draw, view = self._drawn(renderer, shading)
        how = f"{renderer.__name__} {draw.fingerprint} {self.yaws_deg} {self.network.fingerprint}"
        made = []
        for block in blocks(len(faces.shape), "faces drawn and judged"):
            own = Coefficients(*(np.asarray(part[block]) for part in faces))
            make = functools.partial(view.embeddings, self.network, own)
            made.append(self.kept("embeddings", [how, *own], make))
        return np.concatenate(made)

    def _drawn(self, renderer, shading) -> tuple[FaceRenderer, FixedViews]:
        """A renderer and its views, compiled once for all decoders of one shading."""
        key = renderer, shading
        if key not in self._views:
            draw = renderer(self.face_model, self.network.crop, shading)
            self._views[key] = draw, FixedViews(draw, self.yaws_deg)
        return self._views[key]

    def likeness_of(
        self, made: MethodFaces, shading: Shading, renderer: type[FaceRenderer] = FaceRenderer
    ) -> Likeness:
        """Judges the meshes of another system."""
        count = len(self.photos.embeddings)
        renders = made.embeddings(self.network, count, shading, self.yaws_deg, renderer, self.kept)
        return likeness(self.photos, renders, self.yaws_deg, made.missing(count))


def make_judge(
    network: IdentityNetwork,
    face_model: MorphableModel,
    cache: FeatureCache,
    yaws_deg: tuple[int, ...],
    missed: Sequence[str],
    kept: KeptArrays = KeptArrays(),
) -> Judge:
    """Makes a judge of the photographs that were prepared for a network.

    Args:
      network: the network.
      face_model: whose faces it judges.
      cache: the photographs.
      yaws_deg: the yaws in degrees in which it sees a face.
      missed: the people on the photographs that the cache has rejected.
      kept: the embeddings that it has computed.
    """
    # Unmirrored only: a mirror image is no other photograph of a person.
    photos = judge_photographs(cache.embedding[:, PLAIN], identities_of(cache), missed)
    return Judge(network, face_model, photos, yaws_deg, kept)


def judge_faces(
    judges: dict[str, Judge],
    faces: dict[str, Coefficients],
    shadings: dict[str, Shading],
    others: Mapping[str, MethodFaces] = MappingProxyType({}),
) -> Evaluation:
    """Measures the faces that decoders made of the judges' P photographs.

    Args:
      judges: by name.
      faces: the coefficients [P, K] in the order of the photographs, by decoder; the last decoder
        is compared with the others.
      shadings: in which the faces of each decoder are drawn.
      others: the meshes of other systems, by the system's name.
    """
    judged = judge_renders(judges, faces, shadings, others)
    arrays = {
        name: {part: values.numpy() for part, values in coefficients._asdict().items()}
        for name, coefficients in faces.items()
    }
    photos = {name: judge.photos for name, judge in judges.items()}
    return summarize_methods(photos, judged, arrays)


def judge_renders(
    judges: dict[str, Judge],
    faces: dict[str, Coefficients],
    shadings: dict[str, Shading],
    others: Mapping[str, MethodFaces] = MappingProxyType({}),
    renderer: type[FaceRenderer] = FaceRenderer,
) -> dict[str, dict[str, Likeness]]:
    """Says how alike renders and photographs are, by judge and method; see `judge_faces`.

    Other systems stand before the decoders, and are drawn in the shading of the last decoder.
    """
    last = list(shadings.values())[-1]
    return {
        judge: {name: which.likeness_of(own, last, renderer) for name, own in others.items()}
        | {
            name: likeness(
                which.photos, which.embeddings(face, shadings[name], renderer), which.yaws_deg
            )
            for name, face in faces.items()
        }
        for judge, which in judges.items()
    }


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
        # Which files were passed over is said once.
        listing = dataclasses.replace(listing, passed_over=())
    if len({cache.names for cache in caches.values()}) != 1:
        raise ValueError(f"{folder}: the networks see different photographs; remove this cache")
    return caches


def identities_of(cache: FeatureCache) -> list[str]:
    """Names the people on the photographs; one of whom nothing is known is a person of its own."""
    pairs = zip(cache.identities, cache.names, strict=True)
    return [printable(who or name) for who, name in pairs]


def photograph_names(cache: FeatureCache) -> list[str]:
    """Names all photographs that count, those without a face last."""
    names = [*cache.names, *(rejection.name for rejection in cache.rejected)]
    # Names of any bytes have to go into JSON.
    return [printable(name) for name in names]
