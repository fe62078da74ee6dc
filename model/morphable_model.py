"""The 3D morphable face model of equation 1: coefficients in, vertices and colors out."""

import dataclasses
import hashlib

import numpy as np
import tensorflow as tf

from mesh_renderer.vertex_normals import vertex_normals
from model.color import linear_to_srgb, srgb_to_linear


@dataclasses.dataclass(frozen=True)
class LinearModel:
    """A mean and its principal components.

    Attributes:
      mean: float32 [N, 3].
      components: float32 [K, 3N], each row a unit eigenvector times its standard deviation, so
        that coefficients are standard normal: the rows of (P W)^T in equation 1.
    """

    mean: np.ndarray
    components: np.ndarray


class MorphableModel:
    """A face as a point in a linear space of shapes and one of textures (equation 1).

    The frame is that of the Basel Face Model: millimeters, right-handed, +x to the subject's left,
    +y up, +z out of the face. Colors are RGB.

    Attributes:
      n_vertices, shape_components, texture_components, expression_components: sizes.
      triangles: int32 [T, 3], counter-clockwise seen from outside.
      landmarks: names (those of the Basel Face Model) to vertex indices.
      landmarks_68: int32 [68], vertices of iBUG's 68 points, -1 where no mapping is known; or None.
      regions: names to masks bool [N], as the model's file has them (see `model.face_regions`).
      mean_vertices: float32 [N, 3] mm; mean_colors: float32 [N, 3] in `color_space`.
      color_space: of the linear model of colors: "srgb" (encoded) or "linear".
      tone_components: how many of the first color components are skin tone alone; 0 where tone and
        the rest are mixed.
      name: what the file was called.
      fingerprint: a hash of everything that the meaning of a coefficient depends on.
    """

    def __init__(
        self,
        shape: LinearModel,
        texture: LinearModel,
        triangles: np.ndarray,
        landmarks: dict[str, int],
        expression: LinearModel | None = None,
        name: str = "face model",
        landmarks_68: np.ndarray | None = None,
        regions: dict[str, np.ndarray] | None = None,
        color_space: str = "srgb",
        tone_components: int = 0,
    ):
        """Makes a model of its parts; see the class for what they are."""
        self.tone_components = tone_components
        self.n_vertices = shape.mean.shape[0]
        self.shape_components = shape.components.shape[0]
        self.texture_components = texture.components.shape[0]
        self.expression_components = 0 if expression is None else len(expression.components)
        self.triangles = triangles
        self.landmarks = dict(landmarks)
        self.landmarks_68 = landmarks_68
        self.regions = dict(regions or {})
        self.color_space = color_space
        self.mean_vertices = shape.mean
        self.mean_colors = texture.mean
        self.name = name
        self.fingerprint = _fingerprint(shape, texture, triangles, color_space)
        self._shape = _Decoder(shape)
        self._texture = _Decoder(texture)
        self._expression = None if expression is None else _Decoder(expression)

    def decode_shape(self, shape: tf.Tensor, expression: tf.Tensor | None = None) -> tf.Tensor:
        """S(s, e) of equation 1.

        The expression mean that BFM 2017 files carry is not added: equation 1 has no such term, so
        e = 0 is the neutral face.

        Args:
          shape: float32 [B, K], standard normal coefficients s.
          expression: optional float32 [B, E], standard normal coefficients e.

        Returns:
          float32 [B, N, 3], vertices in millimeters.

        Raises:
          ValueError: expression coefficients for a model without expressions.
        """
        vertices = self._shape.mean + self._shape.offsets(shape)
        if expression is not None:
            if self._expression is None:
                raise ValueError(f"face model {self.name} has no expression components")
            vertices += self._expression.offsets(expression)
        return vertices

    def decode_texture(self, texture: tf.Tensor, color_space: str = "srgb") -> tf.Tensor:
        """T(t) of equation 1, clipped to the displayable range.

        Args:
          texture: float32 [B, K], standard normal coefficients t.
          color_space: that of the result: "srgb" (encoded) or "linear".

        Returns:
          float32 [B, N, 3], RGB in 0..1. A clipped channel passes no gradient.

        Raises:
          ValueError: an unknown color space.
        """
        colors = self._texture.mean + self._texture.offsets(texture)
        return _convert(tf.clip_by_value(colors, 0.0, 1.0), self.color_space, color_space)

    def vertex_normals(self, vertices: tf.Tensor) -> tf.Tensor:
        """Smooth unit normals float32 [B, N, 3] of vertices [B, N, 3], pointing outward."""
        return vertex_normals(vertices, self.triangles)

    def landmark_indices(self, names: tuple[str, ...]) -> np.ndarray:
        """Vertex indices of landmarks by name; int32 [len(names)].

        Raises:
          ValueError: the file of this model has no such landmark.
        """
        missing = [name for name in names if name not in self.landmarks]
        if missing:
            raise ValueError(
                f"face model {self.name}: has no landmark {missing[0]!r}; it has "
                f"{sorted(self.landmarks) or 'none'}"
            )
        return np.array([self.landmarks[name] for name in names], np.int32)

    def landmark_indices_68(self, points: tuple[int, ...] = tuple(range(68))) -> np.ndarray:
        """Vertex indices of points of iBUG's 68, numbered from 0; int32 [len(points)].

        Raises:
          ValueError: no mapping is known for this model, or for one of the points.
        """
        known = np.full(68, -1, np.int32) if self.landmarks_68 is None else self.landmarks_68
        indices = known[list(points)]
        if indices.min(initial=0) < 0:
            raise ValueError(
                f"face model {self.name}: no vertex is known for point {points[indices.argmin()]} "
                f"of the 68 (from 0); known are {np.flatnonzero(known >= 0).tolist() or 'none'}"
            )
        return indices


class _Decoder:
    """A linear model as tensors."""

    def __init__(self, model: LinearModel):
        self.mean = tf.constant(model.mean, tf.float32)
        self._components = tf.constant(model.components, tf.float32)

    def offsets(self, coefficients: tf.Tensor) -> tf.Tensor:
        """Coefficients [B, K] to offsets from the mean [B, N, 3]."""
        flat = tf.matmul(coefficients, self._components)
        return tf.reshape(flat, [-1, *self.mean.shape])


def _convert(colors: tf.Tensor, source: str, target: str) -> tf.Tensor:
    if target not in ("srgb", "linear"):
        raise ValueError(f"color_space is {target!r}; it must be 'srgb' or 'linear'")
    if source == target:
        return colors
    return srgb_to_linear(colors) if target == "linear" else linear_to_srgb(colors)


def _fingerprint(
    shape: LinearModel, texture: LinearModel, triangles: np.ndarray, color_space: str
) -> str:
    digest = hashlib.sha256()
    for array in (shape.mean, shape.components, texture.mean, texture.components, triangles):
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    if color_space != "srgb":
        digest.update(color_space.encode())
    return digest.hexdigest()
