"""Scans faces as a scanner does that turns around the head: a textured mesh with holes and noise.

The surface is seen from a vertical axis inside the head, as a picture of angle by height. What is
farthest out is seen; where neighbors are far apart, as beside the nose, there is a hole. The
vertices are the pixels of that picture, so they are none of the face model's, and yet lie exactly
on its triangles before the noise is added.
"""

import dataclasses
import io

import numpy as np
from scipy.spatial.transform import Rotation

from mesh_renderer import rasterize_triangles
from mesh_renderer.vertex_normals import vertex_normals
from storage.images import jpeg, to_bytes

# The axis stands so far behind the nose tip; the scan reaches so far above and below it.
_AXIS_MM, _HALF_HEIGHT_MM = 105.0, 125.0
_STEP_MM = 1.8
# Neighbors that are farther apart are not joined.
_LONGEST_EDGE_MM = 9.0
# No head reaches farther from the axis.
_FARTHEST_MM = 400.0
# The middle angle of what is seen, and half its width, in degrees.
VIEWS_DEG = {"frontal1": (0, 75), "frontal2": (0, 75), "sidel": (50, 60), "sider": (-50, 60)}


@dataclasses.dataclass(frozen=True)
class Scan:
    """A scan in the frame of the face.

    Attributes:
      vertices: float64 [N, 3] mm.
      triangles: int64 [T, 3], counter-clockwise seen from outside.
      uv: float64 [N, 2], where each vertex lies in the picture; v upward.
      picture: uint8 RGB [H, W, 3].
    """

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    picture: np.ndarray


@dataclasses.dataclass(frozen=True)
class Pose:
    """Where a scanner's frame has the face: x -> rotation @ x + shift (float64, mm)."""

    rotation: np.ndarray
    shift: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Moves points [..., 3]."""
        return points @ self.rotation.T + self.shift


def random_pose(rng: np.random.Generator) -> Pose:
    """A pose as the scans of MICC have them: pitched by about 34°, and shifted by any distance."""
    angles = (rng.normal(34, 4), rng.normal(0, 5), rng.normal(0, 4))
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    return Pose(rotation, rng.uniform(-500, 500, 3))


def scan_face(
    vertices: np.ndarray,
    colors: np.ndarray,
    triangles: np.ndarray,
    nose_tip: np.ndarray,
    view: str = "frontal1",
    noise_mm: float = 0.1,
    rng: np.random.Generator | None = None,
    step_mm: float = _STEP_MM,
) -> Scan:
    """Scans a face.

    Args:
      vertices: float [N, 3] mm, with y up and z out of the face.
      colors: float [N, 3], encoded sRGB in 0..1.
      triangles: int [T, 3].
      nose_tip: float [3] mm.
      view: one of `VIEWS_DEG`.
      noise_mm: the deviation of the noise along the normals.
      rng: draws the noise; None for no noise.
      step_mm: how far apart vertices are on most of the face.
    """
    middle, half = np.radians(VIEWS_DEG[view])
    axis = nose_tip - (0, 0, _AXIS_MM)
    x, height, z = (vertices - axis).T
    angle = (np.arctan2(x, z) - middle + np.pi) % (2 * np.pi) - np.pi
    corners = angle[triangles]
    # Triangles across the cut at the back of the head would be drawn all over the front.
    whole = triangles[np.ptp(corners, axis=1) < np.pi]
    depth = 1 - 2 * np.hypot(x, z) / _FARTHEST_MM
    clip = np.stack([angle / half, height / _HALF_HEIGHT_MM, depth, np.ones(len(x))], axis=-1)
    width = round(2 * half * _AXIS_MM / step_mm)
    rows = round(2 * _HALF_HEIGHT_MM / step_mm)
    marked = np.concatenate([vertices - axis, colors, np.ones((len(x), 1))], axis=1)
    picture = rasterize_triangles.rasterize_clip_space(
        clip[None].astype(np.float32),
        marked[None].astype(np.float32),
        whole.astype(np.int32),
        width,
        rows,
        [0.0] * 7,
    )[0].numpy()
    points = picture[..., :3].astype(np.float64) + axis
    return _mesh(points, picture[..., 3:6], picture[..., 6] > 0.5, noise_mm, rng)


def _mesh(points, colors, seen, noise_mm, rng):
    """Joins neighboring pixels of a picture whose row 0 is the bottom."""
    rows, width = seen.shape
    number = np.arange(rows * width).reshape(rows, width)
    here, right = number[:-1, :-1], number[:-1, 1:]
    above, across = number[1:, :-1], number[1:, 1:]
    triangles = np.concatenate(
        [np.stack([here, right, above], axis=-1).reshape(-1, 3)]
        + [np.stack([right, across, above], axis=-1).reshape(-1, 3)]
    )
    flat = points.reshape(-1, 3)
    corners = flat[triangles]
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    good = seen.reshape(-1)[triangles].all(axis=1) & (edges.max(axis=1) < _LONGEST_EDGE_MM)
    used, triangles = np.unique(triangles[good], return_inverse=True)
    triangles = triangles.reshape(-1, 3)
    vertices = flat[used]
    if rng is not None:
        normals = vertex_normals(np.float32(vertices)[None], np.int32(triangles))[0].numpy()
        vertices = vertices + normals * rng.normal(0, noise_mm, (len(vertices), 1))
    row, column = np.divmod(used, width)
    uv = np.stack([(column + 0.5) / width, (row + 0.5) / rows], axis=-1)
    return Scan(vertices, triangles, uv, to_bytes(colors[::-1]))


def obj_files(scan: Scan, pose: Pose, name: str) -> dict[str, bytes]:
    """Makes a textured OBJ file with its material and picture, by the files' names."""
    text = io.StringIO()
    text.write(f"# a stand-in: a face of a face model, in millimeters\nmtllib {name}.mtl\n")
    np.savetxt(text, pose(scan.vertices), fmt="v %.4f %.4f %.4f")
    np.savetxt(text, scan.uv, fmt="vt %.6f %.6f")
    text.write(f"usemtl {name}\n")
    corners = np.repeat(scan.triangles + 1, 2, axis=1)
    np.savetxt(text, corners, fmt="f %d/%d %d/%d %d/%d")
    mtl = f"newmtl {name}\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {name}.jpg\n"
    return {
        f"{name}.obj": text.getvalue().encode(),
        f"{name}.mtl": mtl.encode(),
        f"{name}.jpg": jpeg(scan.picture, 92),
    }
