"""Makes a color model of many painted people: their principal components."""

import numpy as np

from model.face_model_contents import Pca, principal_components
from model.face_models.painting.painter import Painter

NOTE = "PROCEDURAL color model: people painted by code on the mean face, not measured albedo"

COMPONENTS = 80
PEOPLE = 2000
SEED = 20180619


def painted_colors(
    vertices: np.ndarray,
    regions: dict[str, np.ndarray],
    landmarks_68: np.ndarray,
    components: int | None = None,
    people: int = PEOPLE,
    seed: int = SEED,
) -> Pca:
    """Paints people and takes their principal components.

    Args:
      vertices: float [N, 3] mm, the mean face.
      regions: masks bool [N]; painted are "skin" and the parts of eyes and mouth that are there.
      landmarks_68: int [68], vertices.
      components: how many to keep at most, `COMPONENTS` by default.
      people: how many to paint; there are no more components than people - 1.
      seed: of the people.

    Returns:
      sRGB in 0..1; standard normal coefficients have the mean and the covariance of the people.
    """
    painter = Painter(vertices, regions, landmarks_68)
    generator = np.random.default_rng(seed)
    maps = np.stack([np.float32(painter(generator)).reshape(-1) for _ in range(people)])
    mean = maps.mean(axis=0, dtype=np.float64)
    maps -= mean
    modes = maps.T / np.sqrt(people - 1)
    return principal_components(mean.reshape(-1, 3), modes, components or COMPONENTS)
