"""Contact sheets of every step by which colors are learned from photographs."""

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw

from model.crop import Crop
from model.face_model_contents import FaceModelContents
from model.face_models.load import to_morphable_model
from model.face_models.painting.skin_tones import lab_to_srgb
from model.face_models.photographed import tone
from model.face_models.photographed.learn import Learned
from model.face_models.photographed.pictures import FlatArtist, sheet, wrapped
from model.face_models.photographed.portraits import LandmarkedPortraits
from model.face_renderer import FaceRenderer
from model.fitting.landmark_fit import LandmarkFitter
from model.fitting.points_on_mesh import PointsOnMesh
from model.scene import fixed_scene, stack_scenes
from storage.images import jpeg, to_bytes

_PIXELS = 160
_PEOPLE = 24
_COMPONENTS = 12
_DEVIATIONS = 2.5
_LIGHTNESS = (22, 30, 38, 46, 54, 62, 70, 78, 84)
_RANDOM = 24
# A crop that shows the whole face closely.
_CLOSE = Crop(
    image_size=192,
    point_indices=(0, 1, 2, 3, 4),
    points=((65, 79), (127, 79), (96, 113), (70, 141), (122, 141)),
)
_FOUND, _FITTED = (60, 200, 60), (230, 40, 40)


def step_sheets(
    learned: Learned,
    portraits: LandmarkedPortraits,
    face_model: FaceModelContents,
    points: PointsOnMesh,
) -> dict[str, bytes]:
    """Draws the steps on some of the portraits, always the same ones.

    Args:
      learned: the outcome on the portraits.
      portraits, points: what was learned from.
      face_model: with the learned colors.

    Returns:
      JPEG files by name, numbered in the order of the steps.
    """
    artist = FlatArtist(face_model.shape.mean, face_model.triangles, _PIXELS)
    places = np.linspace(0, len(learned.used) - 1, min(_PEOPLE, len(learned.used))).astype(int)
    sheets = {
        "1_landmark_fit.jpg": _fits(learned, portraits, face_model, points, places),
        "2_unwrapped.jpg": _unwrapped(learned, artist, places),
        "3_evened_light.jpg": _evened(learned, artist, places),
        "4_completed_faces.jpg": _completed(learned, artist, places),
        "5_tones.jpg": _tones(learned, artist),
        "6_components.jpg": _components(face_model, artist),
        "7_random_faces.jpg": _random(face_model, spread_tone=False),
        "8_random_faces_by_tone.jpg": _random(face_model, spread_tone=True),
    }
    return {name: jpeg(picture) for name, picture in sheets.items()}


def _fits(learned, portraits, face_model, points, places):
    """Photographs with the points that were found (green) and those of the fit (red)."""
    fitter, pictures = LandmarkFitter(face_model, points), []
    for k in learned.used[places]:
        fit = learned.fit[k : k + 1]
        fitted = fit.pose.project(points(np.float64(fitter.vertices(fit))))[0]
        image = Image.fromarray(portraits.image(k))
        scale = 2 * _PIXELS / image.width
        image = image.resize((2 * _PIXELS, 2 * _PIXELS))
        draw = ImageDraw.Draw(image)
        for color, pixels in ((_FOUND, portraits.points[k][: len(points)]), (_FITTED, fitted)):
            for x, y in (pixels + 0.5) * scale:
                draw.ellipse([x - 1, y - 1, x + 1, y + 1], fill=color)
        pictures.append(np.asarray(image))
    return sheet(wrapped(pictures, 6))


def _unwrapped(learned, artist, places):
    """Colors as the photographs have them, and where they are seen well."""
    seen = learned.unwrapped
    pairs = [
        [artist(seen.colors[k]), artist(seen.colors[k] * seen.weights[k][:, None])]
        for k in learned.used[places]
    ]
    return sheet(wrapped(sum(pairs, []), 8))


def _evened(learned, artist, places):
    """Colors under even light, and what of them is trusted."""
    pairs = []
    for place in places:
        k = learned.used[place]
        colors = np.exp(learned.evened.ratios[k] + learned.evened.skins[k])
        pairs.append([artist(colors), artist(colors * learned.trusted[place][:, None])])
    return sheet(wrapped(sum(pairs, []), 8))


def _completed(learned, artist, places):
    """The photographs' colors, and the same persons at the mean tone."""
    faces, eyes, pairs = learned.faces, learned.eyes, []
    for k in places:
        person = faces(faces.mean_tone, learned.deviations[:, k], eyes.irises[k], eyes.whites[k])
        pairs.append([artist(learned.unwrapped.colors[learned.used[k]]), artist(person)])
    return sheet(wrapped(sum(pairs, []), 8))


def _tones(learned, artist):
    """The mean face in skins from dark to light."""
    skins = lab_to_srgb(tone.arc(np.array(_LIGHTNESS, float)))
    return sheet([[artist(learned.faces(skin)) for skin in skins]])


def _components(face_model, artist):
    """The mean, and each of the first components at both ends."""
    color = face_model.color
    modes = color.basis * np.sqrt(color.variance)
    rows = [[artist(color.mean)]]
    ends = [
        artist(np.clip(color.mean + sign * _DEVIATIONS * modes[:, k].reshape(-1, 3), 0, 1))
        for k in range(min(_COMPONENTS, modes.shape[1]))
        for sign in (-1, 1)
    ]
    return sheet(rows + wrapped(ends, 8))


def _random(face_model, spread_tone):
    """Random faces from the front and turned, in the neutral light; from dark to light or not."""
    model = to_morphable_model(face_model, "learned")
    renderer = FaceRenderer(model, _CLOSE)
    generator = np.random.default_rng(0)
    shape = generator.normal(size=[_RANDOM, model.shape_components])
    texture = generator.normal(size=[_RANDOM, model.texture_components])
    if spread_tone:
        texture[:, 0] = np.linspace(-_DEVIATIONS, _DEVIATIONS, _RANDOM)
    scenes = stack_scenes([fixed_scene(), fixed_scene(yaw_deg=35)], _RANDOM)
    images = renderer(tf.constant(shape, tf.float32), tf.constant(texture, tf.float32), scenes)
    pictures = to_bytes(images.numpy()).reshape(-1, *images.shape[2:])
    return sheet(wrapped(list(pictures), 12))
