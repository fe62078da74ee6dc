"""The face model as plain arrays, so that NumPy alone turns coefficients into a face."""

import io

import numpy as np

from model.crop import FIVE_POINTS, Crop
from model.morphable_model import MorphableModel


def face_model_file(face_model: MorphableModel, crop: Crop) -> bytes:
    """Makes a compressed .npz file.

    Its arrays: `mean_vertices` float32 [N, 3] mm and `shape_basis` float16 [Ks, N, 3], whose
    weighted sum are the vertices; `mean_colors` and `color_basis` [Kt, N, 3] likewise, RGB in 0..1
    in the space `color_space` ("srgb" or "linear"), to be clipped; `triangles` int32 [T, 3]; and of
    the crop that the network wants `crop_size` in pixels, `crop_points` float32 [P, 2] and which of
    the five points these are, `crop_point_names`.
    """
    shape, texture = face_model.linear_models()
    file = io.BytesIO()
    np.savez_compressed(
        file,
        mean_vertices=np.float32(shape.mean),
        shape_basis=np.float16(shape.components.reshape(-1, *shape.mean.shape)),
        mean_colors=np.float32(texture.mean),
        color_basis=np.float16(texture.components.reshape(-1, *texture.mean.shape)),
        color_space=face_model.color_space,
        triangles=face_model.triangles,
        crop_size=crop.image_size,
        crop_points=crop.canonical_points(),
        crop_point_names=[FIVE_POINTS[k] for k in crop.point_indices],
    )
    return file.getvalue()
