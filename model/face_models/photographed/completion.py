"""Fills what photographs do not show: probabilistic principal components with missing data.

Each face is modeled as mean + loadings @ z + noise with z standard normal (Tipping and Bishop,
"Probabilistic principal component analysis", JRSS B 61, 1999); a value that is seen by a weight w
has the noise's variance divided by w. Fitted by expectation maximization.
"""

import numpy as np

RANK = 30
_STEPS = 12
_LEAST_WEIGHT = 1e-3
# Loadings are held back as if so many further faces had none, which counts where few faces show a
# vertex.
_PRIOR_FACES = 3.0


def complete(
    values: np.ndarray,
    weights: np.ndarray,
    rank: int = RANK,
    seed: int = 0,
    progress=lambda steps: steps,
) -> np.ndarray:
    """Fills values from what the other faces say.

    Args:
      values: float [B, V, 3].
      weights: float [B, V] in 0..1, how much each value is to be trusted.
      rank: how many components; fewer than faces.
      seed: of the start.
      progress: wraps the iteration over steps, as `tqdm` does.

    Returns:
      float32 [B, V, 3]: a value of weight 1 stays, one of weight 0 is the model's expectation.
    """
    values, weights = np.float32(values), np.float32(weights)
    faces, vertices, _ = values.shape
    rank = min(rank, faces - 1)
    total = weights.sum(axis=0) + _LEAST_WEIGHT
    mean = np.einsum("bv,bvc->vc", weights, values) / total[:, None]
    centered = (values - mean) * (weights > 0)[..., None]
    generator = np.random.default_rng(seed)
    loadings = np.float32(generator.normal(0, 0.03, [vertices, 3, rank]))
    noise = np.float32(np.sum(weights[..., None] * centered**2) / (3 * weights.sum()))
    weighted = centered * weights[..., None]
    for _ in progress(list(range(_STEPS))):
        expected, second = _expectation(weighted, weights, loadings, noise)
        loadings = _maximization(weighted, weights, expected, second)
        predicted = np.einsum("vcr,br->bvc", loadings, expected, optimize=True)
        away = np.sum(weights[..., None] * (centered - predicted) ** 2)
        noise = np.float32(max(away / (3 * weights.sum()), 1e-6))
    return mean + predicted + weights[..., None] * (centered - predicted)


def _expectation(weighted, weights, loadings, noise):
    """Mean [B, R] and second moment [B, R, R] of z."""
    vertices, _, rank = loadings.shape
    gram = np.einsum("vcr,vcs->vrs", loadings, loadings, optimize=True).reshape(vertices, -1)
    precision = (weights @ gram).reshape(-1, rank, rank) / noise + np.eye(rank, dtype=np.float32)
    covariance = np.linalg.inv(precision)
    projected = weighted.reshape(len(weighted), -1) @ loadings.reshape(-1, rank) / noise
    expected = np.einsum("brs,bs->br", covariance, projected)
    return expected, covariance + expected[:, :, None] * expected[:, None]


def _maximization(weighted, weights, expected, second):
    """Loadings [V, 3, R]."""
    faces, vertices, _ = weighted.shape
    rank = expected.shape[1]
    moments = (weights.T @ second.reshape(faces, -1)).reshape(vertices, rank, rank)
    moments += _PRIOR_FACES * np.eye(rank, dtype=np.float32)
    products = expected.T @ weighted.reshape(faces, -1)
    products = np.moveaxis(products.reshape(rank, vertices, 3), 0, 1)
    return np.moveaxis(np.linalg.solve(moments, products), 1, 2)
