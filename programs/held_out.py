"""Photographs that a training does not see, to judge it by while it goes on."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from data_pipeline.feature_cache import PLAIN, FeatureCache
from model.albedo import GrayRenderer
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.rendered_views import FixedViews
from model.training.early_stop import EarlyStop
from programs.training_options import Options

# What the best decoder is chosen by.
METRIC = "held_out/identity"
_YAWS_DEG = (0.0, -30.0, 30.0)


@dataclasses.dataclass(frozen=True)
class Split:
    """The photographs of a cache, by their indices.

    Attributes:
      trained: int64 [P], those that are trained on.
      held_out: int64 [H], the others.
    """

    trained: np.ndarray
    held_out: np.ndarray

    def spread(self, count: int) -> np.ndarray:
        """Up to `count` of those that are trained on, evenly spread."""
        chosen = np.linspace(0, len(self.trained) - 1, min(len(self.trained), count))
        return self.trained[chosen.astype(int)]


def split(photos: FeatureCache, count: int, seed: int) -> Split:
    """Holds out at least `count` photographs, all of a person's or none of them.

    Args:
      photos: a photograph whose person is unknown counts as a person.
      count: 0 holds out none, and reads no names.
      seed: draws the people.

    Raises:
      ValueError: no photograph would be left to train on.
    """
    rows = np.arange(len(photos))
    if not count:
        return Split(rows, rows[:0])
    people = [who or f"\0{row}" for row, who in enumerate(photos.identities)]
    _, whose, sizes = np.unique(people, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(sizes))
    needed = 1 + int(np.searchsorted(np.cumsum(sizes[order]), count))
    is_held_out = np.isin(whose, order[:needed])
    if is_held_out.all():
        raise ValueError(
            f"--held_out={count} leaves none of the {len(photos)} photographs to train on; hold "
            "out fewer"
        )
    return Split(rows[~is_held_out], rows[is_held_out])


class ChosenRows:
    """Some photographs of an array `[photographs, variants]`, as an array of them alone.

    Attributes:
      shape, dtype: of that array.
    """

    def __init__(self, array, rows: np.ndarray):
        """Takes an array, which may lie on disk, and the indices of photographs in it."""
        self._array = array
        self._rows = rows
        self.shape = (len(rows), *array.shape[1:])
        self.dtype = array.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: tuple) -> np.ndarray:
        """Reads `[photographs, variants]`; both are int [M]."""
        return self._array[self._rows[key[0]], key[1]]


class Likeness:
    """Measures by the encoder how alike held-out photographs and their faces are.

    The faces are drawn frontal, turned by 30 degrees to both sides, and frontal in one gray. What
    the encoder says of faces that were trained by it says how well training goes, and not how alike
    they are to anybody else.
    """

    def __init__(
        self,
        photos: FeatureCache,
        rows: np.ndarray,
        encoder: IdentityNetwork,
        renderer: FaceRenderer,
        decode: Callable[[np.ndarray], Coefficients],
    ):
        """Binds photographs, by their indices, to what decodes them."""
        self._rows = rows
        self._encoder = encoder
        self._decode = decode
        self._embedding = photos.embedding[rows, PLAIN]
        gray = GrayRenderer(renderer.face_model, renderer.crop, renderer.shading)
        self._views = FixedViews(renderer, _YAWS_DEG)
        self._gray = FixedViews(gray, _YAWS_DEG[:1])

    def metrics(self) -> dict[str, float]:
        """Returns the mean cosines by name; `METRIC` is that of the three views in color."""
        faces = self._decode(self._rows)
        frontal, *turned = self._cosines(self._views, faces).T
        return {
            METRIC: float(np.mean([frontal, *turned])),
            "held_out/frontal": float(np.mean(frontal)),
            "held_out/turned": float(np.mean(turned)),
            "held_out/gray": float(np.mean(self._cosines(self._gray, faces))),
        }

    def _cosines(self, views: FixedViews, faces: Coefficients) -> np.ndarray:
        return np.einsum("ne,nve->nv", self._embedding, views.embeddings(self._encoder, faces))


def make_early_stop(options: Options, save: Callable[[], None]) -> EarlyStop | None:
    """Makes what keeps the best decoder of stage 2; None where the last one is kept."""
    if not (options.keep_best or options.patience):
        return None
    path = options.run.folder / "best_stage2.json"
    return EarlyStop(path, METRIC, save, options.patience or math.inf)
