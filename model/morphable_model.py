"""The 3D morphable face model of equation 1: it turns coefficients into vertices and colors."""

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
    """A linear space of face shapes and one of face textures (equation 1).

    The frame is that of the Basel Face Model: millimeters, right-handed, +x to the subject's left,
    +y up, +z out of the face. Colors are RGB.

    Attributes:
      n_vertices: how many vertices a face has, N.
      shape_components, texture_components, expression_components: how many coefficients there are.
      triangles: int32 [T, 3], counter-clockwise seen from outside.
      landmarks: names (those of the Basel Face Model) to vertex indices.
      landmarks_68: int32 [68], vertices of iBUG's 68 points, -1 where none is known; or None.
      regions: names to masks bool [N], as the model's file has them (see `model.face_regions`).
      mean_vertices: float32 [N, 3] mm.
      mean_colors: float32 [N, 3] in `color_space`.
      color_space: the space in which colors are linear in the coefficients: "srgb" or "linear".
      tone_components: how many of the first color components are skin tone alone; 0 where tone and
        the rest are mixed.
      name: what the model is called in messages.
      fingerprint: a hash of everything that the meaning of a coefficient depends on.
      expression_fingerprint: the same of the coefficients of expressions; empty without any.
      detector_offsets_mm: where the detector sees the five points (`model.landmarks`), as measured
        on the model; None if nobody said.
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
        """Makes a model of its parts, which the class describes."""
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
        self.detector_offsets_mm: dict[str, tuple[float, float, float]] | None = None
        self.fingerprint = _fingerprint(shape, texture, triangles, color_space)
        self.expression_fingerprint = "" if expression is None else _hash(expression.components)
        self._shape = _LinearMap(shape)
        self._texture = _LinearMap(texture)
        self._expression = None if expression is None else _LinearMap(expression)

    def decode_shape(self, shape: tf.Tensor, expression: tf.Tensor | None = None) -> tf.Tensor:
        """Computes the shape S(s, e) of equation 1.

        The expression mean that BFM 2017 files carry is not added: equation 1 has no such term, so
        e = 0 is the neutral face.

        Args:
          shape: float32 [B, K], the standard normal coefficients s.
          expression: float32 [B, E], the standard normal coefficients e; the neutral face without.

        Returns:
          float32 [B, N, 3], vertices in millimeters.

        Raises:
          ValueError: there are coefficients of expressions, and the model has no expressions.
        """
        vertices = self._shape.mean + self._shape.offsets(shape)
        if expression is not None:
            if self._expression is None:
                raise ValueError(f"face model {self.name} has no expression components")
            vertices += self._expression.offsets(expression)
        return vertices

    def decode_texture(self, texture: tf.Tensor, color_space: str = "srgb") -> tf.Tensor:
        """Computes the texture T(t) of equation 1, clipped to the range that can be displayed.

        Args:
          texture: float32 [B, K], the standard normal coefficients t.
          color_space: the color space of the result: "srgb" (encoded) or "linear".

        Returns:
          float32 [B, N, 3], RGB in 0..1. A channel that is clipped passes no gradient.

        Raises:
          ValueError: the color space is unknown.
        """
        colors = self._texture.mean + self._texture.offsets(texture)
        return _convert(tf.clip_by_value(colors, 0.0, 1.0), self.color_space, color_space)

    def vertex_normals(self, vertices: tf.Tensor) -> tf.Tensor:
        """Computes smooth outward unit normals float32 [B, N, 3] of vertices [B, N, 3]."""
        return vertex_normals(vertices, self.triangles)

    def linear_models(self) -> tuple[LinearModel, LinearModel]:
        """Returns shape and texture as arrays; the texture is in `color_space`, unclipped."""
        return self._shape.arrays(), self._texture.arrays()

    def landmark_indices(self, names: tuple[str, ...]) -> np.ndarray:
        """Finds the vertices of landmarks by their names: int32 [len(names)].

        Raises:
          ValueError: the model has no such landmark.
        """
        missing = [name for name in names if name not in self.landmarks]
        if missing:
            raise ValueError(
                f"face model {self.name}: has no landmark {missing[0]!r}; it has "
                f"{sorted(self.landmarks) or 'none'}"
            )
        return np.array([self.landmarks[name] for name in names], np.int32)

    def landmark_indices_68(self, points: tuple[int, ...] = tuple(range(68))) -> np.ndarray:
        """Finds the vertices of points of iBUG's 68, numbered from 0: int32 [len(points)].

        Raises:
          ValueError: no vertex of this model is known for one of the points.
        """
        known = np.full(68, -1, np.int32) if self.landmarks_68 is None else self.landmarks_68
        indices = known[list(points)]
        if indices.min(initial=0) < 0:
            raise ValueError(
                f"face model {self.name}: no vertex is known for point {points[indices.argmin()]} "
                f"of the 68 (from 0); known are {np.flatnonzero(known >= 0).tolist() or 'none'}"
            )
        return indices


class _LinearMap:
    """A linear model as tensors: from coefficients to offsets."""

    def __init__(self, model: LinearModel):
        self.mean = tf.constant(model.mean, tf.float32)
        self._components = tf.constant(model.components, tf.float32)

    def arrays(self) -> LinearModel:
        """Returns the linear model."""
        return LinearModel(self.mean.numpy(), self._components.numpy())

    def offsets(self, coefficients: tf.Tensor) -> tf.Tensor:
        """Turns coefficients [B, K] into offsets from the mean [B, N, 3]."""
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
    arrays = (shape.mean, shape.components, texture.mean, texture.components, triangles)
    return _hash(*arrays, text="" if color_space == "srgb" else color_space)


def _hash(*arrays: np.ndarray, text: str = "") -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(text.encode())
    return digest.hexdigest()
