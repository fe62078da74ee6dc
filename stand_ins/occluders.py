"""Draws hair and glasses, or what looks like them to a network: shells on the head, and lines."""

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np

from model.crop import FIVE_POINTS
from model.face_regions import submesh
from model.landmarks import five_points
from model.morphable_model import MorphableModel

# Where hair begins on the mean head: the lowest y for each z, in mm from behind to the front.
_HAIRLINE_Z = (-100.0, -30.0, 0.0, 25.0, 50.0, 80.0, 115.0)
_HAIRLINE_Y = (-45.0, -35.0, 25.0, 40.0, 62.0, 78.0, 88.0)
_EAR_X = 68.0
_HAIR_COLORS = (  # linear RGB
    (0.012, 0.010, 0.009),
    (0.035, 0.022, 0.015),
    (0.09, 0.05, 0.028),
    (0.25, 0.15, 0.07),
    (0.18, 0.05, 0.02),
    (0.35, 0.34, 0.33),
)
_FRAME_COLORS = ((0.05, 0.05, 0.06), (0.25, 0.13, 0.08), (0.5, 0.5, 0.52), (0.5, 0.1, 0.12))
_BEFORE_EYES_MM = 13.0
# Thin frames with glints cover less than lines of full color do.
_FRAME_OPACITY = 0.6


@dataclasses.dataclass(frozen=True)
class Style:
    """How a person looks besides the face itself.

    Attributes:
      hair_color: linear RGB.
      hair_mm: how thick the hair is; 0 for none.
      hairline_mm: how much lower than usual the hair begins.
      fringe: whether strands fall over the forehead.
      glasses: 0 for none, 1 for clear glasses, 2 for sunglasses.
      frame_color: sRGB, of the glasses.
      lens_mm: half of the width and of the height of a lens.
      squareness: exponent of a lens's outline; 2 is an ellipse, more is nearer to a rectangle.
    """

    hair_color: tuple[float, float, float]
    hair_mm: float
    hairline_mm: float
    fringe: bool
    glasses: int
    frame_color: tuple[float, float, float]
    lens_mm: tuple[float, float]
    squareness: float


def random_style(generator: np.random.Generator) -> Style:
    """Draws a style."""
    color = np.array(_HAIR_COLORS[generator.integers(len(_HAIR_COLORS))])
    color = color * np.exp(generator.normal(0, 0.15))
    return Style(
        hair_color=tuple(color.tolist()),
        hair_mm=0.0 if generator.random() < 0.12 else float(generator.uniform(4, 26)),
        hairline_mm=float(generator.uniform(-12, 10)),
        fringe=bool(generator.random() < 0.4),
        glasses=int(generator.choice(3, p=(0.7, 0.25, 0.05))),
        frame_color=_FRAME_COLORS[generator.integers(len(_FRAME_COLORS))],
        lens_mm=(float(generator.uniform(24, 29)), float(generator.uniform(18, 24))),
        squareness=float(generator.uniform(2, 5)),
    )


class HairShell:
    """A second surface over the scalp of a face model, pushed outward."""

    def __init__(self, model: MorphableModel):
        """Finds the scalp of the mean head."""
        self._mean = model.mean_vertices
        self._all = model.triangles
        self._skin = model.regions.get("skin", np.ones(model.n_vertices, bool))

    def __call__(
        self,
        vertices: np.ndarray,
        normals: np.ndarray,
        style: Style,
        generator: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Makes the shell of a head.

        Args:
          vertices: float [N, 3] mm, of the head.
          normals: float [N, 3], unit vectors at its vertices.
          style: the person's.
          generator: of the random numbers.

        Returns:
          The shell's vertices float [M, 3] mm, its triangles int [S, 3], and for each of its
          vertices the index [M] of the head's vertex below.
        """
        x, y, z = self._mean.T
        height = y - np.interp(z, _HAIRLINE_Z, _HAIRLINE_Y) + style.hairline_mm
        ears = (np.abs(x) > _EAR_X) & (y < 48) & (z > -30)
        over, triangles = submesh(self._all, self._skin & (height > 0) & ~ears)
        # Hair is thin at the hairline and thick above. Waves make no two heads of hair alike.
        ramp = 1 - np.exp(-height[over] / 14)
        waves = self._mean[over] @ generator.normal(0, 0.05, (3, 4)) + generator.uniform(0, 6, 4)
        thickness = style.hair_mm * ramp * (1 + 0.18 * np.sin(waves).sum(axis=1))
        return vertices[over] + normals[over] * (1 + thickness[:, None]), triangles, over


def draw_fringe(
    image: np.ndarray,
    hairline: np.ndarray,
    down: np.ndarray,
    light: np.ndarray,
    generator: np.random.Generator,
) -> None:
    """Draws strands of hair over the forehead, in place.

    Args:
      image: float32 sRGB [H, W, 3].
      hairline: pixels [P, 2] where strands may begin.
      down: the vector in pixels along which a long strand falls.
      light: sRGB of the hair where it is lit.
      generator: of the random numbers.
    """
    if not len(hairline):
        return
    side = np.array([-down[1], down[0]])
    sweep = generator.uniform(-0.8, 0.8)
    for _ in range(generator.integers(60, 200)):
        start = hairline[generator.integers(len(hairline))]
        length = generator.uniform(0.3, 1.0)
        t = np.linspace(0, 1, 12)[:, None]
        bend = sweep + generator.normal(0, 0.15)
        points = start + down * t * length + side * bend * t**2 * length
        color = np.clip(np.array(light) * generator.uniform(0.5, 1.4), 0, 1)
        width = max(1, round(image.shape[0] / 400))
        _lines(image, [points], color, width)


class Glasses:
    """Frames and lenses before the eyes of a face model."""

    def __init__(self, model: MorphableModel):
        """Finds the eyes."""
        self._points = five_points(model, dict.fromkeys(FIVE_POINTS, (0.0, 0.0, 0.0)))

    def draw(
        self,
        image: np.ndarray,
        vertices: np.ndarray,
        project: Callable[[np.ndarray], np.ndarray],
        style: Style,
        yaw: float,
        generator: np.random.Generator,
    ) -> None:
        """Draws glasses, in place.

        Args:
          image: float32 sRGB [H, W, 3].
          vertices: float32 [N, 3] mm, of the head.
          project: maps points [P, 3] mm to pixels [P, 2].
          style: the person's.
          yaw: by how many radians the head is turned; it hides the arm on the far side.
          generator: of the random numbers.
        """
        eyes = self._points(vertices[None])[0].numpy()[:2] + (0.0, -2.0, _BEFORE_EYES_MM)
        outlines = [project(self._outline(eye, style)) for eye in eyes]
        tint = (0.92, generator.uniform(0.0, 0.08))[style.glasses == 1]
        glare = generator.uniform(0.0, 0.08) if style.glasses == 1 else 0.03
        for outline in outlines:
            lens = np.zeros(image.shape[:2], np.float32)
            cv2.fillPoly(lens, [_fixed(outline)], 1.0, cv2.LINE_AA, _SHIFT)
            image *= 1 - tint * lens[..., None]
            image += glare * (lens * np.linspace(1, 0, len(lens))[:, None])[..., None]
        width = max(1, round(np.linalg.norm(np.ptp(outlines[0], axis=0)) / 36))
        right, left = eyes
        inner = style.lens_mm[0]
        bridge = np.linspace(right + (inner, 3, 0), left - (inner, -3, 0), 8)
        bridge[:, 1] += 3 * np.sin(np.linspace(0, np.pi, 8))
        lines = [np.concatenate([o, o[:1]]) for o in outlines] + [project(bridge)]
        for eye, side in ((right, -1), (left, 1)):
            if side * yaw < 0.15:
                hinge = eye + (side * inner, 4, -2)
                lines.append(project(np.linspace(hinge, (side * 76, eye[1] + 2, 10), 8)))
        _lines(image, lines, style.frame_color, width, _FRAME_OPACITY)

    @staticmethod
    def _outline(center, style):
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        power = 2 / style.squareness
        cosine, sine = np.cos(angle), np.sin(angle)
        x = np.sign(cosine) * np.abs(cosine) ** power * style.lens_mm[0]
        y = np.sign(sine) * np.abs(sine) ** power * style.lens_mm[1] - 2
        # Frames curve around the face.
        return center + np.stack([x, y, -np.abs(center[0] + x) * 0.12], axis=1)


_SHIFT = 4


def _fixed(points):
    """Converts pixels to OpenCV's fixed-point numbers."""
    return np.int32(np.round(points * (1 << _SHIFT)))


def _lines(image, lines, color, width, opacity=1.0):
    mask = np.zeros(image.shape[:2], np.float32)
    for line in lines:
        cv2.polylines(mask, [_fixed(line)], False, 1.0, width, cv2.LINE_AA, _SHIFT)
    image += (np.asarray(color, np.float32) - image) * opacity * mask[..., None]
