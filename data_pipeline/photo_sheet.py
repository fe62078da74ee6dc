"""A sheet of photographs in rows."""

from collections.abc import Sequence

import cv2
import numpy as np


def photo_sheet(rows: Sequence[Sequence[np.ndarray]], pixels: int = 128) -> np.ndarray:
    """Draws rows of photographs.

    Args:
      rows: images uint8 RGB of any sizes; rows may differ in length.
      pixels: width and height of each on the sheet, into which it is squeezed.

    Returns:
      uint8 RGB [R pixels, K pixels, 3], white where there is no photograph.
    """
    columns = max((len(row) for row in rows), default=0)
    sheet = np.full((len(rows) * pixels, columns * pixels, 3), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            small = cv2.resize(image, (pixels, pixels), interpolation=cv2.INTER_AREA)
            sheet[i * pixels : (i + 1) * pixels, j * pixels : (j + 1) * pixels] = small
    return sheet
