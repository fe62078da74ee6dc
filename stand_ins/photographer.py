"""Pictures of a face model's faces that differ from training renders as photographs do."""

import dataclasses

import cv2
import numpy as np
import tensorflow as tf

from mesh_renderer import rasterize_triangles
from model.color import linear_to_srgb
from model.crop import Crop
from model.face_renderer import FaceRenderer
from model.landmarks import five_points
from model.morphable_model import MorphableModel
from model.scene import fixed_scene, stack_scenes
from stand_ins.camera import photograph_effects, random_background
from stand_ins.lights import random_environment
from stand_ins.occluders import Glasses, HairShell, Style, draw_fringe

_SUPERSAMPLING = 2
_EXPRESSIONS = 14
_EXPRESSION_DEVIATION = 0.6
# The mean head wears clothes below this height.
_COLLAR_MM = -118.0
_GLOSS = 0.035
# The five points of an upright frontal face, relative to the middle of the eyes, in units of the
# distance between the eyes.
_TEMPLATE = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.55], [-0.4, 1.0], [0.4, 1.0]])


@dataclasses.dataclass(frozen=True)
class Person:
    """A person whom pictures show.

    Attributes:
      shape: float32 [Ks], coefficients of the face model.
      texture: float32 [Kt], coefficients of the face model.
      style: hair and glasses.
    """

    shape: np.ndarray
    texture: np.ndarray
    style: Style


@dataclasses.dataclass(frozen=True)
class Framing:
    """How a picture is framed.

    Attributes:
      image_size: width and height of the picture in pixels.
      eye_distance: the distance between the eyes in pixels.
      eyes: x and y of the middle between the eyes, in pixels.
      roll: by how many radians the face is turned clockwise in the picture.
    """

    image_size: int
    eye_distance: float
    eyes: tuple[float, float]
    roll: float

    def crop(self, scale: int = 1) -> Crop:
        """The crop by which a face is rendered so, in a picture that is `scale` times as large."""
        c, s = np.cos(self.roll), np.sin(self.roll)
        points = _TEMPLATE @ np.array([[c, s], [-s, c]]) * self.eye_distance + self.eyes
        crop = Crop(self.image_size, tuple(range(5)), tuple(map(tuple, points.tolist())))
        return crop.resized(self.image_size * scale)


@dataclasses.dataclass(frozen=True)
class RenderedPhotograph:
    """An image that looks like a photograph, and the truth about it.

    Attributes:
      image: float32 sRGB [S, S, 3] in 0..1.
      points: float32 [5, 2], the `FIVE_POINTS` as the detector sees them, in pixels.
      box: left, top, right and bottom of the face, in pixels.
      expression: float32 [E], the coefficients of its expression.
      yaw_deg: how far the head is turned to the side.
      pitch_deg: how far it is turned up or down.
    """

    image: np.ndarray
    points: np.ndarray
    box: tuple[float, float, float, float]
    expression: np.ndarray
    yaw_deg: float
    pitch_deg: float


class Photographer:
    """Takes pictures of persons."""

    def __init__(self, model: MorphableModel):
        """Binds a face model.

        Args:
          model: a face model with expressions and with the landmarks of the five points.
        """
        self._model = model
        self._hair = HairShell(model)
        self._glasses = Glasses(model)
        self._five_points = five_points(model)

    def __call__(
        self, person: Person, framing: Framing, generator: np.random.Generator
    ) -> RenderedPhotograph:
        """Takes one picture.

        Everything in which pictures of a person differ is drawn here: expression, pose, light,
        clothes, background and the camera's effects.

        Args:
          person: whom to show.
          framing: where the face lies in the picture.
          generator: of the random numbers.
        """
        expression = np.zeros(self._model.expression_components, np.float32)
        count = min(_EXPRESSIONS, len(expression))
        expression[:count] = generator.normal(0, _EXPRESSION_DEVIATION, count)
        yaw, pitch = generator.normal(0, 17), generator.normal(0, 7)
        yaw, pitch = float(np.clip(yaw, -40, 40)), float(np.clip(pitch, -18, 18))
        scene = fixed_scene(yaw, pitch)._replace(
            camera_distance=tf.constant(1 / generator.uniform(1 / 3000, 1 / 800), tf.float32)
        )
        vertices = self._model.decode_shape(person.shape[None], expression[None])
        view = _View(self._model, framing.crop(_SUPERSAMPLING), vertices, scene)
        image = self._draw(person, view, vertices[0].numpy(), np.radians(yaw), generator)
        size = (framing.image_size, framing.image_size)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        points = (view.pixels(self._five_points(vertices)[0].numpy()) + 0.5) / _SUPERSAMPLING - 0.5
        face = (view.pixels(vertices[0].numpy()) + 0.5) / _SUPERSAMPLING - 0.5
        return RenderedPhotograph(
            photograph_effects(np.clip(image, 0, 1), generator),
            points.astype(np.float32),
            self._box(face),
            expression,
            yaw,
            pitch,
        )

    def _draw(self, person, view, vertices, yaw, generator):
        """Draws the scene without the camera's effects: float32 sRGB [S', S', 3]."""
        model, style = self._model, person.style
        normals = model.vertex_normals(vertices[None])[0].numpy()
        colors = model.decode_texture(person.texture[None], "linear")[0].numpy()
        collar = model.mean_vertices[:, 1] < _COLLAR_MM
        cloth = generator.uniform(0.02, 0.4) + generator.uniform(-0.02, 0.12, 3)
        colors[collar] = cloth
        surfaces = [(vertices, normals, colors, model.triangles, 0.0)]
        if style.hair_mm:
            hair, triangles, over = self._hair(vertices, normals, style, generator)
            shades = np.array(style.hair_color) * generator.uniform(0.75, 1.25, (len(over), 1))
            surfaces.append((hair, normals[over], shades, triangles, 1.0))
        environment = random_environment(generator)
        lit, hairy, coverage = view.rasterize(surfaces, environment)
        rows = cv2.GaussianBlur(
            generator.normal(size=hairy.shape).astype(np.float32), (0, 0), 0.8, sigmaY=9
        )
        lit *= np.exp(1.6 * rows * hairy)[..., None]
        srgb = linear_to_srgb(tf.constant(np.clip(lit, 0, 1), tf.float32)).numpy()
        background = random_background(len(srgb), generator)
        if collar.any():
            forward = environment.irradiance(np.array([[0.0, 0.3, 0.95]]))
            color = linear_to_srgb(tf.constant(np.clip(cloth * forward, 0, 1), tf.float32))
            _draw_torso(background, view, vertices[collar], color.numpy()[0])
        image = np.where(coverage[..., None] > 0.5, srgb, background)
        if style.hair_mm and style.fringe:
            self._draw_fringe(image, view, hair, over, srgb[hairy > 0.5], generator)
        if style.glasses:
            self._glasses.draw(image, vertices, view.pixels, style, yaw, generator)
        return image

    def _draw_fringe(self, image, view, hair, over, seen, generator):
        x, y, z = self._model.mean_vertices[over].T
        front = hair[(z > 75) & (np.abs(x) < 45) & (y < 105)]
        down = view.pixels(np.array([[0.0, 40.0, 110.0], [0.0, 78.0, 110.0]]))
        light = seen.mean(axis=0) if len(seen) else (0.1, 0.1, 0.1)
        draw_fringe(image, view.pixels(front), down[0] - down[1], light, generator)

    def _box(self, pixels):
        """The box around the face, without ears, neck and scalp: left, top, right, bottom."""
        x, y, z = self._model.mean_vertices.T
        face = pixels[(z > 40) & (y > -78) & (y < 75)]
        return (*face.min(axis=0).tolist(), *face.max(axis=0).tolist())


def _draw_torso(image, view, shoulders, color):
    """Draws a body into the background, in place, below where the face model's bust ends."""
    low = shoulders[shoulders[:, 1] < np.percentile(shoulders[:, 1], 60)]
    waist = low * (1.35, 1.0, 1.0) - (0.0, 450.0, 0.0)
    outline = cv2.convexHull(np.float32(view.pixels(np.concatenate([low, waist]))))
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.fillConvexPoly(mask, np.int32(outline), 1.0)
    image += (color - image) * mask[..., None]


class _View:
    """One camera that looks at one face."""

    def __init__(self, model, crop, vertices, scene):
        self._size = crop.image_size
        renderer = FaceRenderer(model, crop)
        self._matrix = renderer.model_to_clip(vertices, stack_scenes([scene], 1))[0, 0].numpy()
        self._rotation = scene.rotation.numpy()

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Points [P, 3] mm to pixels [P, 2], integers at centers."""
        clip = self._clip(points)
        return (clip[:, :2] / clip[:, 3:] * (1, -1) + 1) * (self._size / 2) - 0.5

    def rasterize(self, surfaces, environment):
        """Draws (vertices, normals, linear colors, triangles, hairiness) of several surfaces.

        Returns:
          Lit linear RGB [S, S, 3], hairiness and coverage [S, S]; row 0 at the top.
        """
        attributes, clips, triangles, first = [], [], [], 0
        for vertices, normals, colors, faces, hairiness in surfaces:
            turned = normals @ self._rotation.T
            gloss = _GLOSS * (1 - hairiness) * environment.gloss(turned)
            lit = colors * environment.irradiance(turned) + gloss
            marks = np.tile([hairiness, 1.0], (len(vertices), 1))
            attributes.append(np.concatenate([lit, marks], axis=1))
            clips.append(self._clip(vertices))
            triangles.append(faces + first)
            first += len(vertices)
        pixels = rasterize_triangles.rasterize_clip_space(
            np.concatenate(clips)[None].astype(np.float32),
            np.concatenate(attributes)[None].astype(np.float32),
            np.concatenate(triangles).astype(np.int32),
            self._size,
            self._size,
            [0.0] * 5,
        )
        # The rasterizer puts the bottom into row 0.
        image = pixels[0].numpy()[::-1]
        return image[..., :3].copy(), image[..., 3], image[..., 4]

    def _clip(self, points):
        return points @ self._matrix[:, :3].T + self._matrix[:, 3]
