"""Lays out pictures of many faces at once."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_TEXT_PIXELS = 13


def contact_sheet(
    columns: list[np.ndarray], faces_per_row: int = 4, gap: int = 4, heads: Sequence[str] = ()
) -> np.ndarray:
    """Lays out, for each face, its images side by side, and the faces in rows.

    Args:
      columns: arrays float [B, S, S, 3] in 0..1, one for each kind of image.
      faces_per_row: how many faces are side by side.
      gap: how many white pixels are between faces.
      heads: what is written above the first row, a text for each kind of image.

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
    if heads:
        beside = min(faces, faces_per_row)
        starts = [f * face_width + k * width for f in range(beside) for k in range(kinds)]
        head = _head([*heads] * beside, starts, width, sheet.shape[1])
        sheet = np.concatenate([head, sheet])
    return sheet


def _head(texts: Sequence[str], starts: list[int], width: int, sheet_width: int) -> np.ndarray:
    """Writes texts above columns that start at these pixels: uint8 [H, sheet_width, 3]."""
    font = ImageFont.load_default(_TEXT_PIXELS)
    wrapped = [_wrapped(text, font, width - 6) for text in texts]
    height = (_TEXT_PIXELS + 4) * max(text.count("\n") + 1 for text in wrapped) + 8
    image = Image.new("RGB", (sheet_width, height), "white")
    draw = ImageDraw.Draw(image)
    for text, start in zip(wrapped, starts, strict=True):
        place = (start + width / 2, height - 5)
        draw.multiline_text(place, text, "black", font, anchor="md", align="center")
    return np.asarray(image)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)
