"""Draws the distances of a comparison on the scan."""

import numpy as np
from matplotlib import colormaps

from evaluation.geometry.face import Face, Template
from evaluation.geometry.face_search import find_face
from mesh_renderer import rasterize_triangles

_PIXELS = 256
# The picture shows so much around the nose tip; the strongest color stands for this distance.
_HALF_MM, LARGEST_MM = 110.0, 4.0
_GRAY = 0.72
_MAP = "turbo"


def error_map(scan: Face, errors_mm: np.ndarray, template: Template) -> np.ndarray:
    """Draws a scan upright, from the front, with its distances as colors.

    Blue is 0, dark red `LARGEST_MM` and more; what was not compared is gray.

    Args:
      scan: of N vertices.
      errors_mm: float [N], NaN where nothing was compared.
      template: an average face.

    Returns:
      uint8 RGB [S, S, 3].
    """
    upright = find_face(scan, template).from_template.inverse()
    vertices = upright(scan.surface.vertices) - template.face.nose_tip
    known = np.isfinite(errors_mm)
    colors = colormaps[_MAP](np.clip(np.nan_to_num(errors_mm) / LARGEST_MM, 0, 1))[:, :3]
    colors[~known] = _GRAY
    facing = (scan.surface.normals @ upright.rotation.T)[:, 2:]
    shaded = colors * (0.45 + 0.55 * np.clip(facing, 0, 1))
    clip = np.concatenate([vertices / (_HALF_MM, _HALF_MM, -1000.0), np.ones_like(facing)], axis=1)
    picture = rasterize_triangles.rasterize_clip_space(
        clip[None].astype(np.float32),
        shaded[None].astype(np.float32),
        scan.surface.triangles.astype(np.int32),
        _PIXELS,
        _PIXELS,
        [1.0, 1.0, 1.0],
    )
    return np.uint8(np.clip(picture[0].numpy()[::-1], 0, 1) * 255 + 0.5)
