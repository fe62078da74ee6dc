"""Pose, shape and expression of a face model, from points found in a photograph.

Gauss-Newton on the distances in the image, each in units of its standard deviation and with a
robust weight, plus a standard normal prior on every coefficient: the maximum a posteriori estimate.
Many faces are fitted at once.
"""

import dataclasses

import numpy as np

from model.face_model_contents import FaceModelContents, Pca
from model.fitting.camera import Pose
from model.fitting.points_on_mesh import PointsOnMesh
from model.fitting.pose_fit import (
    CAMERA_DISTANCE_MM,
    POSE_NUMBERS,
    frontal_pose,
    moved,
    pose_jacobian,
    projection_jacobian,
)

_POSE_STEPS = 4
_STEPS = 9
# Distances beyond this many standard deviations count less and less (Cauchy).
_ROBUST = 3.0
# Along an outline a point counts as much less than across it.
_SLIDE = 0.05
_FACES_AT_ONCE = 16


@dataclasses.dataclass(frozen=True)
class LandmarkFit:
    """What was fitted to B faces.

    Attributes:
      pose: of the B faces.
      shape: float32 [B, K]; expression: float32 [B, E] (E may be 0). Coefficients in units of
        standard deviations.
      rms: float [B], the root mean square distance in pixels of the points that count.
    """

    pose: Pose
    shape: np.ndarray
    expression: np.ndarray
    rms: np.ndarray

    def __len__(self) -> int:
        return len(self.shape)

    def __getitem__(self, index) -> "LandmarkFit":
        """The fits of some of the faces; the index must keep the axis."""
        return LandmarkFit(
            self.pose[index], self.shape[index], self.expression[index], self.rms[index]
        )


class LandmarkFitter:
    """Fits one face model to points of one kind."""

    def __init__(
        self,
        face_model: FaceModelContents,
        points: PointsOnMesh,
        camera_distance: float = CAMERA_DISTANCE_MM,
    ):
        """Takes from the face model what its points need.

        Args:
          face_model: with or without expressions.
          points: where the found points lie on the mesh.
          camera_distance: in mm. A photograph of a face alone hardly tells it.
        """
        self._face_model = face_model
        self._points = points
        self._distance = camera_distance
        self._used = np.flatnonzero(np.isfinite(points.deviations))
        parts = [face_model.shape]
        parts += [] if face_model.expression is None else [face_model.expression]
        modes = np.concatenate([_modes_of_points(part, points) for part in parts], axis=-1)
        self._mean = points(face_model.shape.mean.astype(np.float64))[self._used]
        self._modes = np.float32(modes[self._used])
        self._shape_components = face_model.shape.basis.shape[1]

    def __call__(self, found: np.ndarray, progress=lambda faces: faces) -> LandmarkFit:
        """Fits faces to their points.

        Args:
          found: float [B, P or more, 2], pixels (x to the right, y down); points beyond those on
            the mesh are left alone.
          progress: wraps the list of batches, as `tqdm` does.

        Raises:
          ValueError: too few points, or values that are not finite.
        """
        found = np.asarray(found, np.float64)
        if found.ndim != 3 or found.shape[1] < len(self._points) or found.shape[2] != 2:
            raise ValueError(
                f"points have shape {found.shape}, not (faces, {len(self._points)} or more, 2)"
            )
        if not np.all(np.isfinite(found)):
            raise ValueError("points hold values that are not finite")
        starts = range(0, len(found), _FACES_AT_ONCE)
        fits = [self._fit(found[k : k + _FACES_AT_ONCE]) for k in progress(list(starts))]
        return _joined(fits)

    def vertices(self, fit: LandmarkFit) -> np.ndarray:
        """The fitted faces: float32 [B, N, 3] mm, in the model's frame."""
        vertices = self._face_model.shape.mean + _offsets(self._face_model.shape, fit.shape)
        if fit.expression.shape[1]:
            vertices += _offsets(self._face_model.expression, fit.expression)
        return vertices

    def _fit(self, found):
        across = _across_contour(found, self._points.contour)[:, self._used]
        used = found[:, self._used]
        pose = frontal_pose(self._mean, used, self._distance)
        coefficients = np.zeros([len(found), self._modes.shape[-1]])
        for step in range(_POSE_STEPS + _STEPS):
            pose, coefficients = self._step(
                pose, coefficients, used, across, pose_only=step < _POSE_STEPS
            )
        away = np.linalg.norm(used - pose.project(self._faces(coefficients)), axis=-1)
        coefficients = np.float32(coefficients)
        k = self._shape_components
        rms = np.sqrt(np.mean(away**2, axis=1))
        return LandmarkFit(pose, coefficients[:, :k], coefficients[:, k:], rms)

    def _faces(self, coefficients):
        return self._mean + np.moveaxis(
            np.matmul(self._modes, np.float32(coefficients.T)), -1, 0
        ).astype(np.float64)

    def _step(self, pose, coefficients, found, across, pose_only):
        """One step of Gauss-Newton."""
        view = pose.view(self._faces(coefficients))
        residual = found - pose.project_view(view)
        deviations = self._points.deviations[self._used] * pose.pixels_per_mm()[:, None]
        whitening = across / deviations[..., None, None]
        whitened = np.einsum("bpij,bpj->bpi", whitening, residual)
        squares = np.sum(whitened**2, axis=-1)
        robust = 1 / np.sqrt(1 + squares / _ROBUST**2)
        whitening, whitened = whitening * robust[..., None, None], whitened * robust[..., None]

        of_pose = whitening @ pose_jacobian(pose, view)
        jacobian, prior = of_pose, np.full(POSE_NUMBERS, 1e-9)
        if not pose_only:
            of_view = whitening @ projection_jacobian(pose, view)
            of_modes = _times_modes(of_view @ pose.rotation[:, None], self._modes)
            jacobian = np.concatenate([of_pose, of_modes], axis=-1)
            prior = np.concatenate([prior, np.ones(coefficients.shape[1])])
        change = _solve(jacobian, whitened, prior, coefficients, pose_only)
        pose = moved(pose, change[:, :POSE_NUMBERS])
        return pose, coefficients if pose_only else coefficients + change[:, POSE_NUMBERS:]


def _solve(jacobian, residual, prior, coefficients, pose_only):
    batch, columns = len(jacobian), jacobian.shape[-1]
    flat = np.float32(jacobian.reshape(batch, -1, columns))
    transposed = np.swapaxes(flat, 1, 2)
    normal = np.float64(transposed @ flat)
    normal[:, np.arange(columns), np.arange(columns)] += prior
    gradient = np.float64(transposed @ np.float32(residual.reshape(batch, -1, 1)))[..., 0]
    if not pose_only:
        gradient[:, POSE_NUMBERS:] -= coefficients
    return np.linalg.solve(normal, gradient[..., None])[..., 0]


def _modes_of_points(part: Pca, points: PointsOnMesh) -> np.ndarray:
    """What standard normal coefficients do to the points: float [P, 3, K] mm."""
    modes = (part.basis * np.sqrt(part.variance)).reshape(len(part.mean), 3, -1)
    return np.einsum("pcxk,pc->pxk", modes[points.vertex_indices], points.weights)


def _offsets(part: Pca, coefficients):
    flat = np.float32(coefficients * np.sqrt(part.variance)) @ part.basis.T
    return flat.reshape(len(coefficients), -1, 3)


def _times_modes(rows, modes):
    """Products of [B, P, 2, 3] and [P, 3, K], by points so that they are plain matrix products."""
    batch, points = rows.shape[:2]
    by_point = np.float32(np.moveaxis(rows, 0, 1).reshape(points, batch * 2, 3))
    return np.moveaxis((by_point @ modes).reshape(points, batch, 2, -1), 1, 0)


def _across_contour(found, contour):
    """Matrices [B, P, 2, 2]: the identity, but for points of an outline nearly blind along it."""
    matrices = np.broadcast_to(np.eye(2), (*found.shape[:2], 2, 2)).copy()
    if len(contour):
        outline = found[:, contour]
        along = np.roll(outline, -1, axis=1) - np.roll(outline, 1, axis=1)
        along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
        blind = np.einsum("bci,bcj->bcij", along, along)
        matrices[:, contour] -= (1 - _SLIDE) * blind
    return matrices


def _joined(fits):
    def join(get):
        return np.concatenate([get(fit) for fit in fits])

    pose = Pose(
        join(lambda f: f.pose.rotation),
        join(lambda f: f.pose.focal),
        join(lambda f: f.pose.center),
        fits[0].pose.distance,
    )
    return LandmarkFit(
        pose, join(lambda f: f.shape), join(lambda f: f.expression), join(lambda f: f.rms)
    )
