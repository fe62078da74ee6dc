"""How alike faces are to photographs, in views that are made to fit faces by."""

import tensorflow as tf

import losses
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.gray_views import GrayViews
from model.identity.network import IdentityNetwork
from model.identity_views import IdentityViews
from model.morphable_model import MorphableModel
from model.scene_ranges import SceneRanges
from model.shading import Shading

# Faces are framed as loosely as a detector's points scatter.
_FRAMING = 0.05


class FaceLikeness:
    """Draws faces in random views, and compares them with the embeddings of photographs.

    Attributes:
      views: V, the number of views of a face.
    """

    def __init__(
        self,
        encoder: IdentityNetwork,
        face_model: MorphableModel,
        shading: Shading,
        colored_views: int,
        gray_views: int,
    ):
        """Binds the parts, which are those that a decoder was trained with.

        Args:
          encoder: the network whose embeddings are to agree.
          face_model: of the faces.
          shading: how the decoder saw faces drawn.
          colored_views: how many views show a face in its own colors.
          gray_views: how many show it in one gray after these, so that texture does not explain
            what shape should.
        """
        self.views = colored_views + gray_views
        self._encoder = encoder
        self._draw = IdentityViews(
            FaceRenderer(face_model, encoder.crop, shading),
            SceneRanges(framing=_FRAMING),
            GrayViews(gray_views, "gray"),
        )

    def __call__(self, face: Coefficients, embedding: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Computes the identity loss (equation 4) of each view.

        Args:
          face: coefficients of B faces.
          embedding: float32 [B, E], unit embeddings of their photographs.
          noise: float32 [B, V, NOISE_SIZE], from which scenes are drawn.

        Returns:
          float32 [B, V], one minus the cosine.
        """
        images = self._draw(face, noise)
        embeddings = self._encoder(tf.reshape(images, [-1, *images.shape[2:]])).embedding
        by_view = tf.reshape(embeddings, [-1, self.views, embedding.shape[-1]])
        return losses.identity_loss(embedding, by_view)
