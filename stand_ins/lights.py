"""Light as it is around real faces: from all directions, not from the two lamps of training."""

import dataclasses

import numpy as np

_DIRECTIONS = 96
# Linear RGB of the light from above, from lamps and from below.
_SKIES = ((0.75, 0.88, 1.15), (1.0, 1.0, 1.0), (1.15, 0.98, 0.78), (0.9, 0.95, 1.05))
_LAMPS = ((1.0, 1.0, 1.0), (1.25, 0.98, 0.7), (0.85, 0.97, 1.2), (1.1, 1.0, 0.85))
_GROUNDS = ((0.35, 0.33, 0.3), (0.3, 0.4, 0.25), (0.5, 0.42, 0.35), (0.25, 0.25, 0.28))


@dataclasses.dataclass(frozen=True)
class Environment:
    """Light from many directions.

    Attributes:
      directions: float [K, 3], unit vectors in the view frame (+y up, +z toward the camera).
      radiance: float [K, 3], linear RGB times solid angle.
    """

    directions: np.ndarray
    radiance: np.ndarray

    def irradiance(self, normals: np.ndarray) -> np.ndarray:
        """The light that falls on surfaces with unit normals [N, 3] in the view frame: [N, 3]."""
        return np.maximum(normals @ self.directions.T, 0.0) @ self.radiance

    def gloss(self, normals: np.ndarray, exponent: float = 24.0) -> np.ndarray:
        """The light that glossy surfaces with normals [N, 3] mirror to a viewer on +z: [N, 3]."""
        mirrored = 2 * normals[:, 2:] * normals - (0.0, 0.0, 1.0)
        lobe = np.maximum(mirrored @ self.directions.T, 0.0) ** exponent
        return (exponent + 1) / 2 * (lobe @ self.radiance)


def random_environment(generator: np.random.Generator) -> Environment:
    """Draws a sky or a room with one to three soft sources of light.

    A surface that faces the camera receives about 1.
    """
    directions = _sphere(_DIRECTIONS)
    up = (directions[:, 1:2] + 1) / 2
    sky, ground = _pick(generator, _SKIES), _pick(generator, _GROUNDS)
    radiance = generator.uniform(0.2, 0.7) * (up * sky + (1 - up) * ground)
    for _ in range(generator.integers(1, 4)):
        azimuth = generator.uniform(-1.9, 1.9)
        elevation = generator.uniform(-0.1, 1.2)
        toward = np.array(
            [
                np.sin(azimuth) * np.cos(elevation),
                np.sin(elevation),
                np.cos(azimuth) * np.cos(elevation),
            ]
        )
        sharpness = generator.uniform(3, 25)
        lobe = np.exp(sharpness * (directions @ toward - 1))[:, None]
        strength = generator.uniform(0.3, 1.6) * sharpness / 6
        radiance = radiance + strength * lobe * _pick(generator, _LAMPS)
    environment = Environment(directions, radiance)
    received = environment.irradiance(np.array([[0.0, 0.0, 1.0]])).mean()
    exposure = generator.uniform(0.6, 1.05)
    return Environment(directions, radiance * exposure / received)


def _sphere(count):
    """Directions [K, 3] that are spread evenly (a Fibonacci lattice)."""
    index = np.arange(count) + 0.5
    y = 1 - 2 * index / count
    azimuth = np.pi * (1 + 5**0.5) * index
    radius = np.sqrt(1 - y * y)
    return np.stack([radius * np.sin(azimuth), y, radius * np.cos(azimuth)], axis=1)


def _pick(generator, table):
    return np.array(table[generator.integers(len(table))])
