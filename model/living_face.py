"""A face that can move: its own mesh with the inside of the mouth, and what each expression does.

Displacements do not depend on the face, and those of normals nearly not: both are computed once.
"""

import difflib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from mesh_renderer.vertex_normals import vertex_normals
from model.mesh_io import Mesh, Morph
from model.morphable_model import MorphableModel
from model.mouth_fit import MouthFit
from model.named_expressions import NamedExpressions

# What moves less is left out, which keeps files small: millimeters, and parts of a unit normal.
_LEAST_MOVE_MM = 0.05
_LEAST_TURN = 0.05


class LivingFaces:
    """Turns faces of a face model into meshes that express something.

    Attributes:
      triangles: int32 [T, 3], those of the face and then those of the inside of the mouth.
      morphs: what each expression does to such a mesh.
    """

    def __init__(self, face_model: MorphableModel, expressions: NamedExpressions):
        """Joins a face model and what was made for it."""
        self._expressions = expressions
        self._fit = MouthFit(face_model, expressions)
        self.triangles = np.concatenate(
            [face_model.triangles, expressions.mouth_triangles + face_model.n_vertices]
        ).astype(np.int32)
        turned = _turned_normals(face_model, expressions)
        self.morphs = [
            _morph(name, np.concatenate([face, mouth]), turn)
            for name, face, mouth, turn in zip(
                expressions.names, expressions.face, expressions.mouth, turned, strict=True
            )
        ]

    def mesh(self, shape: np.ndarray, vertices: np.ndarray, colors: np.ndarray) -> Mesh:
        """Adds the inside of the mouth to a face.

        Args:
          shape: float32 [Ks], the coefficients of the face.
          vertices: float32 [N, 3] mm, the face model's vertices of that face.
          colors: float32 sRGB [N, 3].

        Returns:
          The mesh; its first N vertices are those of the face.
        """
        mouth = self._fit(self._expressions.mouth_vertices(shape), vertices)
        return Mesh(
            np.concatenate([vertices, mouth]),
            np.concatenate([colors, self._expressions.mouth_colors]),
            self.triangles,
        )

    def expressed(self, mesh: Mesh, strengths: Mapping[str, float]) -> Mesh:
        """Moves a mesh that `mesh` has made into an expression.

        Args:
          mesh: at rest.
          strengths: of some expressions, by their names; 1 is the whole of one.
        """
        vertices = mesh.vertices.copy()
        for morph in self.morphs:
            vertices[morph.moved] += strengths.get(morph.name, 0.0) * morph.moves_mm
        return Mesh(vertices, mesh.colors, mesh.triangles)

    def weights(self, strengths: Mapping[str, float]) -> list[float]:
        """Returns the strengths in the order of `morphs`.

        Raises:
          ValueError: a name is that of no expression.
        """
        names = [morph.name for morph in self.morphs]
        if unknown := sorted(set(strengths) - set(names)):
            near = difflib.get_close_matches(unknown[0], names)
            raise ValueError(
                f"{unknown[0]} is no expression of this face model"
                + (
                    f"; did you mean {' or '.join(near)}?"
                    if near
                    else f"; it has {', '.join(names)}"
                )
            )
        return [strengths.get(name, 0.0) for name in names]


def _turned_normals(face_model, expressions):
    """How far the normals of the mean face turn: float32 [E, N, 3]."""
    mean = tf.constant(face_model.mean_vertices)
    neutral = vertex_normals(mean[None], face_model.triangles)[0]
    return [
        (vertex_normals((mean + moved)[None], face_model.triangles)[0] - neutral).numpy()
        for moved in expressions.face
    ]


def _morph(name, moved, turned):
    moves = np.flatnonzero(np.linalg.norm(moved, axis=1) > _LEAST_MOVE_MM)
    turns = np.flatnonzero(np.linalg.norm(turned, axis=1) > _LEAST_TURN)
    return Morph(name, moves, moved[moves], turns, turned[turns])
