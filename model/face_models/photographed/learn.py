"""Learns the colors of a face model from portraits: from photographs to principal components."""

import dataclasses

import numpy as np
import tensorflow as tf

from mesh_renderer.vertex_normals import vertex_normals
from model.face_model_contents import FaceModelContents, Pca
from model.face_models.painting.masks import PaintMasks
from model.face_models.photographed import outliers, tone
from model.face_models.photographed.color_model import (
    EyeColors,
    FaceColors,
    eye_colors,
    learned_components,
)
from model.face_models.photographed.completion import complete
from model.face_models.photographed.effects import deviations, measure_effects, smile_measures
from model.face_models.photographed.eyes import EyePainter
from model.face_models.photographed.glasses import finding_places, wears_glasses
from model.face_models.photographed.light import LUMINANCE, even_light
from model.face_models.photographed.mesh_fields import Smoother, mirrored_vertices
from model.face_models.photographed.places import find_places
from model.face_models.photographed.portraits import LandmarkedPortraits
from model.face_models.photographed.refinement import Refiner
from model.face_models.photographed.unwrap import Unwrapped, Unwrapper
from model.fitting.landmark_fit import LandmarkFit, LandmarkFitter
from model.fitting.points_on_mesh import PointsOnMesh

# Normals are smoothed over so many mm before light is fitted to them.
_NORMALS_MM = 16.0
_DETAIL_MM = 7.0
_DARKEST = 0.02
_PEOPLE_AT_ONCE = 50
# A vertex counts as known from the first of these mean weights over the photographs, and fully from
# the second.
_KNOWN = (0.05, 0.20)
# Toward the outline of the mean face what is known fades, by the z of its normals.
_KNOWN_FACING = (0.2, 0.5)
# Few people in the photographs have dark skin, so each counts more by this factor a unit of
# darkness.
_DARK_COUNTS = 1.0


@dataclasses.dataclass(frozen=True)
class Evened:
    """Photographs under even light, B of them.

    Attributes:
      ratios: float32 [B, N, 3], logarithms of colors over those of the person's own skin.
      skins: float [B, 3], log sRGB of the skins.
      weights: float32 [B, N], how well each vertex is seen.
    """

    ratios: np.ndarray
    skins: np.ndarray
    weights: np.ndarray


@dataclasses.dataclass(frozen=True)
class Learned:
    """The outcome, and what its pictures show.

    Attributes:
      color: the components, those of tone first.
      fit: of all portraits.
      unwrapped: of all portraits.
      evened: of all portraits.
      used: int [U], the portraits that colors were learned from.
      trusted: float32 [U, N], the weights of what was learned from.
      glasses: bool [U].
      faces: colors faces by tone and deviation.
      deviations: float32 [N, U, 3], of the portraits.
      eyes: of the portraits.
    """

    color: Pca
    fit: LandmarkFit
    unwrapped: Unwrapped
    evened: Evened
    used: np.ndarray
    trusted: np.ndarray
    glasses: np.ndarray
    faces: FaceColors
    deviations: np.ndarray
    eyes: EyeColors


class ColorLearner:
    """Learns the colors of one face model."""

    def __init__(
        self,
        face_model: FaceModelContents,
        points: PointsOnMesh,
        components: int = 80,
        seed: int = 0,
        progress=lambda steps, title: steps,
    ):
        """Prepares the mean face.

        Args:
          face_model: with eyeballs and the 68 landmarks; its colors do not matter.
          points: where the dense landmarks lie on it.
          components: how many color components, those of tone included.
          seed: of everything random.
          progress: wraps an iterable of steps with a title, as `tqdm` does.

        Raises:
          ValueError: the face model lacks landmarks or regions.
        """
        self._face_model = face_model
        self._points = points
        self._components = components
        self._seed = seed
        self._progress = progress
        mean = np.float64(face_model.shape.mean)
        self._places = find_places(face_model)
        self._masks = PaintMasks(mean, face_model.regions["skin"], face_model.landmarks_68)
        self._mirrored = mirrored_vertices(mean)
        self._smoother = Smoother(mean, face_model.triangles)
        self._smooth_normals = self._smoother.smoothing(_NORMALS_MM)

    def __call__(self, portraits: LandmarkedPortraits) -> Learned:
        """Learns.

        Raises:
          ValueError: too few photographs are usable for the components asked for.
        """
        fitter = LandmarkFitter(self._face_model, self._points)
        fit = fitter(portraits.points, self._titled("landmark fit"))
        unwrapped = self._unwrap(portraits, fit, fitter)
        evened = self._even(unwrapped)
        used = np.flatnonzero(outliers.usable(evened.skins))
        needed = self._components - tone.COMPONENTS + 1
        if len(used) < needed:
            raise ValueError(
                f"{portraits.folder}: {len(used)} of {len(portraits)} photographs can be used, but "
                f"{self._components} components need {needed}"
            )
        return self._learn(fit, unwrapped, evened, used)

    def _unwrap(self, portraits, fit, fitter):
        unwrapper = Unwrapper(self._face_model, self._points, fitter)
        faces = [
            unwrapper(portraits.image(k), portraits.points[k], fit[k : k + 1])
            for k in self._progress(range(len(portraits)), "unwrapping")
        ]
        fields = [field.name for field in dataclasses.fields(Unwrapped)]
        return Unwrapped(*(np.stack([getattr(face, name) for face in faces]) for name in fields))

    def _even(self, unwrapped):
        ratios, skins = np.empty_like(unwrapped.colors), []
        for k in self._progress(range(len(ratios)), "evening the light"):
            weights = self._places.plain * unwrapped.weights[k]
            colors = np.log(np.maximum(unwrapped.colors[k], _DARKEST))
            evened, skin = even_light(colors, weights, self._unit(unwrapped.normals[k]))
            ratios[k] = evened - skin
            skins.append(skin)
        return Evened(ratios, np.stack(skins), unwrapped.weights)

    def _learn(self, fit, unwrapped, evened, used):
        ratios, skins = evened.ratios[used], evened.skins[used]
        glasses = self._glasses(ratios, evened.weights[used])
        trusted = self._trusted(ratios, skins, evened.weights[used], glasses)
        both, weights = self._with_mirror_image(ratios, trusted)
        half = self._known_half(weights)
        darkness = tone.darkness(np.exp(skins))
        smiles = smile_measures(self._face_model, fit.expression[used])
        effects, own = self._own(both[:, half], weights[:, half], smiles, darkness)
        refiner = self._refiner(weights.mean(axis=0), half)
        fields = self._refined(refiner, own, half)
        eyes = eye_colors(unwrapped.irises[used], unwrapped.whites[used], skins, glasses)
        faces = FaceColors(
            refiner.mean(self._whole(effects.neutral, half)),
            refiner.filled(self._whole(effects.darkness, half)),
            self._places,
            EyePainter(self._face_model, self._masks),
            eyes.mean_iris,
        )
        counts = 1 + _DARK_COUNTS * np.clip(darkness, 0, 2)
        color = learned_components(faces, fields, eyes, counts, self._components, self._seed)
        return Learned(color, fit, unwrapped, evened, used, trusted, glasses, faces, fields, eyes)

    def _own(self, ratios, weights, smiles, darkness):
        """What everybody shares, and what is each person's own: [U, H, 3], complete."""
        effects = measure_effects(ratios, weights, smiles, darkness)
        own = deviations(effects, ratios, smiles, darkness)
        progress = self._titled("completion")
        return effects, complete(own, weights, seed=self._seed, progress=progress)

    def _refined(self, refiner, own, half):
        """Deviations [U, H, 3] of one half to refined ones of the whole mesh, [N, U, 3]."""
        parts = np.array_split(own, -(-len(own) // _PEOPLE_AT_ONCE))
        refined = [
            np.float32(refiner.deviations(self._whole(np.moveaxis(part, 0, 1), half)))
            for part in self._progress(parts, "refinement")
        ]
        return np.concatenate(refined, axis=1)

    def _glasses(self, ratios, weights):
        luminance = ratios @ np.float32(LUMINANCE)
        detail = luminance - self._smoother.smoothing(_DETAIL_MM)(luminance.T).T
        sum_of_weights = weights + weights[:, self._mirrored] + 1e-6
        mirrored = detail[:, self._mirrored] * weights[:, self._mirrored]
        detail = (detail * weights + mirrored) / sum_of_weights
        places = self._places
        zone = (places.glasses > 0.5) & (places.brows < 0.3) & (places.hairy < 0.5)
        zone &= (places.lids < 0.8) & (places.eyeballs < 0.5)
        return wears_glasses(detail, weights, zone, finding_places(self._masks))

    def _trusted(self, ratios, skins, weights, glasses):
        places = self._places
        weights = weights * np.float32(places.seen * (1 - places.inside) * (1 - places.eyeballs))
        weights[glasses] *= np.float32(1 - np.clip(2 * places.glasses, 0, 1))
        return outliers.trusted_weights(
            ratios, skins, weights, places, self._smoother, self._mirrored
        )

    def _with_mirror_image(self, ratios, weights):
        """Averages faces with their mirror images."""
        other = weights[:, self._mirrored]
        total = np.maximum(weights + other, 1e-6)
        both = ratios * (weights / total)[..., None]
        both += ratios[:, self._mirrored] * (other / total)[..., None]
        return both, np.minimum(total, 1)

    def _known_half(self, weights):
        left = np.arange(len(self._mirrored)) <= self._mirrored
        return np.flatnonzero(left & (weights.mean(axis=0) > _KNOWN[0]))

    def _whole(self, values, half):
        """Values [H, ...] of one half of the known vertices to the whole mesh [N, ...]."""
        whole = np.zeros((len(self._mirrored), *values.shape[1:]))
        whole[half] = values
        whole[self._mirrored[half]] = values
        return whole

    def _refiner(self, cover, half):
        low, high = _KNOWN
        known = self._whole(np.clip((cover[half] - low) / (high - low), 0, 1), half)
        known = np.minimum(known, np.clip(1.5 * self._places.seen, 0, 1))
        vertices = tf.constant(self._face_model.shape.mean[None], tf.float32)
        normals = vertex_normals(vertices, self._face_model.triangles)[0].numpy()
        normals = self._unit(normals)
        low, high = _KNOWN_FACING
        known = known * np.clip((normals[:, 2] - low) / (high - low), 0, 1)
        return Refiner(self._places, self._smoother, normals, known)

    def _unit(self, normals):
        smooth = self._smooth_normals(normals)
        return smooth / np.linalg.norm(smooth, axis=1, keepdims=True)

    def _titled(self, title):
        return lambda steps: self._progress(steps, title)
