"""What the page asks for: a face from a photograph, its surface for any coefficients, its file."""

import base64
import dataclasses
from collections.abc import Mapping

import numpy as np

from model.alignment import warp_photograph
from model.crop import FIVE_POINTS, Crop
from model.living_face import LivingFaces
from model.mesh_io import METERS, Mesh, glb, linear_colors
from model.named_expressions import load_named_expressions
from model.reconstructor import Reconstructor
from model.rendered_views import portrait_crop
from open_parts import MOUTH_PARTS, NAMED_EXPRESSIONS
from storage.images import jpeg

_PORTRAIT_PIXELS = 480
# Beyond this a face is none any more; the sliders of the page end far below.
_MOST_DEVIATIONS = 10.0


@dataclasses.dataclass(frozen=True)
class Person:
    """Coefficients of a face as the page keeps and sends them.

    Attributes:
      shape: float32 [Ks].
      texture: float32 [Kt].
    """

    shape: np.ndarray
    texture: np.ndarray


class Studio:
    """Turns photographs and coefficients into what a browser draws. Nothing of them is kept.

    Attributes:
      base: the GLB file of the mean face, whose expressions all faces share.
      coefficients: how many there are of `shape` and of `texture`.
      crop: what the encoder sees, as JSON can hold it: its `size` in pixels, and there the `points`
        with certain `names`; None if it is no similarity of the photograph.
    """

    def __init__(self, reconstructor: Reconstructor):
        """Prepares what all faces share.

        Args:
          reconstructor: with a detector.
        """
        self._reconstructor = reconstructor
        self._model = reconstructor.face_model
        self._portrait: Crop = portrait_crop(reconstructor.encoder.crop, _PORTRAIT_PIXELS)
        self.crop = _crop_fields(reconstructor.encoder.crop)
        expressions = load_named_expressions(NAMED_EXPRESSIONS, MOUTH_PARTS, self._model)
        self._living = LivingFaces(self._model, expressions) if expressions else None
        self.coefficients = {
            "shape": self._model.shape_components,
            "texture": self._model.texture_components,
        }
        mean = Person(*(np.zeros(count, np.float32) for count in self.coefficients.values()))
        self.base = self.file(mean, {})

    def read(self, image: np.ndarray) -> dict:
        """Reconstructs the largest face of a photograph uint8 RGB [H, W, 3].

        Returns:
          What JSON can hold: `shape`, `texture`, `portrait` (the photograph around the face, as the
          address of a JPEG image), and `note`, which may be empty.

        Raises:
          NoFaceError: there is no face.
        """
        found = self._reconstructor.find(image)
        crop = self._reconstructor.cut(image, found)
        face = self._reconstructor.reconstruct(crop[None])[0]
        portrait = jpeg(warp_photograph(image, found.points, self._portrait))
        return {
            "shape": _rounded(face.shape),
            "texture": _rounded(face.texture),
            "portrait": "data:image/jpeg;base64," + base64.b64encode(portrait).decode(),
            "note": "; ".join(found.notes),
        }

    def surface(self, person: Person) -> bytes:
        """Computes the vertices of a face for the GPU.

        Returns:
          float32 [N, 3] positions in meters, then uint16 [N, 4] linear RGBA, in the order of the
          vertices of `base`.
        """
        mesh = self._mesh(person)
        positions = np.float32(mesh.vertices * METERS)
        return positions.tobytes() + linear_colors(mesh.colors).tobytes()

    def file(self, person: Person, strengths: Mapping[str, float]) -> bytes:
        """Makes the GLB file of a face.

        Args:
          person: whose face.
          strengths: of expressions, by their names, in which the file shows the face at first.
        """
        morphs = self._living.morphs if self._living else ()
        weights = [float(strengths.get(morph.name, 0.0)) for morph in morphs]
        return glb(self._mesh(person), "face", morphs, weights)

    def person(self, fields: Mapping) -> Person:
        """Reads coefficients that the page sends.

        Raises:
          ValueError: they are not as many finite numbers of a possible size as the face model has.
        """
        return Person(
            _coefficients(fields, "shape", self._model.shape_components),
            _coefficients(fields, "texture", self._model.texture_components),
        )

    def _mesh(self, person):
        vertices = self._model.decode_shape(person.shape[None])[0].numpy()
        colors = self._model.decode_texture(person.texture[None])[0].numpy()
        if self._living is None:
            return Mesh(vertices, colors, self._model.triangles)
        return self._living.mesh(person.shape, vertices, colors)


def strengths_of(fields: Mapping) -> dict[str, float]:
    """Reads the strengths of expressions that the page sends.

    Raises:
      ValueError: they are no numbers between -1 and 1 by names.
    """
    strengths = fields.get("expressions", {})
    if not isinstance(strengths, dict):
        raise ValueError("expressions must be numbers by names")
    for name, value in strengths.items():
        if not isinstance(value, int | float) or not -1 <= value <= 1:
            raise ValueError(f"expressions: {name!r} must be a number between -1 and 1")
    return strengths


def _coefficients(fields, name, count):
    values = fields.get(name)
    if not isinstance(values, list) or len(values) != count:
        raise ValueError(f"{name} must be {count} numbers")
    if not all(isinstance(value, int | float) for value in values):
        raise ValueError(f"{name} must be {count} numbers")
    array = np.array(values, np.float32)
    # NaN fails this comparison too.
    if not np.all(np.abs(array) <= _MOST_DEVIATIONS):
        raise ValueError(f"{name} must lie within {_MOST_DEVIATIONS:g} standard deviations")
    return array


def _crop_fields(crop):
    if crop.upright:
        return None
    names = [FIVE_POINTS[index] for index in crop.point_indices]
    return {"size": crop.image_size, "points": crop.points, "names": names}


def _rounded(values):
    return [round(float(value), 4) for value in values]
