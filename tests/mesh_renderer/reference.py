"""A clear, slow renderer in NumPy, with which the kernels are compared.

Everything is float64 except where float32 is asked for: then coverage and depth follow the original
renderer's arithmetic operation by operation.
"""

import numpy as np

# Triangles with larger values are skipped.
LARGEST_COORDINATE = 1e12


def pixel_centers(width, height, dtype=np.float64):
    """Returns normalized device coordinates of the columns [W] and of the rows [H]."""
    x = (np.arange(width) + 0.5) / (width / 2) - 1.0
    y = (np.arange(height) + 0.5) / (height / 2) - 1.0
    return x.astype(dtype), y.astype(dtype)


def edge_functions(corners, px, py):
    """Computes barycentrics over w, up to a positive factor, of corners [3, 4] at points px, py.

    Returns an array [3, ...] of the points' shape, or None for a triangle without area.
    """
    x, y, w = corners[:, 0], corners[:, 1], corners[:, 3]
    rows = [
        (y[j] * w[k] - y[k] * w[j], x[k] * w[j] - x[j] * w[k], x[j] * y[k] - x[k] * y[j])
        for j, k in ((1, 2), (2, 0), (0, 1))
    ]
    determinant = x[0] * rows[0][0] + x[1] * rows[1][0] + x[2] * rows[2][0]
    if determinant == 0 or not np.isfinite(determinant):
        return None
    sign = np.sign(determinant)
    return np.stack([(sign * a) * px + (sign * b) * py + (sign * c) for a, b, c in rows])


def rasterize(vertices, triangles, width, height, dtype=np.float32):
    """Finds visible triangles: ids [H, W] (-1 where none) and depths [H, W] (1 where none)."""
    vertices = np.asarray(vertices, dtype)
    px, py = np.meshgrid(*pixel_centers(width, height, dtype))
    ids = np.full([height, width], -1)
    depths = np.ones([height, width], dtype)
    with np.errstate(all="ignore"):
        for number, corner_ids in enumerate(triangles):
            corners = vertices[corner_ids]
            if not (np.abs(corners) <= LARGEST_COORDINATE).all() or (corners[:, 3] < 0).all():
                continue
            edges = edge_functions(corners, px, py)
            if edges is None:
                continue
            b = edges / (edges[0] + edges[1] + edges[2])
            z = b[0] * corners[0, 2] + b[1] * corners[1, 2] + b[2] * corners[2, 2]
            w = b[0] * corners[0, 3] + b[1] * corners[1, 3] + b[2] * corners[2, 3]
            depth = z / w
            seen = (edges >= 0).all(axis=0) & (depth >= -1) & (depth <= 1) & (depth <= depths)
            ids[seen] = number
            depths[seen] = depth[seen]
    return ids, depths


def barycentrics(vertices, triangles, ids, width, height):
    """Computes float64 barycentrics [H, W, 3] of given triangles (0 where the id is -1)."""
    vertices = np.asarray(vertices, np.float64)
    px, py = pixel_centers(width, height)
    out = np.zeros([height, width, 3])
    for row, column in np.argwhere(ids >= 0):
        corners = vertices[triangles[ids[row, column]]]
        out[row, column] = barycentrics_at(corners, px[column], py[row])
    return out


def barycentrics_at(corners, px, py):
    """Computes float64 barycentrics [3] of corners [3, 4] at any point of the plane."""
    solution = np.linalg.solve(np.asarray(corners, np.float64)[:, [0, 1, 3]].T, [px, py, 1.0])
    return solution / solution.sum()


def barycentrics_jacobian(corners, px, py):
    """Computes derivatives [3, 3, 3] of barycentric i by x, y, w of corner j, in closed form.

    M u = p and b = u / sum(u) give du = -M^-1 dM u.
    """
    inverse = np.linalg.inv(np.asarray(corners, np.float64)[:, [0, 1, 3]].T)
    u = inverse @ [px, py, 1.0]
    du = -inverse[:, None, :] * u[None, :, None]
    b = u / u.sum()
    return (du - b[:, None, None] * du.sum(axis=0)) / u.sum()


def interpolate(attributes, triangles, ids, weights, background):
    """Interpolates attributes [V, A] at the pixels: [H, W, A]."""
    values = np.einsum("hwk,hwka->hwa", weights, np.asarray(attributes)[triangles[ids]])
    return np.where((ids >= 0)[..., None], values, background)


def normalize(vectors):
    """Scales vectors along the last axis to unit length; zeros stay zeros."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def phong(pixels, covered, lights, intensities, camera, shininess, ambient, legacy=False):
    """Shades interpolated `pixels`, a dict of [H, W, 3]: RGBA [H, W, 4], row 0 at the top."""
    normals, positions = normalize(pixels["normals"]), pixels["positions"]
    colors = ambient * pixels["diffuse"]
    for light, intensity in zip(lights, intensities, strict=True):
        to_light = normalize(light - positions)
        cosine = np.clip((normals * to_light).sum(-1), 0, 1)
        mirrored = normalize(2 * cosine[..., None] * normals - to_light)
        alignment = (mirrored * normalize(camera - positions)).sum(-1)
        if legacy:
            alignment = alignment / np.sqrt((alignment**2).sum())
        else:
            alignment = np.where(cosine > 0, alignment, 0)
        highlight = np.clip(alignment, 0, 1) ** shininess
        colors = colors + intensity * cosine[..., None] * pixels["diffuse"]
        colors = colors + intensity * highlight[..., None] * pixels["specular"]
    rgba = np.concatenate([colors * covered[..., None], covered[..., None]], axis=-1)
    return rgba[::-1]


def vertex_normals(vertices, triangles):
    """Computes area-weighted unit normals [V, 3]."""
    vertices = np.asarray(vertices, np.float64)
    sums = np.zeros_like(vertices)
    for a, b, c in triangles:
        cross = np.cross(vertices[b] - vertices[a], vertices[c] - vertices[a])
        for corner in (a, b, c):
            sums[corner] += cross
    return normalize(sums)
