"""What is measured and drawn of a decoder beside its training."""

import numpy as np

from evaluation.coefficients import coefficient_statistics, r_squared
from evaluation.contact_sheet import contact_sheet
from model.decoder import Coefficients, Decoder
from model.scene import fixed_scene, stack_scenes
from programs.held_out import Likeness
from programs.training_parts import MEASURED_PHOTOS, LoadedParts

_SAMPLE_FACES = 12


class Measures:
    """Measures one decoder on unseen synthetic faces and on photographs."""

    def __init__(self, parts: LoadedParts, decoder: Decoder):
        """Binds a decoder to what it is measured on."""
        self._parts = parts
        self._decoder = decoder
        self._likeness = None
        if len(parts.split.held_out):
            self._likeness = Likeness(
                parts.photos,
                parts.split.held_out,
                parts.encoder,
                parts.renderer,
                self._of_photographs,
            )

    def metrics(self) -> dict[str, float]:
        """Measures how well unseen synthetic faces are read, and the moments over photographs.

        Where photographs are held out, it also measures how alike their faces are.
        """
        unseen = self._parts.unseen
        predicted = self._decoder(unseen.features, domain="render")
        shape = r_squared(predicted.shape.numpy(), unseen.shape)
        texture = r_squared(predicted.texture.numpy(), unseen.texture)
        metrics = {
            "r_squared/shape_first_10": float(np.mean(shape[:10])),
            "r_squared/texture_first": float(texture[0]),
        }
        chosen = self._parts.photos.spread(MEASURED_PHOTOS)
        for name, values in self._of_photographs(chosen)._asdict().items():
            statistics = vars(coefficient_statistics(values.numpy()))
            metrics |= {f"photos_{name}/{key}": value for key, value in statistics.items()}
        return metrics | (self._likeness.metrics() if self._likeness else {})

    def draw(self) -> tuple[np.ndarray, Coefficients]:
        """Draws a sheet of photograph, frontal and turned render of the first photographs.

        Returns:
          The sheet, uint8 [H, W, 3], and the coefficients of up to `MEASURED_PHOTOS` photographs.
        """
        shape, texture = self._of_photographs(np.arange(len(self._parts.photos))[:_SAMPLE_FACES])
        scenes = stack_scenes([fixed_scene(0), fixed_scene(30)], len(shape))
        images = self._parts.renderer(shape, texture, scenes).numpy()
        crops = self._parts.photos.crops(range(len(shape))) / 255.0
        coefficients = self._of_photographs(self._parts.photos.spread(MEASURED_PHOTOS))
        return contact_sheet(
            [crops, images[:, 0], images[:, 1]], heads=("photograph", "front", "turned")
        ), coefficients

    def _of_photographs(self, chosen: np.ndarray) -> Coefficients:
        return self._decoder(self._parts.photos.features[chosen, 0], domain="photo")
