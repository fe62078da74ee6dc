"""Surfaces whose distances are known."""

import numpy as np
import trimesh

from evaluation.geometry.similarity import Similarity, rotation_about
from evaluation.geometry.surface import Surface


def sphere(radius: float, subdivisions: int = 3) -> Surface:
    """A closed sphere about the origin."""
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return Surface(np.array(mesh.vertices), np.array(mesh.faces))


def face(grid: int = 61, seed: int | None = None) -> Surface:
    """A sheet the size of a face: a bulge with a nose, eye sockets and a mouth, and no symmetry.

    The height is a function of x and y, so that other samples of the same surface can be taken: a
    seed shakes the places of the vertices.
    """
    x, y = np.meshgrid(np.linspace(-80, 80, grid), np.linspace(-95, 95, grid))
    if seed is not None:
        rng = np.random.default_rng(seed)
        x = x + rng.uniform(-0.4, 0.4, x.shape) * 160 / grid
        y = y + rng.uniform(-0.4, 0.4, y.shape) * 190 / grid
    vertices = np.stack([x, y, height(x, y)], axis=-1).reshape(-1, 3)
    corner = np.arange(grid * grid).reshape(grid, grid)[:-1, :-1].reshape(-1)
    lower = np.stack([corner, corner + 1, corner + grid], axis=-1)
    upper = np.stack([corner + 1, corner + grid + 1, corner + grid], axis=-1)
    return Surface(vertices, np.concatenate([lower, upper]))


def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How far the face stands out, in mm."""

    def bump(cx, cy, wx, wy):
        return np.exp(-(((x - cx) / wx) ** 2) - ((y - cy) / wy) ** 2)

    z = 90 - x**2 / 110 - y**2 / 180 + 26 * bump(0, -2, 13, 22)
    z = z - 8 * bump(-32, 30, 16, 10) - 8 * bump(32, 30, 16, 10)
    return z + 5 * bump(2, -42, 22, 9) + 6 * bump(0, -78, 18, 12) + 3 * bump(45, -20, 20, 25)


def some_similarity(
    scale: float = 1.0, angle_deg: float = 12.0, shift_mm: float = 8.0
) -> Similarity:
    """A similarity in no special direction."""
    axis = np.array([0.5, -0.7, 0.4]) / np.linalg.norm([0.5, -0.7, 0.4])
    shift = np.array([0.6, 0.5, -0.62]) * shift_mm
    return Similarity(scale, rotation_about(axis * np.radians(angle_deg)), shift)
