"""One albedo for all faces, so that shape alone tells them apart."""

import tensorflow as tf

from model.face_renderer import FaceRenderer
from model.gray_views import ALBEDOS
from model.morphable_model import MorphableModel
from model.scene import Scene

# The sRGB value of gray skin, that of the mean luminance of photographed faces.
GRAY = 0.57


def one_albedo(face_model: MorphableModel, vertices: tf.Tensor, albedo: str) -> tf.Tensor:
    """Returns the same colors for each of B faces.

    Args:
      face_model: the faces' model.
      vertices: float32 [B, N, 3], whose number of faces counts.
      albedo: one of `ALBEDOS`: the texture of the model's mean face, or one gray without brows or
        lips.

    Returns:
      float32 [B, N, 3], encoded sRGB in 0..1.

    Raises:
      ValueError: the albedo is unknown.
    """
    if albedo == "gray":
        return tf.fill(tf.shape(vertices), GRAY)
    if albedo == "mean":
        mean = face_model.decode_texture(tf.zeros([1, face_model.texture_components]))
        return tf.broadcast_to(mean, tf.shape(vertices))
    raise ValueError(f"albedo is {albedo!r}; it must be one of {', '.join(ALBEDOS)}")


class _OneAlbedoRenderer(FaceRenderer):
    """Draws all faces in one albedo, one of `ALBEDOS`."""

    albedo: str

    def __call__(self, shape: tf.Tensor, texture: tf.Tensor, scenes: Scene) -> tf.Tensor:
        """Renders faces as `FaceRenderer` does; the texture [B, Kt] does not count."""
        vertices = self.face_model.decode_shape(shape)
        return self.render_meshes(
            vertices, one_albedo(self.face_model, vertices, self.albedo), scenes
        )


class GrayRenderer(_OneAlbedoRenderer):
    """Draws all faces in one gray, without brows or lips."""

    albedo = "gray"


class MeanTextureRenderer(_OneAlbedoRenderer):
    """Draws all faces in the texture of the mean face."""

    albedo = "mean"
