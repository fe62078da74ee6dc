"""A head-like mesh of as many vertices as the Basel Face Model's."""

import functools

import numpy as np
from scipy.spatial import ConvexHull

VERTICES, TRIANGLES = 53149, 105694


@functools.cache
def head() -> tuple[np.ndarray, np.ndarray]:
    """Vertices float32 [V, 3] and triangles int32 [T, 3], counter-clockwise from outside.

    An egg with a nose and eye sockets, open at the neck; vertices lie evenly, in the order of their
    height.
    """
    height = 1 - (2 * np.arange(VERTICES) + 1) / VERTICES
    angle = np.arange(VERTICES) * np.pi * (3 - np.sqrt(5))
    radius = np.sqrt(1 - height**2)
    sphere = np.stack([radius * np.cos(angle), height, radius * np.sin(angle)], axis=-1)
    triangles = ConvexHull(sphere).simplices
    a, b, c = np.moveaxis(sphere[triangles], 1, 0)
    inward = (np.cross(b - a, c - a) * a).sum(-1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    triangles = triangles[np.argsort(triangles.min(axis=1), kind="stable")][:TRIANGLES]
    x, y, z = sphere.T
    front = np.maximum(z, 0)
    nose = 0.25 * np.exp(-((x / 0.12) ** 2) - ((y + 0.1) / 0.2) ** 2) * front
    eyes = 0.1 * np.exp(-(((np.abs(x) - 0.33) / 0.15) ** 2) - ((y - 0.15) / 0.1) ** 2) * front
    shaped = sphere * [0.78, 1.0, 0.9] + np.stack([0 * x, 0 * x, nose - eyes], axis=-1)
    return shaped.astype(np.float32), triangles.astype(np.int32)
