"""The color model: what was learned of many faces, as principal components in sRGB.

The first components are those of tone, the others those of the persons. A face is its mean ratios
and its own deviations from them on a skin of some tone; the persons' components are taken on the
skin of the mean tone, so that no exposure and no cast of a photograph enters them.
"""

import dataclasses

import numpy as np

from model.face_model_contents import Pca, principal_components
from model.face_models.painting.skin_tones import lab_to_srgb
from model.face_models.photographed import tone as tones
from model.face_models.photographed.eyes import EyePainter
from model.face_models.photographed.light import LUMINANCE
from model.face_models.photographed.places import Places

_TONES_DRAWN = 300
# Beyond these values darkness is taken to change nothing more; few photographs lie there.
_DARKNESS_RANGE = (-1.2, 2.2)
# How dark the line between the lips is.
_MOUTH_LINE = 0.5
# How much of an iris's color goes with the skin's.
_IRIS_WITH_SKIN = 0.75
_WHITE = (0.66, 0.61, 0.585)
_WHITE_WITH_SKIN = 0.15
_LEAST, _MOST = 0.03, 1.0
# The shares of the spread of irises and of the whites' brightness (which is mostly light), and
# limits.
_IRIS_SHARE, _IRIS_LIMITS = 0.8, (-0.5, 0.6)
_WHITE_SHARE, _WHITE_LIMIT = 0.25, 0.12


@dataclasses.dataclass(frozen=True)
class EyeColors:
    """Colors of eyes as ratios: logarithms of sRGB over the person's own skin.

    Attributes:
      mean_iris: float [3].
      irises: float [B, 3], deviations of the persons; whites: float [B], in luminance.
    """

    mean_iris: np.ndarray
    irises: np.ndarray
    whites: np.ndarray


def eye_colors(
    irises: np.ndarray, whites: np.ndarray, skins: np.ndarray, hidden: np.ndarray
) -> EyeColors:
    """Sums up the eyes of photographs.

    Args:
      irises, whites: float [B, 2, 3] sRGB; NaN where there was none.
      skins: float [B, 3], log sRGB.
      hidden: bool [B], whether glasses lie before them.
    """
    iris = np.log(np.clip(irises, _LEAST, _MOST)).mean(axis=1) - skins
    white = (np.log(np.clip(whites, _LEAST, _MOST)).mean(axis=1) - skins) @ LUMINANCE
    median, middle = np.nanmedian(iris[~hidden], axis=0), np.nanmedian(white[~hidden])
    iris = np.nan_to_num(np.where(hidden[:, None], 0.5, 1.0) * (iris - median))
    white = np.nan_to_num(np.where(hidden, 0.0, white - middle))
    return EyeColors(
        median,
        np.clip(_IRIS_SHARE * iris, *_IRIS_LIMITS),
        np.clip(_WHITE_SHARE * white, -_WHITE_LIMIT, _WHITE_LIMIT),
    )


class FaceColors:
    """Puts the colors of a face together."""

    def __init__(
        self,
        mean: np.ndarray,
        darkening: np.ndarray,
        places: Places,
        eyes: EyePainter,
        mean_iris: np.ndarray,
    ):
        """Takes what all faces share.

        Args:
          mean: float [N, 3], the mean face's ratios at darkness 0 (see `tone.darkness`).
          darkening: float [N, 3], what a unit of darkness adds to them.
          places: parts of the mean face.
          eyes: paints its eyeballs.
          mean_iris: float [3], as in `EyeColors`.
        """
        self._mean = mean
        self._darkening = darkening
        self._line = (1 - _MOUTH_LINE * places.line)[:, None]
        self._eyes = eyes
        self._mean_iris = mean_iris
        self.mean_tone = lab_to_srgb(tones.arc(np.array([tones.LIGHTNESS_MEAN])))[0]

    def __call__(self, tone, deviation=0.0, iris=0.0, white=0.0) -> np.ndarray:
        """Colors a face.

        Args:
          tone: float [3], sRGB of its skin.
          deviation: float [N, 3], of the person; iris: [3]; white: as in `EyeColors`.

        Returns:
          float32 [N, 3], sRGB in 0..1.
        """
        darkness = float(np.clip(tones.darkness(tone), *_DARKNESS_RANGE))
        ratios = self._mean + darkness * self._darkening + deviation
        colors = np.exp(np.log(tone) + ratios) * self._line
        relative = np.log(tone) - np.log(self.mean_tone)
        iris = np.exp(np.log(self.mean_tone) + _IRIS_WITH_SKIN * relative + self._mean_iris + iris)
        white = np.array(_WHITE) * np.exp(_WHITE_WITH_SKIN * relative + white)
        return np.float32(self._eyes(np.clip(colors, 0, 1), iris, np.clip(white, 0, 1)))


def learned_components(
    faces: FaceColors,
    deviations: np.ndarray,
    eyes: EyeColors,
    weights: np.ndarray,
    components: int,
    seed: int,
) -> Pca:
    """Takes the principal components.

    Args:
      faces: what all faces share.
      deviations: float [N, B, 3], of the persons.
      eyes: of the persons.
      weights: float [B], how much each person counts.
      components: how many in all, those of tone included.
      seed: of the tones.

    Returns:
      sRGB in 0..1. The first `tone.COMPONENTS` are those of tone, each part by falling variance;
      positive coefficients lighten.
    """
    tone_maps = np.stack([faces(tone).reshape(-1) for tone in tones.draw_tones(_TONES_DRAWN, seed)])
    mean = tone_maps.mean(axis=0, dtype=np.float64)
    modes = np.float64(tone_maps - mean).T / np.sqrt(len(tone_maps) - 1)
    tone = principal_components(mean.reshape(-1, 3), modes, tones.COMPONENTS)

    share = weights / weights.sum()
    tone_free = deviations - np.tensordot(deviations, share, (1, 0))[:, None]
    maps = np.stack(
        [
            faces(faces.mean_tone, tone_free[:, k], eyes.irises[k], eyes.whites[k]).reshape(-1)
            for k in range(len(weights))
        ]
    )
    person_mean = share @ np.float64(maps)
    modes = (maps - person_mean) * np.sqrt(share)[:, None]
    # The part of a person's own map that looks like tone is taken away.
    modes -= (modes @ tone.basis) @ tone.basis.T
    person = principal_components(mean.reshape(-1, 3), modes.T, components - tones.COMPONENTS)
    mean += person_mean - faces(faces.mean_tone).reshape(-1)
    basis = np.concatenate([tone.basis, person.basis], axis=1)
    basis *= np.where(basis.sum(axis=0) < 0, -1, 1)
    variance = np.concatenate([tone.variance, person.variance])
    return Pca(np.float32(mean.reshape(-1, 3)), np.float32(basis), variance)
