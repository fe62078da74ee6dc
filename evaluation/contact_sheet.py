"""Lays out pictures of many faces at once."""

import numpy as np


def contact_sheet(columns: list[np.ndarray], faces_per_row: int = 4, gap: int = 4) -> np.ndarray:
    """Lays out, for each face, its images side by side, and the faces in rows.

    Args:
      columns: arrays float [B, S, S, 3] in 0..1, one for each kind of image.
      faces_per_row: how many faces are side by side.
      gap: how many white pixels are between faces.

    Returns:
      uint8 [H, W, 3].
    """
    images = np.stack([np.asarray(column) for column in columns], axis=1)
    faces, kinds, height, width, _ = images.shape
    rows = -(-faces // faces_per_row)
    face_width = kinds * width + gap
    sheet = np.full((rows * (height + gap), faces_per_row * face_width, 3), 255, np.uint8)
    pixels = (np.clip(images, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
    for face in range(faces):
        top = face // faces_per_row * (height + gap)
        left = face % faces_per_row * face_width
        strip = np.concatenate(list(pixels[face]), axis=1)
        sheet[top : top + height, left : left + kinds * width] = strip
    return sheet
