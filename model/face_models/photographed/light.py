"""Evens the light of a portrait: what of its brightness varies as light does is taken away.

Colors are logarithms of sRGB. There the light of a photograph is a smooth function of the normal
to a good approximation, and it adds to what the skin itself does.
"""

import numpy as np

# Weights of red, green and blue in the brightness that is evened.
LUMINANCE = np.array([0.3, 0.59, 0.11])

# Normals that turn away more than this count as turned so far: portraits are lit from the front,
# and further out the fit would follow hair and background.
_LEAST_FACING = 0.45
# How strongly the coefficients are held back, in parts of the weight of the data: constant, first
# and second order of spherical harmonics.
_DAMPING = (0.0, 0.003, 0.03)
_LEAST_PLAIN = 50
_ROBUST = 0.12
_STEPS = 6
# Colors of light differ more smoothly than its brightness.
_COLOR_DAMPING = (0.0, 0.02)


def harmonics(normals: np.ndarray) -> np.ndarray:
    """Spherical harmonics to the second order of unit normals [N, 3]: float [N, 9], no unit."""
    facing = np.maximum(normals[:, 2], _LEAST_FACING)
    sideways = np.hypot(normals[:, 0], normals[:, 1])
    shrink = np.minimum(1, np.sqrt(1 - facing**2) / np.maximum(sideways, 1e-6))
    x, y, z = normals[:, 0] * shrink, normals[:, 1] * shrink, facing
    second = [x * y, x * z, y * z, x * x - y * y, 3 * z * z - 2.3]
    return np.stack([np.ones_like(x), x, y, z - 0.85, *second], axis=-1)


def even_light(
    log_colors: np.ndarray, weights: np.ndarray, normals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Takes the light of one photograph away.

    Args:
      log_colors: float [N, 3], logarithms of sRGB.
      weights: float [N], how much a vertex is plain skin that is seen.
      normals: float [N, 3], unit normals in the view frame, +z toward the camera; of a smoothed
        face: light does not follow wrinkles, and around eyes and nostrils there is no plain skin to
        learn from how it does.

    Returns:
      The log colors without the light's variation [N, 3], and the person's own skin: the robust
      mean [3] of the evened log colors over plain skin; NaN where hardly any is seen.
    """
    plain = np.flatnonzero(weights > 0.05)
    if len(plain) < _LEAST_PLAIN:
        return log_colors, np.full(3, np.nan)
    basis, weights = harmonics(normals), weights[plain]
    luminance = log_colors[plain] @ LUMINANCE
    bright, trusted = _smooth_part(luminance, weights, basis, plain, _damping(_DAMPING))
    evened = log_colors - bright[:, None]
    hues = evened[plain] - (evened[plain] @ LUMINANCE)[:, None]
    for channel in range(3):
        first = basis[:, :4]
        tint, _ = _smooth_part(hues[:, channel], trusted, first, plain, _damping(_COLOR_DAMPING))
        evened[:, channel] -= tint
    return evened, np.average(evened[plain], axis=0, weights=trusted)


def smooth_light(values: np.ndarray, weights: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """The part [N] of values [N] that varies as light does, 0 on average over the weights [N].

    Args:
      values: log luminance.
      weights: how much a vertex is plain skin that is seen.
      basis: float [N, 9], of `harmonics`.
    """
    plain = np.flatnonzero(weights > 0.05)
    return _smooth_part(values[plain], weights[plain], basis, plain, _damping(_DAMPING))[0]


def _damping(by_order):
    return np.concatenate([np.full(2 * k + 1, value) for k, value in enumerate(by_order)])


def _smooth_part(values, weights, basis, places, damping):
    """The smooth part [N] of values [P] at some places, 0 there on average; robustly fitted.

    Also returns the weights [P] that the fit ended with.
    """
    there, trusted = basis[places], weights
    for _ in range(_STEPS):
        weighted = there * trusted[:, None]
        normal = weighted.T @ there + np.diag(damping * trusted.sum())
        coefficients = np.linalg.solve(normal, weighted.T @ values)
        residual = (values - there @ coefficients) / _ROBUST
        trusted = weights / (1 + residual**2) ** 2
    middle = np.average(there @ coefficients, weights=trusted)
    return basis @ coefficients - middle, trusted
