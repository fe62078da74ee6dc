"""Draws photographs and the faces that decoders and other systems made of them, for sheets."""

import numpy as np

from data_pipeline.photographs import read_image
from evaluation.contact_sheet import contact_sheet
from evaluation.section import Picture
from model.decoder import Coefficients
from model.rendered_views import Portraits
from programs.photo_meshes import average
from programs.workbench import Workbench
from storage.images import jpeg

PIXELS = 144
# The gray level that stands where a system made no face.
_NO_FACE = 235


class PortraitsOf:
    """Portraits of some of the photographs and of their faces.

    Attributes:
      chosen: int [F], the numbers of the photographs.
    """

    def __init__(self, bench: Workbench, faces: int, yaws_deg: tuple[int, ...] = (0,)):
        """Chooses up to so many photographs, evenly spaced in the list, and V yaws in degrees."""
        last = len(bench.cache) - 1
        self.chosen = np.unique(np.linspace(0, last, faces).round().astype(int))
        self._bench, self._yaws_deg = bench, yaws_deg
        self._portraits = self._of(bench.trained.face_model)

    def _of(self, face_model) -> Portraits:
        return Portraits(face_model, self._bench.trained.encoder.crop, PIXELS, self._yaws_deg)

    def images(self) -> list[np.ndarray]:
        """Reads the photographs, uint8 RGB [H, W, 3] each."""
        folder, names = self._bench.options.photographs.folder, self._bench.cache.names
        return [read_image(folder / names[k]) for k in self.chosen]

    def photographs(self, images: list[np.ndarray] | None = None) -> np.ndarray:
        """Cuts the photographs, or changed versions of them: uint8 [F, S, S, 3]."""
        points = self._bench.cache.points[self.chosen]
        pairs = zip(self.images() if images is None else images, points, strict=True)
        return np.stack([self._portraits.photograph(image, five) for image, five in pairs])

    def faces(self, decoder: str) -> np.ndarray:
        """Draws what a decoder made of the photographs: uint8 [F, V, S, S, 3]."""
        return self.renders(self._bench.faces_of(decoder, self.chosen))

    def renders(self, faces: Coefficients) -> np.ndarray:
        """Draws faces of the face model: uint8 [F, V, S, S, 3]."""
        return self._portraits.renders(faces)

    def meshes(self, method: str) -> np.ndarray:
        """Draws what another system made of the photographs: uint8 [F, V, S, S, 3]."""
        made = self._bench.others[method].faces
        shape = len(self.chosen), len(self._yaws_deg), PIXELS, PIXELS, 3
        drawn = np.full(shape, _NO_FACE, np.uint8)
        for place, k in enumerate(self.chosen):
            if k in made:
                drawn[place] = self._of(made[k]).renders(average(made[k]))[0]
        return drawn


def sheet(
    name: str, columns: dict[str, np.ndarray], caption: str, faces_per_row: int = 1
) -> Picture:
    """Makes a sheet of columns uint8 [F, S, S, 3] with their heads."""
    images = [column / 255.0 for column in columns.values()]
    return Picture(name, jpeg(contact_sheet(images, faces_per_row, heads=list(columns))), caption)
