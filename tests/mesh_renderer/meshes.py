"""Small meshes, and cameras in NumPy, for the renderer's tests."""

import numpy as np

CUBE_VERTICES = np.array(
    [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32
)
CUBE_TRIANGLES = np.array(
    [
        (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1),
        (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
    ],
    dtype=np.int32,
)  # fmt: skip
CUBE_COLORS = (CUBE_VERTICES * 0.4 + 0.5).astype(np.float32)


def rotation(x, y, z):
    """Makes the matrix of `camera_utils.euler_matrices` in float64, about x, then y, then z."""
    cx, cy, cz = np.cos([x, y, z])
    sx, sy, sz = np.sin([x, y, z])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def project(vertices, distance=6.0, fov_y_deg=40.0, near=0.1, far=20.0, aspect=1.0):
    """Projects to clip space [V, 4], for a camera on the z axis that looks at the origin."""
    focal = 1 / np.tan(np.radians(fov_y_deg) / 2)
    x, y, z = np.asarray(vertices, np.float64).T
    w = distance - z
    depth = (far + near) / (far - near) * w - 2 * far * near / (far - near)
    return np.stack([focal / aspect * x, focal * y, depth, w], axis=-1).astype(np.float32)


def sphere(rings=24, segments=32):
    """Makes a unit sphere of small outward triangles: vertices [V, 3], triangles [T, 3]."""
    polar, azimuth = np.meshgrid(
        np.linspace(0, np.pi, rings + 1), np.arange(segments) * 2 * np.pi / segments, indexing="ij"
    )
    vertices = np.stack(
        [np.sin(polar) * np.cos(azimuth), np.cos(polar), -np.sin(polar) * np.sin(azimuth)], axis=-1
    )
    index = np.arange((rings + 1) * segments).reshape(rings + 1, segments)
    right = np.roll(index, -1, axis=1)
    upper = np.stack([index[:-1], index[1:], right[1:]], axis=-1)
    lower = np.stack([index[:-1], right[1:], right[:-1]], axis=-1)
    triangles = np.concatenate([upper.reshape(-1, 3), lower.reshape(-1, 3)])
    return vertices.reshape(-1, 3).astype(np.float32), triangles.astype(np.int32)


def random_clip_triangles(seed, count, behind_eye=False):
    """Makes triangles [count, 3] that overlap, intersect and leave the screen, and clip vertices.

    Args:
      seed: the seed of the random numbers.
      count: the number of triangles.
      behind_eye: whether some corners get a negative w.
    """
    rng = np.random.default_rng(seed)
    w = rng.uniform(-0.5 if behind_eye else 0.5, 2.0, [3 * count, 1])
    ndc = rng.uniform(-1.3, 1.3, [3 * count, 3])
    vertices = np.concatenate([ndc * np.abs(w), w], axis=-1).astype(np.float32)
    return vertices, np.arange(3 * count, dtype=np.int32).reshape(count, 3)
