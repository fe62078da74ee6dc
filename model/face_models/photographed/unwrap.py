"""Colors of a face model's vertices, read from a photograph to which the model was fitted."""

import dataclasses

import numpy as np
import tensorflow as tf
from scipy.ndimage import map_coordinates

from mesh_renderer.rasterize_triangles import visible_triangles
from mesh_renderer.vertex_normals import vertex_normals
from model.face_model_contents import FaceModelContents
from model.fitting.landmark_fit import LandmarkFit, LandmarkFitter
from model.fitting.points_on_mesh import BROWS, IRISES, PointsOnMesh

# The distances by which the fit misses the points are spread over the mesh by a Gaussian of this
# standard deviation, and fade between the points.
_SPREAD_MM = 9.0
_FADE = 0.3
# Brows are moved by this part of what they miss. The whole would give everyone brows of one height,
# and no move at all would blur them.
_BROW_SHARE = 0.7
# The z-buffer's resolution in pixels per pixel of the photograph, its largest size, and how far
# behind what it holds a vertex may lie.
_FINER = 3
_LARGEST_PX = 2048
_BEHIND_MM = 2.5
# The cosine between normal and view at which a color starts to count, and from which it fully does.
_GRAZING = (0.2, 0.4)


@dataclasses.dataclass(frozen=True)
class Unwrapped:
    """What one photograph shows of a face.

    Attributes:
      colors: float32 [N, 3], sRGB in 0..1.
      weights: float32 [N] in 0..1, how well each vertex is seen; 0 outside the photograph.
      normals: float32 [N, 3], unit normals of the fitted face in the view frame.
      irises: float32 [2, 3], the sRGB of the subject's right and left iris.
      whites: float32 [2, 3], the sRGB of the whites.
    """

    colors: np.ndarray
    weights: np.ndarray
    normals: np.ndarray
    irises: np.ndarray
    whites: np.ndarray


class Unwrapper:
    """Unwraps photographs that one face model was fitted to."""

    def __init__(self, face_model: FaceModelContents, points: PointsOnMesh, fitter: LandmarkFitter):
        self._triangles = face_model.triangles
        self._points = points
        self._fitter = fitter
        self._spread = _spreading(face_model.shape.mean, points)
        self._eyeballs = eyeballs(face_model)

    def __call__(self, image: np.ndarray, found: np.ndarray, fit: LandmarkFit) -> Unwrapped:
        """Reads the colors.

        Args:
          image: uint8 [H, W, 3] sRGB, the photograph.
          found: float [478, 2], its points in pixels.
          fit: of one face to these points.
        """
        vertices = np.float64(self._fitter.vertices(fit))
        pixels = self._warped(vertices, found, fit)
        normals = vertex_normals(tf.constant(vertices, tf.float32), self._triangles)[0].numpy()
        facing = np.sum(normals * fit.pose.toward_camera(vertices)[0], axis=-1)
        low, high = _GRAZING
        weights = np.clip((facing - low) / (high - low), 0, 1)
        height, width = image.shape[:2]
        weights *= self._visible(vertices, pixels, fit, max(height, width))
        weights *= np.all((pixels > 0) & (pixels < (width - 1, height - 1)), axis=1)
        picture = image / np.float32(255)
        eyes = [_eye_colors(picture, found[list(iris)]) for iris in IRISES]
        return Unwrapped(
            _sampled(picture, pixels),
            np.float32(weights),
            np.float32(normals @ fit.pose.rotation[0].T),
            np.float32([iris for iris, _ in eyes]),
            np.float32([white for _, white in eyes]),
        )

    def _warped(self, vertices, found, fit):
        """Pixels [N, 2] of the vertices, moved so that the points fall where they were found."""
        pixels = fit.pose.project(vertices)[0]
        missed = found[: len(self._points)] - fit.pose.project(self._points(vertices))[0]
        pixels = pixels + self._spread @ missed
        for ball, iris in zip(self._eyeballs, IRISES, strict=True):
            if len(found) > max(iris):
                pixels[ball.all] += found[iris[0]] - pixels[ball.iris].mean(axis=0)
        return pixels

    def _visible(self, vertices, pixels, fit, size):
        """Whether nothing lies before a vertex; the mesh is drawn as it is warped."""
        clip = fit.pose.clip_space(vertices, size)[0]
        ndc = (pixels + 0.5) * (2.0 / size) - 1.0
        clip[:, 0], clip[:, 1] = ndc[:, 0] * clip[:, 3], -ndc[:, 1] * clip[:, 3]
        finer = min(_FINER, _LARGEST_PX / size)
        fine = round(size * finer)
        drawn = visible_triangles(np.float32(clip[None]), self._triangles, fine, fine)
        depth = fit.pose.depth(drawn[3].numpy()[0, ::-1].astype(np.float64))
        place = np.int64(np.round((pixels + 0.5) * finer - 0.5)).clip(0, fine - 1)
        return clip[:, 3] - depth[place[:, 1], place[:, 0]] < _BEHIND_MM


@dataclasses.dataclass(frozen=True)
class Eyeball:
    """The vertices of one eyeball: int [..] indices of all of them, and of iris and pupil."""

    all: np.ndarray
    iris: np.ndarray


def eyeballs(face_model: FaceModelContents) -> tuple[Eyeball, Eyeball]:
    """The subject's right and left eyeball (-x is right); empty where the model has none."""
    regions, none = face_model.regions, np.zeros(face_model.n_vertices, bool)
    colored = regions.get("iris", none) | regions.get("pupil", none)
    whole = colored | regions.get("sclera", none)
    right = face_model.shape.mean[:, 0] < 0
    return tuple(
        Eyeball(np.flatnonzero(whole & side), np.flatnonzero(colored & side))
        for side in (right, ~right)
    )


def _spreading(mean, points):
    """The matrix [N, P] that spreads values at the points over the mesh."""
    places = points(mean)
    trust = np.where(np.isfinite(points.deviations), 1.0, 0.0)
    trust[list(BROWS)] = 1.0
    share = trust.copy()
    share[list(BROWS)] = _BROW_SHARE
    squares = np.sum((mean[:, None] - places[None]) ** 2, axis=-1)
    bell = np.exp(-0.5 * squares / _SPREAD_MM**2) * trust
    return bell * share / (bell.sum(axis=1, keepdims=True) + _FADE)


def _sampled(picture, pixels):
    """Bilinear samples [N, 3] of an image [H, W, 3] at pixels [N, 2]."""
    rows_columns = pixels[:, ::-1].T
    return np.stack(
        [map_coordinates(picture[..., k], rows_columns, order=1, mode="nearest") for k in range(3)],
        axis=-1,
    )


def _eye_colors(picture, iris):
    """sRGB of an iris and of the white beside it; `iris` [5, 2] is its center and rim."""
    radius = np.linalg.norm(iris[1:] - iris[0], axis=1).mean()
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    across, down = (columns - iris[0, 0]) / radius, (rows - iris[0, 1]) / radius
    away = np.hypot(across, down)
    ring = (away > 0.35) & (away < 0.8) & (down > -0.35)
    white = (np.abs(across) > 1.15) & (np.abs(across) < 1.8) & (np.abs(down) < 0.35)
    return (
        np.percentile(picture[ring], 40, axis=0) if ring.any() else np.full(3, np.nan),
        np.percentile(picture[white], 70, axis=0) if white.any() else np.full(3, np.nan),
    )
