"""A sheet of the first faces of a reconstruction, with names and column heads."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from programs.face_pipeline import THUMBNAIL_PIXELS
from storage.images import jpeg
from storage.printable import printable

COLUMNS = ("photograph", "mesh over it", "front", "turned left", "turned right")
_FACES, _PER_ROW = 48, 2
_GAP, _HEAD_PIXELS, _NAME_PIXELS, _TEXT_PIXELS = 16, 22, 28, 13
_INK, _PAPER = (60, 60, 66), (255, 255, 255)


class FaceSheet:
    """Collects strips of panels, and lays them out."""

    def __init__(self):
        """Begins without faces."""
        self._strips: list[tuple[str, np.ndarray]] = []

    def add(self, name: str, strip: np.ndarray) -> None:
        """Adds a face by its panels side by side; after the first 48 nothing is added."""
        if len(self._strips) < _FACES:
            self._strips.append((name, strip))

    def jpeg(self) -> bytes | None:
        """Returns the file of the sheet; None if there is no face on it."""
        return jpeg(self.image(), quality=90) if self._strips else None

    def image(self) -> np.ndarray:
        """Lays the faces out, two in a row: uint8 RGB [H, W, 3]."""
        height, width = self._strips[0][1].shape[:2]
        across = min(_PER_ROW, len(self._strips))
        down = -(-len(self._strips) // across)
        size = (
            _GAP + across * (width + _GAP),
            _HEAD_PIXELS + down * (height + _NAME_PIXELS),
        )
        sheet = Image.new("RGB", size, _PAPER)
        draw = ImageDraw.Draw(sheet)
        font = ImageFont.load_default(_TEXT_PIXELS)
        for k, (name, strip) in enumerate(self._strips):
            left = _GAP + k % across * (width + _GAP)
            top = _HEAD_PIXELS + k // across * (height + _NAME_PIXELS)
            sheet.paste(Image.fromarray(strip), (left, top))
            draw.text((left, top + height + 1), _fitting(name, width, font), _INK, font)
            if k < across:
                _write_heads(draw, font, left)
        return np.asarray(sheet)


def _write_heads(draw, font, left):
    for column, head in enumerate(COLUMNS):
        middle = left + (column + 0.5) * THUMBNAIL_PIXELS
        draw.text((middle, _HEAD_PIXELS / 2), head, _INK, font, anchor="mm")


def _fitting(name, width, font):
    """A name that is at most so wide; the middle of a longer one is left out."""
    name = printable(name)
    keep = len(name)
    while font.getlength(name) > width and keep > 2:
        keep -= 2
        name = f"{name[: keep // 2]}…{name[-(keep // 2) :]}"
    return name
