"""From a photograph to a face: find, cut, encode, decode. The one inference path."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from model.alignment import warp_photograph
from model.decoder import Coefficients, Decoder
from model.encoding import encode_photographs
from model.face_finding import FoundFace, find_all_faces, find_face
from model.fitting.camera import Pose
from model.fitting.pose_fit import fit_pose
from model.identity.network import IdentityFeatures, IdentityNetwork
from model.landmarks import five_points
from model.morphable_model import MorphableModel
from model.refinement import Refiner
from model.tone_calibration import photographed_cheeks
from model.tone_transfer import match_cheek
from model.trained import Trained


@dataclasses.dataclass(frozen=True)
class ReconstructedFace:
    """What a crop of a photograph became.

    Attributes:
      shape: float32 [Ks]; texture: float32 [Kt]. Standard normal coefficients.
      vertices: float32 [N, 3] mm, in the face model's frame and neutral expression.
      colors: float32 [N, 3], sRGB-encoded RGB in 0..1.
      features: float32 [D], what the decoder read.
      embedding: float32 [E], unit vector by the encoder.
    """

    shape: np.ndarray
    texture: np.ndarray
    vertices: np.ndarray
    colors: np.ndarray
    features: np.ndarray
    embedding: np.ndarray


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
        detector: Callable[..., Sequence] | None = None,
        refiner: Refiner | None = None,
    ):
        """Binds the parts, which must belong together (`model.decoder_io` compares them).

        Args:
          decoder, encoder, face_model: the trained parts.
          detector: finds faces (see `model.face_finding`); not needed by who only decodes.
          refiner: fits what was decoded to the photograph further; None leaves it as it is.
        """
        self.decoder = decoder
        self.encoder = encoder
        self.face_model = face_model
        self._detector = detector
        self._refiner = refiner

    def __call__(self, image: np.ndarray, name: str = "") -> ReconstructedFace:
        """Reconstructs the largest face of one photograph, uint8 RGB [H, W, 3].

        Raises:
          NoFaceError: there is no face.
        """
        return self.reconstruct(self.cut(image, self.find(image, name))[None])[0]

    def find(self, image: np.ndarray, name: str = "") -> FoundFace:
        """Finds the largest face of a photograph; see `model.face_finding.find_face`."""
        return find_face(image, self._detector, name)

    def find_all(self, image: np.ndarray, name: str = "") -> list[FoundFace]:
        """Finds all faces of a photograph; see `model.face_finding.find_all_faces`."""
        return find_all_faces(image, self._detector, name)

    def cut(self, image: np.ndarray, face: FoundFace) -> np.ndarray:
        """Cuts a face out of its photograph as the encoder wants it: uint8 RGB [S, S, 3]."""
        return warp_photograph(image, face.points, self.encoder.crop)

    def reconstruct(self, crops: np.ndarray) -> list[ReconstructedFace]:
        """Encodes and decodes crops uint8 RGB [B, S, S, 3]."""
        return self.faces_of(self.encode(crops))

    def encode(self, crops: np.ndarray) -> IdentityFeatures:
        """Encodes crops uint8 RGB [B, S, S, 3] as the decoder reads photographs."""
        return encode_photographs(self.encoder, crops, self.decoder.photo_crops)

    def faces_of(self, encoded: IdentityFeatures) -> list[ReconstructedFace]:
        """Decodes B photographs that were encoded, or averages of several, and refines them."""
        coefficients = self.decode(encoded.features)
        if self._refiner:
            coefficients = self._refiner(coefficients, encoded.embedding)
        vertices = self.face_model.decode_shape(coefficients.shape)
        colors = self.face_model.decode_texture(coefficients.texture)
        parts = (*coefficients, vertices, colors, *encoded)
        return [ReconstructedFace(*row) for row in zip(*map(np.asarray, parts), strict=True)]

    def average(self, encoded: IdentityFeatures) -> ReconstructedFace:
        """Decodes the average of photographs of one person (section 4.2)."""
        features, embedding = (np.mean(part, axis=0, keepdims=True) for part in encoded)
        unit = embedding / np.linalg.norm(embedding)
        return self.faces_of(IdentityFeatures(features, unit))[0]

    def with_photographed_tone(
        self, face: ReconstructedFace, crop: np.ndarray, points: np.ndarray
    ) -> tuple[ReconstructedFace, bool]:
        """Gives a face the skin tone of one photograph, with its exposure and its color cast.

        Args:
          face: the reconstruction.
          crop: uint8 RGB [S, S, 3], as `cut` cut it.
          points: float32 [5, 2], the five points in the photograph.

        Returns:
          The face with other texture coefficients and colors, and whether its cheeks have the color
          of those of the photograph; some colors are out of a face model's reach.
        """
        (cheek,) = photographed_cheeks(crop[None], points[None], self.encoder.crop)
        matched = match_cheek(self.face_model, face.texture, cheek)
        colors = self.face_model.decode_texture(matched.texture[None])[0].numpy()
        face = dataclasses.replace(face, texture=matched.texture, colors=colors)
        return face, matched.reached

    def poses(self, faces: Sequence[ReconstructedFace], points: np.ndarray) -> Pose:
        """Finds how B faces stand before their cameras.

        Args:
          faces: the reconstructions.
          points: float [B, 5, 2], the five points of each in its photograph.
        """
        vertices = np.stack([face.vertices for face in faces])
        return fit_pose(five_points(self.face_model)(vertices).numpy(), points)

    def decode(self, features: np.ndarray | tf.Tensor) -> Coefficients:
        """Decodes features of photographs float32 [B, D] to the coefficients of their faces."""
        return self.decoder(features, domain="photo")


def make_reconstructor(
    trained: Trained, detector: Callable[..., Sequence] | None = None, refine_steps: int = 0
) -> Reconstructor:
    """Makes the reconstructor of the first of the decoders that were loaded together.

    Args:
      trained: the parts.
      detector: finds faces (see `model.face_finding`).
      refine_steps: how many steps fit each face to its photograph; see `model.refinement`.
    """
    decoder, parts = trained.decoders[0], (trained.encoder, trained.face_model)
    refiner = None
    if refine_steps:
        refiner = Refiner(decoder.decoder, *parts, decoder.shading, refine_steps)
    return Reconstructor(decoder.decoder, *parts, detector, refiner)
