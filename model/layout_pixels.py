"""Which triangle of a texture's layout each pixel shows."""

import cv2
import numpy as np

from mesh_renderer.rasterize_triangles import rasterize_barycentric_coordinates


def pixels_of_layout(
    uv: np.ndarray, triangles: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finds what `TextureAtlas` wants to know of the pixels of a layout.

    Pixels that no triangle covers repeat the nearest that one covers.

    Args:
      uv: float [M, 2] in 0..1; v grows upwards.
      triangles: int32 [T, 3], rows of it.
      size: width and height of the texture in pixels.

    Returns:
      `shown`, `weights` and `source` of `TextureAtlas`.
    """
    position = np.concatenate([2 * uv - 1, np.tile([0.0, 1.0], (len(uv), 1))], axis=1)
    frame = rasterize_barycentric_coordinates(
        position[None].astype(np.float32), triangles, size, size
    )
    ids, weights = frame.triangle_ids[0].numpy()[::-1], frame.barycentrics[0].numpy()[::-1]
    covered = weights.sum(axis=-1) > 0.5
    _, nearest = cv2.distanceTransformWithLabels(
        np.uint8(~covered), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # The labels number the covered pixels in an order of their own.
    order = np.empty(np.count_nonzero(covered) + 1, np.int32)
    order[nearest[covered]] = np.arange(len(order) - 1)
    return ids[covered], weights[covered], order[nearest]
