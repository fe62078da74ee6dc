"""A head-like mesh of as many vertices as the Basel Face Model's face."""

import functools

import numpy as np
from scipy.spatial import Delaunay

VERTICES = 53149
# How far the surface reaches around the head, from the direction of the nose.
_REACH = np.radians(110)
_STRIPS = 230


@functools.cache
def head() -> tuple[np.ndarray, np.ndarray]:
    """Makes vertices float32 [V, 3] and triangles int32 [T, 3], counter-clockwise from outside.

    The shape is the front of an egg with a nose and eye sockets, open behind as the face model is.
    It is made from a disk of about 106,000 triangles of equal size. Vertices and triangles go strip
    by strip from top to bottom, as those of a scan do.
    """
    radius = np.sqrt((np.arange(VERTICES) + 0.5) / VERTICES)
    angle = np.arange(VERTICES) * np.pi * (3 - np.sqrt(5))
    disk = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    strips = np.round(-disk[:, 1] * _STRIPS / 2)
    disk = disk[np.lexsort([disk[:, 0], strips])]
    triangles = Delaunay(disk).simplices
    a, b, c = np.moveaxis(disk[triangles], 1, 0)
    clockwise = np.cross(b - a, c - a) < 0
    triangles[clockwise] = triangles[clockwise][:, ::-1]
    triangles = triangles[np.argsort(triangles.min(axis=1), kind="stable")]

    # Equal areas of the disk become equal areas of the sphere.
    radius = np.linalg.norm(disk, axis=-1)
    z = 1 - radius**2 * (1 - np.cos(_REACH))
    x, y = (disk / radius[:, None] * np.sqrt(1 - z**2)[:, None]).T
    front = np.maximum(z, 0)
    nose = 0.25 * np.exp(-((x / 0.12) ** 2) - ((y + 0.1) / 0.2) ** 2) * front
    eyes = 0.1 * np.exp(-(((np.abs(x) - 0.33) / 0.15) ** 2) - ((y - 0.15) / 0.1) ** 2) * front
    shaped = np.stack([0.78 * x, y, 0.9 * z + nose - eyes], axis=-1)
    return shaped.astype(np.float32), triangles.astype(np.int32)
