"""From a photograph to a face: detect, align, encode, decode. The one inference path."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from model.alignment import warp_photograph
from model.decoder import Coefficients, Decoder
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel

# A larger batch is no faster on a CPU.
_BATCH = 16


class NoFaceError(ValueError):
    """The detector found no face in a photograph."""


@dataclasses.dataclass(frozen=True)
class FoundFace:
    """A face in a photograph; pixel coordinates with integers at pixel centers.

    Attributes:
      points: float32 [5, 2], the `FIVE_POINTS` in the photograph.
      box: left, top, right, bottom in the photograph.
      confidence: the detector's, 0..1.
      crop: uint8 RGB [S, S, 3], the face as the encoder wants it.
    """

    points: np.ndarray
    box: tuple[float, float, float, float]
    confidence: float
    crop: np.ndarray


@dataclasses.dataclass(frozen=True)
class ReconstructedFace:
    """What a photograph became.

    Attributes:
      shape: float32 [Ks]; texture: float32 [Kt]. Standard normal coefficients.
      vertices: float32 [N, 3] mm, in the face model's frame and neutral expression.
      colors: float32 [N, 3], sRGB-encoded RGB in 0..1.
      features: float32 [D], what the decoder read.
      embedding: float32 [E], unit vector by the encoder.
      found: where the face was.
    """

    shape: np.ndarray
    texture: np.ndarray
    vertices: np.ndarray
    colors: np.ndarray
    features: np.ndarray
    embedding: np.ndarray
    found: FoundFace


class Reconstructor:
    """Turns photographs into faces of a morphable model.

    Its steps are methods, for those who have done some of them already: who has cached features
    of photographs only decodes them.
    """

    def __init__(
        self,
        decoder: Decoder,
        encoder: IdentityNetwork,
        face_model: MorphableModel,
        detector: Callable[..., list],
    ):
        """Binds the parts, which must belong together (`model.decoder_io` compares them).

        Args:
          decoder, encoder, face_model: the trained parts.
          detector: called with a photograph (uint8 RGB [H, W, 3]) and its name; returns the faces
            in it, largest first, with `points`, `box` and `confidence` as in `FoundFace`. Its
            `no_face` says what it means if there are none.
        """
        self.decoder = decoder
        self.encoder = encoder
        self.face_model = face_model
        self._detector = detector

    def __call__(self, image: np.ndarray, name: str = "") -> ReconstructedFace:
        """Reconstructs the largest face of one photograph, uint8 RGB [H, W, 3].

        Raises:
          NoFaceError: there is no face.
        """
        return next(self.reconstruct([self.find(image, name)]))

    def find(self, image: np.ndarray, name: str = "") -> FoundFace:
        """Finds the largest face of a photograph and cuts it out.

        Args:
          image: uint8 RGB [H, W, 3].
          name: the photograph's name, which some detectors look up.

        Raises:
          NoFaceError: there is no face.
        """
        faces = self._detector(image, name)
        if not faces:
            raise NoFaceError(self._detector.no_face)
        crop = warp_photograph(image, faces[0].points, self.encoder.crop)
        return FoundFace(faces[0].points, faces[0].box, faces[0].confidence, crop)

    def reconstruct(self, faces: Sequence[FoundFace]) -> Iterator[ReconstructedFace]:
        """Encodes and decodes faces, in batches; yields one reconstruction for each."""
        for start in range(0, len(faces), _BATCH):
            batch = faces[start : start + _BATCH]
            crops = np.stack([face.crop for face in batch])
            features, embedding = self.encoder(tf.constant(crops, tf.float32) / 255.0)
            coefficients = self.decode(features)
            vertices = self.face_model.decode_shape(coefficients.shape)
            colors = self.face_model.decode_texture(coefficients.texture)
            parts = (*coefficients, vertices, colors, features, embedding)
            rows = zip(*(part.numpy() for part in parts), batch, strict=True)
            yield from (ReconstructedFace(*row) for row in rows)

    def decode(self, features: tf.Tensor) -> Coefficients:
        """Features of photographs float32 [B, D] to coefficients of their faces."""
        return self.decoder(features, domain="photo")
