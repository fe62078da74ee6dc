"""Finds portraits with glasses, without any label: by what stands out around the eyes.

Frames are sharp lines where other faces have smooth skin. A first guess ranks the photographs by
the detail across the bridge of the nose and below the eyes; a linear classifier is trained on the
clear cases of that guess, and a few times again on those of its own.
"""

import numpy as np

from model.face_models.painting.masks import PaintMasks

_SURELY_WITH = 0.17
_SURELY_WITHOUT = 0.5
_ROUNDS = 4
_RIDGE = 0.3
_LARGEST = 0.3
_THRESHOLD = 0.12


def finding_places(masks: PaintMasks) -> list[np.ndarray]:
    """Windows [N] on the bridge of the nose and below the eyes, where frames run."""
    rim = [(42, (0, -17)), (47, (0, -19)), (46, (0, -18)), (45, (6, -10))]
    return [masks.blob((27,), (0, -3), (7, 8)), masks.line_pair(rim, 5.0)]


def wears_glasses(
    detail: np.ndarray, weights: np.ndarray, zone: np.ndarray, places: list[np.ndarray]
) -> np.ndarray:
    """Says which of many faces wear glasses.

    Args:
      detail: float [B, N], log luminance without its smooth part; its mirror image averaged in.
      weights: float [B, N], how well each vertex is seen.
      zone: bool [N], skin where frames may lie.
      places: of `finding_places`.

    Returns:
      bool [B].
    """
    if len(detail) < 20:
        return np.zeros(len(detail), bool)
    score = sum(_strength(detail, weights * place) for place in places)
    seen = np.clip(detail[:, zone], -_LARGEST, _LARGEST) * weights[:, zone]
    features = np.concatenate([seen, np.abs(seen)], axis=1)
    features = features - np.median(features, axis=0)
    features /= np.sqrt(np.linalg.norm(features, axis=1, keepdims=True)) + 1e-9
    kernel = features @ features.T
    for _ in range(_ROUNDS):
        score = _retrained(kernel, score)
    return score > _THRESHOLD


def _strength(detail, weights):
    """The root mean square detail [B] in a window, in units of its median over the faces."""
    mean = np.sum(weights * detail**2, axis=1) / np.maximum(weights.sum(axis=1), 1e-6)
    return np.sqrt(mean / np.median(mean))


def _retrained(kernel, score):
    """Scores [B] of a ridge regression that was trained on the extremes of earlier scores."""
    order = np.argsort(-score, kind="stable")
    positive = order[: int(_SURELY_WITH * len(score))]
    negative = order[-int(_SURELY_WITHOUT * len(score)) :]
    chosen = np.concatenate([positive, negative])
    labels = np.concatenate([np.ones(len(positive)), -np.ones(len(negative))])
    ridge = _RIDGE * np.trace(kernel) / len(kernel) * np.eye(len(chosen))
    dual = np.linalg.solve(kernel[np.ix_(chosen, chosen)] + ridge, labels - labels.mean())
    return kernel[:, chosen] @ dual
