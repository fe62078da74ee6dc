"""Changes of a face model that `convert` makes on request."""

import dataclasses

import numpy as np

from model.face_model_contents import FaceModelContents, principal_components


def orthonormalized(contents: FaceModelContents) -> FaceModelContents:
    """Replaces each basis by the principal components of its modes: the same faces, as likely."""

    def mended(part):
        modes = part.modes()
        return principal_components(part.mean, modes.reshape(-1, modes.shape[-1]))

    parts = {"shape": mended(contents.shape), "color": mended(contents.color)}
    if contents.expression is not None:
        parts["expression"] = mended(contents.expression)
    return dataclasses.replace(contents, **parts)


def with_expression_mean(contents: FaceModelContents) -> FaceModelContents:
    """Adds the mean of the expressions to that of the shape, and leaves 0 in its place.

    Raises:
      ValueError: the model has no expressions.
    """
    if contents.expression is None:
        raise ValueError("the face model has no expressions, so no mean of them to add")
    offset = contents.expression.mean
    return dataclasses.replace(
        contents,
        shape=contents.shape._replace(mean=contents.shape.mean + offset),
        expression=contents.expression._replace(mean=np.zeros_like(offset)),
    )
