"""Measures what smiles and skin tone do to the colors of faces, by regression over many of them.

Nearly everybody smiles at an official photographer, so the mean of portraits has the folds of a
smile. The fit of the landmarks tells how much each person smiles; the regression says what that
does to each place, and the faces are taken back to a mouth at rest.
"""

import dataclasses

import numpy as np

from model.face_model_contents import FaceModelContents

_SMILE_UNIT_MM = 5.0
# Coefficients are held back as if so many further faces showed no effect.
_RIDGE = (1e-3, 8.0, 8.0, 8.0, 8.0)


@dataclasses.dataclass(frozen=True)
class Effects:
    """A linear model of ratios.

    Attributes:
      neutral: float [V, 3], the mean face at rest and at darkness 0.
      darkness: float [V, 3], what a unit of darkness adds.
      smile: float [3, V, 3], what each measure of a smile adds, by its unit.
    """

    neutral: np.ndarray
    darkness: np.ndarray
    smile: np.ndarray


def smile_measures(face_model: FaceModelContents, expression: np.ndarray) -> np.ndarray:
    """How faces smile: float [B, 3], in units of 5 mm; all 0 at rest.

    Args:
      face_model: with the 68 landmarks of iBUG.
      expression: float [B, E], its coefficients. Without any, nobody smiles.

    Returns:
      How far the corners of the mouth go outward and up, and how far the lower lip goes down.
    """
    if face_model.expression is None:
        return np.zeros([len(expression), 3])
    part, points = face_model.expression, face_model.landmarks_68[[48, 54, 57]]
    modes = (part.basis * np.sqrt(part.variance)).reshape(len(part.mean), 3, -1)[points]
    right, left, lower = np.moveaxis(np.einsum("pxk,bk->bpx", modes, expression), 1, 0)
    outward, up = (left[:, 0] - right[:, 0]) / 2, (left[:, 1] + right[:, 1]) / 2
    return np.stack([outward, up, -lower[:, 1]], axis=-1) / _SMILE_UNIT_MM


def measure_effects(
    ratios: np.ndarray, weights: np.ndarray, smiles: np.ndarray, darkness: np.ndarray
) -> Effects:
    """Regresses ratios [B, V, 3] with weights [B, V] on smiles [B, 3] and darkness [B]."""
    features = np.concatenate([np.ones([len(ratios), 1]), smiles, darkness[:, None]], axis=1)
    products = (features[:, :, None] * features[:, None]).reshape(len(features), -1)
    count = features.shape[1]
    normal = (weights.T @ products).reshape(-1, count, count) + np.diag(_RIDGE)
    weighted = (ratios * weights[..., None]).reshape(len(ratios), -1)
    right = np.moveaxis((features.T @ weighted).reshape(count, -1, 3), 0, 1)
    coefficients = np.moveaxis(np.linalg.solve(normal, right), 1, 0)
    return Effects(coefficients[0], coefficients[4], coefficients[1:4])


def deviations(
    effects: Effects, ratios: np.ndarray, smiles: np.ndarray, darkness: np.ndarray
) -> np.ndarray:
    """What is left of ratios [B, V, 3] without smile, tone and mean: the person's own."""
    known = effects.neutral + np.einsum("bs,svc->bvc", smiles, effects.smile, optimize=True)
    return np.float32(ratios - known - darkness[:, None, None] * effects.darkness)
