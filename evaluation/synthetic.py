"""How near decoded faces are to faces whose coefficients are known."""

import dataclasses

import numpy as np

from evaluation.coefficients import r_squared
from evaluation.table import Table

# So many of the first components are shown one by one: they hold most of a face.
FIRST = 10


@dataclasses.dataclass(frozen=True)
class KnownFaces:
    """B faces: coefficients of a model, and the shape and the color that they stand for.

    Attributes:
      shape, texture: float [B, K], the coefficients.
      vertices: float [B, N, 3] mm, those that count.
      lab: float [B, N, 3], the colors of their skin without light, CIELAB.
    """

    shape: np.ndarray
    texture: np.ndarray
    vertices: np.ndarray
    lab: np.ndarray


@dataclasses.dataclass(frozen=True)
class SyntheticScores:
    """Errors of decoded faces, means over the faces.

    Attributes:
      error_mm: of vertices, to where they belong.
      albedo_error: of their colors, as distances in CIELAB (CIE 1976).
      lightness_error: of their L* alone.
      shape_r2, texture_r2: the explained part of the variance of each component, by its number.
    """

    error_mm: float
    albedo_error: float
    lightness_error: float
    shape_r2: list[float]
    texture_r2: list[float]


def synthetic_scores(decoded: KnownFaces, true: KnownFaces) -> SyntheticScores:
    """Compares decoded faces with the true ones, in the same order."""
    lab = decoded.lab - true.lab
    return SyntheticScores(
        float(np.linalg.norm(decoded.vertices - true.vertices, axis=-1).mean()),
        float(np.linalg.norm(lab, axis=-1).mean()),
        float(np.abs(lab[..., 0]).mean()),
        r_squared(decoded.shape, true.shape).tolist(),
        r_squared(decoded.texture, true.texture).tolist(),
    )


def synthetic_tables(scores: dict[str, SyntheticScores], faces: int) -> list[Table]:
    """Shows the errors, and then R² of the first components of shape and texture.

    Args:
      scores: by the decoder's name.
      faces: how many there were.
    """
    rows = [
        [
            name,
            *(own.error_mm, own.albedo_error, own.lightness_error),
            *(float(np.mean(r2)) for r2 in (own.shape_r2[:FIRST], own.shape_r2)),
            *(float(np.mean(r2)) for r2 in (own.texture_r2[:FIRST], own.texture_r2)),
        ]
        for name, own in scores.items()
    ]
    overall = Table(
        title="Rendered faces with known coefficients",
        columns=[
            *("decoder", "error in mm", "albedo error", "of L*"),
            *(f"R² shape, first {FIRST}", "all", f"R² texture, first {FIRST}", "all"),
        ],
        rows=rows,
        note=f"{faces} random faces of the face model, each rendered in a random scene. Error: "
        "mean distance of the vertices within 95 mm of the nose tip to where they belong, in the "
        "face model's frame. Albedo error: mean distance of their colors in CIELAB (CIE 1976). R²: "
        "the part of a component's variance that is explained; 0 is no better than the mean.",
    )
    parts = {"shape": "shape_r2", "texture": "texture_r2"}
    by_component = [
        [f"{name}: {part}", *getattr(own, field)[:FIRST]]
        for name, own in scores.items()
        for part, field in parts.items()
    ]
    width = max(len(row) for row in by_component) - 1
    by_component = [row + [None] * (width + 1 - len(row)) for row in by_component]
    components = Table(
        title="R² of the first components",
        columns=["decoder: part", *map(str, range(1, width + 1))],
        rows=by_component,
    )
    return [overall, components]
