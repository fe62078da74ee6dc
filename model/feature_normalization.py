"""Frozen constants that bring the features of photographs and of renders into one frame.

Features of photographs lie about one standard deviation away from those of renders. The paper
does nothing about this domain gap, and so does the kind "none".
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg

KINDS = ("none", "standardize", "coral")

# CORAL's covariances are regularized by this many mean eigenvalues: there are fewer photographs
# than a covariance needs, and its small directions are noise.
_CORAL_SHRINKAGE = 1.0


class AffineMap(NamedTuple):
    """The map of features [..., D] to (features - mean) @ matrix.

    Attributes:
      mean: float32 [D].
      matrix: float32 [D, D].
    """

    mean: np.ndarray
    matrix: np.ndarray


def fit_normalization(
    kind: str,
    photo_features: np.ndarray,
    render_features: np.ndarray,
    tone_features: int = 0,
) -> dict[str, AffineMap]:
    """Fits the normalization of both domains.

    Features of skin tone are not matched: they are standardized by the renders in both domains,
    since how dark photographed people are is what they are to say.

    Args:
      kind: "none" leaves features alone; "standardize" gives each domain zero mean and unit
        variance; "coral" (Sun et al. 2016) also gives photographs the covariance of renders.
      photo_features: float [P, D], features of the training photographs.
      render_features: float [R, D], features of synthetic faces.
      tone_features: how many of the last features tell skin tone.

    Returns:
      A map for "photo" and one for "render", by these names.

    Raises:
      ValueError: an unknown kind, or fewer than two samples of a domain.
    """
    if tone_features:
        own, tone = (
            (photo_features[:, part], render_features[:, part])
            for part in (slice(None, -tone_features), slice(-tone_features, None))
        )
        by_renders = _standardization(tone[1])
        maps = fit_normalization(kind, *own)
        return {domain: _joined(maps[domain], by_renders) for domain in maps}
    size = render_features.shape[1]
    if kind == "none":
        identity = AffineMap(np.zeros(size, np.float32), np.eye(size, dtype=np.float32))
        return {"photo": identity, "render": identity}
    if kind not in KINDS:
        raise ValueError(f"feature normalization {kind!r} is unknown; choose one of {KINDS}")
    for domain, features in (("photo", photo_features), ("render", render_features)):
        if len(features) < 2:
            raise ValueError(f"{len(features)} {domain} features are too few to normalize by")
    render = _standardization(render_features)
    if kind == "standardize":
        return {"photo": _standardization(photo_features), "render": render}
    to_render = _inverse_root(_covariance(photo_features)) @ _root(_covariance(render_features))
    mean = photo_features.mean(axis=0).astype(np.float32)
    matrix = (to_render @ render.matrix.astype(np.float64)).astype(np.float32)
    return {"photo": AffineMap(mean, matrix), "render": render}


def _joined(first: AffineMap, second: AffineMap) -> AffineMap:
    """Maps the first features by one map and the last ones by the other."""
    mean = np.concatenate([first.mean, second.mean])
    return AffineMap(mean, scipy.linalg.block_diag(first.matrix, second.matrix))


def _standardization(features: np.ndarray) -> AffineMap:
    deviation = features.std(axis=0, dtype=np.float64)
    # A unit that never fires has no deviation to divide by.
    scale = 1.0 / np.maximum(deviation, 1e-3 * deviation.max())
    mean = features.mean(axis=0, dtype=np.float64)
    return AffineMap(mean.astype(np.float32), np.diag(scale).astype(np.float32))


def _covariance(features: np.ndarray) -> np.ndarray:
    covariance = np.cov(features.astype(np.float64), rowvar=False)
    ridge = _CORAL_SHRINKAGE * np.trace(covariance) / len(covariance)
    return covariance + ridge * np.eye(len(covariance))


def _root(matrix: np.ndarray, power: float = 0.5) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**power) @ vectors.T


def _inverse_root(matrix: np.ndarray) -> np.ndarray:
    return _root(matrix, -0.5)
