"""Draws a face model: its mean, and what its first components change."""

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw

from mesh_renderer import mesh_renderer
from mesh_renderer.vertex_normals import vertex_normals
from model.color import linear_to_srgb, srgb_to_linear
from model.morphable_model import MorphableModel
from model.scene import rotation_matrix

_PIXELS = 176
_SUPERSAMPLING = 2
_FIELD_OF_VIEW_DEG = 18.0
_CAPTION = 16
# Half the height that the picture shows, in diagonals of the box around the mean face.
_FRAME = 0.45
_BACKGROUND = (0.92, 0.92, 0.92)
_GRAY = 0.62
_LANDMARK = (220, 30, 30)


class FaceArtist:
    """Draws faces of a model from a fixed distance and in a fixed light. It needs no landmarks."""

    def __init__(self, model: MorphableModel, pixels: int = _PIXELS):
        """Aims the camera at the middle of the mean face."""
        self._triangles = model.triangles
        self._pixels = pixels
        low, high = model.mean_vertices.min(axis=0), model.mean_vertices.max(axis=0)
        self._center = (low + high) / 2
        half = np.radians(_FIELD_OF_VIEW_DEG / 2)
        self._distance = float(np.linalg.norm(high - low) * _FRAME / np.tan(half))

    def draw(self, vertices: np.ndarray, colors: np.ndarray, yaw_deg: float = 0.0) -> np.ndarray:
        """Draws one face.

        Args:
          vertices: float32 [N, 3] mm; colors: float32 [N, 3] sRGB in 0..1.
          yaw_deg: positive turns the subject to its left, the viewer's right.

        Returns:
          uint8 RGB [pixels, pixels, 3].
        """
        rotation = rotation_matrix(np.radians(yaw_deg), 0.0).numpy()
        turned = ((vertices - self._center) @ rotation.T).astype(np.float32)
        distance, size = self._distance, self._pixels * _SUPERSAMPLING
        rgba = mesh_renderer.mesh_renderer(
            tf.constant(turned[None]),
            self._triangles,
            vertex_normals(turned[None], self._triangles),
            srgb_to_linear(tf.constant(colors[None], tf.float32)),
            camera_position=[0.0, 0.0, distance],
            camera_lookat=[0.0, 0.0, 0.0],
            camera_up=[0.0, 1.0, 0.0],
            light_positions=[[[-700.0, 900.0, 1800.0], [1500.0, 300.0, 900.0]]],
            light_intensities=[[[0.55] * 3, [0.25] * 3]],
            image_width=size,
            image_height=size,
            ambient_color=[[0.28] * 3],
            fov_y=_FIELD_OF_VIEW_DEG,
            near_clip=distance / 4,
            far_clip=distance * 2,
        )[0]
        rgb = linear_to_srgb(tf.clip_by_value(rgba[..., :3], 0.0, 1.0))
        image = tf.where(rgba[..., 3:] > 0, rgb, _BACKGROUND).numpy()
        blocks = image.reshape(self._pixels, _SUPERSAMPLING, self._pixels, _SUPERSAMPLING, 3)
        return np.uint8(blocks.mean(axis=(1, 3)) * 255 + 0.5)

    def pixels_of(self, points: np.ndarray) -> np.ndarray:
        """Projects points [P, 3] of an unturned face into its picture: float [P, 2] pixels."""
        away = points - self._center
        scale = self._pixels / 2 / np.tan(np.radians(_FIELD_OF_VIEW_DEG / 2))
        plane = away[:, :2] / (self._distance - away[:, 2:]) * (scale, -scale)
        return plane + self._pixels / 2


def mean_sheet(models: dict[str, MorphableModel], pixels: int = 256) -> np.ndarray:
    """Draws the mean faces of models, a row for each: in color and without, from two sides.

    Args:
      models: face models by what is written beside them.
      pixels: the width and height of the picture of one face.

    Returns:
      uint8 RGB [H, W, 3].
    """
    rows = []
    for name, model in models.items():
        artist = FaceArtist(model, pixels)
        mean, colors = _decode(model)
        kinds = (name, colors), (f"{name}, without color", np.full_like(colors, _GRAY))
        rows.append(
            [(text, artist.draw(mean, own, yaw)) for text, own in kinds for yaw in (0, -40)]
        )
    return _sheet(rows)


def model_sheet(model: MorphableModel, components: int = 4, pixels: int = _PIXELS) -> np.ndarray:
    """Draws the mean from three sides and with its landmarks, and components at ±3 deviations.

    Args:
      model: the face model.
      components: how many components of each kind to draw.
      pixels: the width and height of the picture of one face.

    Returns:
      uint8 RGB [H, W, 3].
    """
    artist = FaceArtist(model, pixels)
    mean, colors = _decode(model)
    rows = [
        [(f"mean, yaw {yaw}", artist.draw(mean, colors, yaw)) for yaw in (0, -40, 40)]
        + [("without color", artist.draw(mean, np.full_like(colors, _GRAY)))]
        + [_landmark_cell(artist, model, mean, colors)]
    ]
    for kind, count in (
        ("shape", model.shape_components),
        ("texture", model.texture_components),
        ("expression", model.expression_components),
    ):
        cells = []
        for k in range(min(components, count)):
            for sign in (-3.0, 3.0):
                face = _decode(model, kind, k, sign)
                cells.append((f"{kind} {k + 1}: {sign:+.0f} sd", artist.draw(*face)))
        if cells:
            rows.append(cells)
    return _sheet(rows)


def _decode(model, kind=None, index=0, value=0.0):
    """Vertices [N, 3] and colors [N, 3] of a face with one coefficient that is not 0."""
    sizes = {
        "shape": model.shape_components,
        "texture": model.texture_components,
        "expression": model.expression_components,
    }
    values = {name: np.zeros([1, size], np.float32) for name, size in sizes.items()}
    if kind:
        values[kind][0, index] = value
    expression = values["expression"] if kind == "expression" else None
    vertices = model.decode_shape(values["shape"], expression)
    return vertices[0].numpy(), model.decode_texture(values["texture"])[0].numpy()


def _landmark_cell(artist, model, mean, colors):
    picture = Image.fromarray(artist.draw(mean, colors))
    draw = ImageDraw.Draw(picture)
    known = [] if model.landmarks_68 is None else model.landmarks_68[model.landmarks_68 >= 0]
    vertices = sorted({*model.landmarks.values(), *map(int, known)})
    if vertices:
        for x, y in artist.pixels_of(mean[vertices]):
            draw.ellipse([x - 1.3, y - 1.3, x + 1.3, y + 1.3], fill=_LANDMARK)
    return f"{len(vertices)} landmarks", np.array(picture)


def _sheet(rows):
    """Puts rows of pictures and their captions onto one picture, uint8 RGB."""
    height, width = rows[0][0][1].shape[:2]
    columns = max(map(len, rows))
    size = (columns * width, len(rows) * (height + _CAPTION))
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for i, row in enumerate(rows):
        for j, (caption, picture) in enumerate(row):
            corner = (j * width, i * (height + _CAPTION))
            draw.text((corner[0] + 4, corner[1] + 2), caption, fill="black")
            sheet.paste(Image.fromarray(picture), (corner[0], corner[1] + _CAPTION))
    return np.array(sheet)
