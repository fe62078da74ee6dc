"""A texture layout for face models that come without one: the head as a map of the world.

The mean head is unrolled onto a sphere around it and laid out flat, as on a map of the world, with
the face in the middle and the seam at the back. Triangles that such a map cannot show (across the
seam, behind others, or seen edge-on: nostrils, ears, eyelids) get small cells below the map. The
layout depends on the face model alone, so textures of different faces can be compared and blended.
"""

import numpy as np
import scipy.ndimage

from mesh_renderer.rasterize_triangles import rasterize_barycentric_coordinates
from model.mesh_topology import connected_components
from model.morphable_model import MorphableModel
from model.texture_atlas import TextureAtlas

# The map has a border, and cells a margin, so that bilinear sampling stays inside.
_BORDER = 2.0
_CELL = 8
_CELL_INSET = 1.5
# A pixel of the map may span at most this much of the surface.
_MAX_STRETCH_MM = 3.0


def sphere_atlas(face_model: MorphableModel, size: int = 1024) -> TextureAtlas:
    """Lays a face model out.

    Args:
      face_model: the model; the layout is that of its mean.
      size: width and height of the texture in pixels. They are doubled until the cells take less
        than half of it.

    Raises:
      ValueError: the size is not positive.
    """
    if size < 1:
        raise ValueError(f"texture size is {size}; it must be positive")
    vertices = face_model.mean_vertices.astype(np.float64)
    triangles = face_model.triangles
    directions, distance = _unroll(vertices)
    in_cells = _unmappable(vertices, directions, distance, triangles, size)
    while _cell_rows(np.count_nonzero(in_cells), size) * _CELL > size / 2:
        size *= 2
    return _lay_out(triangles, directions, distance, np.flatnonzero(in_cells), size)


def _lay_out(triangles, directions, distance, in_cells, size):
    """Places map and cells, and finds for each pixel its triangle and barycentrics."""
    top = size - _cell_rows(len(in_cells), size) * _CELL
    uv = _BORDER + directions * (np.array([size, top]) - 2 * _BORDER)
    uv[:, 1] += size - top
    mapped = np.setdiff1d(np.arange(len(triangles)), in_cells)
    ids, weights = _rasterize(uv, distance, triangles[mapped], size)
    # Pixels that no triangle covers repeat the nearest one, for mipmaps and bilinear sampling.
    nearest = scipy.ndimage.distance_transform_edt(
        weights[:top].sum(axis=-1) < 0.5, return_distances=False, return_indices=True
    )
    corners, cell_ids, cell_weights = _cells(in_cells, size)
    shown = np.concatenate([mapped[ids[tuple(nearest)]], cell_ids])
    own = triangles.copy()
    own[in_cells] = len(uv) + np.arange(3 * len(in_cells)).reshape(-1, 3)
    return TextureAtlas(
        np.concatenate([uv, corners.reshape(-1, 2)]) / size,
        own,
        triangles,
        shown.ravel(),
        np.concatenate([weights[tuple(nearest)], cell_weights]).reshape(-1, 3),
    )


def _unroll(vertices):
    """Longitude and latitude around the middle of the head, [N, 2] in 0..1, and the radius [N]."""
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    # Most vertices are of the face: their mean height is its, and not halfway down the neck.
    middle[1] = vertices[:, 1].mean()
    x, y, z = (vertices - middle).T
    angles = np.stack([np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))], axis=-1)
    low, high = angles.min(axis=0), angles.max(axis=0)
    return (angles - low) / (high - low), np.linalg.norm(vertices - middle, axis=-1)


def _unmappable(vertices, directions, distance, triangles, size):
    """Says which triangles [T] the map does not show, or not well."""
    corners = directions[triangles]
    crosses_seam = np.ptp(corners[..., 0], axis=1) > 0.5
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    twice_area = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) * size**2
    edges = vertices[triangles[:, 1:]] - vertices[triangles[:, :1]]
    surface = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=-1)
    # In millimeters a pixel; it is infinite where a triangle faces inwards.
    stretch = np.sqrt(surface / np.maximum(twice_area, 1e-12))
    bad = crosses_seam | (stretch > _MAX_STRETCH_MM)
    good = np.flatnonzero(~bad)
    ids, weights = _rasterize(directions * size, distance, triangles[good], size)
    bad[good] = _hidden(
        vertices, directions, distance, triangles[good], ids, weights, stretch[good]
    )
    return bad


def _hidden(vertices, directions, distance, triangles, ids, weights, stretch):
    """Says which triangles [T] are covered by something else at a corner or in the middle."""
    size = len(ids)
    # The points lie slightly inside of the corners, which belong to the neighbors as well.
    inside = np.array([[8, 1, 1], [1, 8, 1], [1, 1, 8], [10 / 3] * 3]) / 10
    pixels = np.einsum("pc,tcd->tpd", inside, directions[triangles]) * size
    column, row = np.clip(pixels.astype(int), 0, size - 1).transpose(2, 0, 1)
    row = size - 1 - row
    shown = np.einsum("tpc,tpcd->tpd", weights[row, column], vertices[triangles[ids[row, column]]])
    empty = weights[row, column].sum(axis=-1) < 0.5
    away = np.linalg.norm(shown - inside @ vertices[triangles], axis=-1)
    # The pixel's center lies up to 0.7 pixels beside the point.
    covered = (away > 0.3 + 1.5 * stretch[:, None]) & ~empty
    # Eyeballs end at the lids, which have another color: not even the next pixel may be shared.
    part = connected_components(triangles, len(vertices))
    height = np.einsum("hwc,hwc->hw", weights, distance[triangles[ids]])
    own = part[triangles[:, 0]]
    for other in np.unique(own):
        of_others = np.where(part[triangles[ids, 0]] != other, height, 0.0)
        in_front = scipy.ndimage.maximum_filter(of_others, size=3)[row, column]
        covered |= (own == other)[:, None] & (in_front > distance[triangles] @ inside.T)
    return np.any(covered, axis=1)


def _rasterize(uv, distance, triangles, size):
    """Finds the triangle [size, size] and the barycentrics [size, size, 3] of each pixel.

    Args:
      uv: float [N, 2] in pixels; v grows upwards.
      distance: float [N]; of two vertices the one with the larger distance is in front.
      triangles: int32 [T, 3].
      size: width and height in pixels; row 0 is at the top.
    """
    depth = -0.9 * distance / distance.max()
    position = np.stack([*(2 * uv / size - 1).T, depth, np.ones(len(uv))], axis=-1)
    frame = rasterize_barycentric_coordinates(
        position[None].astype(np.float32), triangles, size, size
    )
    return frame.triangle_ids[0].numpy()[::-1].copy(), frame.barycentrics[0].numpy()[::-1].copy()


def _cell_rows(count, size):
    return -(-count // (size // _CELL))


def _cells(triangle_ids, size):
    """Gives each triangle a square of pixels, from the bottom of the texture upwards.

    Returns:
      The corners [n, 3, 2] in pixels, where v grows upwards; and for the lowest rows of the texture
      (row 0 at the top) the triangle and the barycentrics of each pixel. These are extrapolated
      beyond the triangle, so that bilinear sampling is exact up to its edges.
    """
    per_row, rows = size // _CELL, _cell_rows(len(triangle_ids), size)
    leg = _CELL - 2 * _CELL_INSET
    index = np.arange(len(triangle_ids))
    origin = np.stack([index % per_row, index // per_row], axis=-1) * _CELL
    corners = origin[:, None] + _CELL_INSET + leg * np.array([[0, 0], [1, 0], [0, 1]])
    # Cells that are left over repeat the last triangle, and so do pixels right of the last cell.
    ids = np.pad(triangle_ids, (0, rows * per_row - len(index)), "edge").reshape(rows, per_row)
    ids = ids.repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    ids = np.pad(ids, ((0, 0), (0, size - per_row * _CELL)), "edge")
    second = ((np.arange(size) % _CELL) + 0.5 - _CELL_INSET) / leg
    third = ((np.arange(rows * _CELL) % _CELL) + 0.5 - _CELL_INSET) / leg
    b, c = np.broadcast_arrays(second[None, :], third[:, None])
    weights = np.stack([1 - b - c, b, c], axis=-1)
    return corners, ids[::-1], weights[::-1]
