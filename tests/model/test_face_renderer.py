"""Renders of faces: where they lie, what is behind them, how they are lit, and their gradients."""

import numpy as np
import pytest
import tensorflow as tf

from model.crop import Crop
from model.face_models.load import load_face_model
from model.face_renderer import FaceRenderer
from model.morphable_model import LinearModel, MorphableModel
from model.scene import N_LIGHTS, Scene, fixed_scene, rotation_matrix, stack_scenes
from model.shading import Shading
from tests.model.small_face_model import LANDMARKS, write_small_face_model

_SIZE = 48
_FIVE = Crop(_SIZE, (0, 1, 2, 3, 4), ((16, 20), (31, 20), (23.5, 28), (17.5, 36), (29.5, 36)))
# A similarity takes two points exactly to their places.
_EYES = Crop(_SIZE, (0, 1), ((16.25, 20.5), (31, 19)))
# So near that the face fills the image: nothing depends on a silhouette.
_NEAR = Crop(_SIZE, (0, 1, 2, 3, 4), ((-2, 12), (49, 12), (23.5, 24), (4, 41), (43, 41)))


@pytest.fixture(name="model", scope="module")
def _model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.h5"
    return load_face_model(write_small_face_model(path))


@pytest.fixture(name="coefficients", scope="module")
def _coefficients():
    draw = np.random.default_rng(5)
    return draw.normal(size=(2, 6)).astype(np.float32), draw.normal(size=(2, 6)).astype(np.float32)


def _scene(yaw=0.0, pitch=0.0, roll=0.0, distance=1500.0, ambient=0.0, light=0.0, compensation=0.0):
    """One scene without leading dimensions; both lights lie at the camera, angles in degrees."""
    cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    about_z = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32)
    return Scene(
        rotation=about_z @ rotation_matrix(np.radians(yaw), np.radians(pitch)),
        camera_distance=tf.constant(distance),
        light_positions=tf.constant([[0.0, 0.0, distance]] * N_LIGHTS),
        light_intensities=tf.fill([N_LIGHTS, 3], light),
        ambient=tf.fill([3], ambient),
        background=tf.fill([4, 3], 0.25),
        compensation=tf.constant(compensation),
        framing=tf.constant([1.0, 0.0, 0.0]),
    )


_POSES = [(0, 0, 0, 1500), (30, 0, 0, 1500), (-25, 12, 0, 700), (10, -15, 0, 3000), (5, 5, 40, 900)]


def _scenes(batch):
    return stack_scenes([_scene(*pose[:3], distance=float(pose[3])) for pose in _POSES], batch)


def _project(points, scene):
    """Perspective in double precision: points [P, 3] to the plane, x right and y down."""
    x, y, z = (np.float64(points) @ np.float64(scene.rotation).T).T
    depth = float(scene.camera_distance) - z
    return np.stack([x / depth, -y / depth], axis=-1)


def _similarity(source, target):
    """The least-squares map of points [P, 2], by a general solver."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        values += [u, v]
    a, b, c, d = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]
    return lambda points: points @ np.array([[a, b], [-b, a]]) + (c, d)


def test_framing_enlarges_and_moves_the_image(model, coefficients):
    renderer = FaceRenderer(model, _FIVE)
    plain = _scenes(2)
    framing = tf.constant([1.1, 0.04, -0.02])
    framed = plain._replace(framing=tf.broadcast_to(framing, plain.framing.shape))
    vertices = model.decode_shape(coefficients[0])
    before, after = (renderer.project_landmarks(vertices, x).numpy() for x in (plain, framed))
    center = (_SIZE - 1) / 2
    # Rows of an image go down.
    expected = center + 1.1 * (before - center) + _SIZE * np.array([0.04, 0.02])
    np.testing.assert_allclose(after, expected, atol=1e-3)


def test_the_points_of_a_crop_of_two_are_met_in_any_pose(model, coefficients):
    renderer = FaceRenderer(model, _EYES)
    points = renderer.project_landmarks(model.decode_shape(coefficients[0]), _scenes(2))
    assert points.shape == (2, len(_POSES), 5, 2)
    expected = np.broadcast_to(_EYES.points, (2, len(_POSES), 2, 2))
    np.testing.assert_allclose(points[:, :, :2], expected, atol=2e-3)


def test_landmarks_lie_where_a_general_solver_puts_them(model, coefficients):
    renderer = FaceRenderer(model, _FIVE)
    vertices = model.decode_shape(coefficients[0])
    points = renderer.project_landmarks(vertices, _scenes(2)).numpy()
    five = renderer._landmarks(vertices).numpy()
    for face in range(2):
        for view, pose in enumerate(_POSES):
            plane = _project(five[face], _scene(*pose[:3], distance=float(pose[3])))
            expected = _similarity(plane, np.array(_FIVE.points))(plane)
            np.testing.assert_allclose(points[face, view], expected, atol=5e-3)


def test_pixels_lie_where_vertices_are_projected(model):
    """A red spot around the tip of the nose has its center there."""
    renderer = FaceRenderer(model, _FIVE.resized(192))
    vertices = model.decode_shape(np.zeros([1, 6], np.float32))
    tip = model.landmarks["center.nose.tip"]
    distance = np.linalg.norm(vertices[0] - vertices[0, tip], axis=-1)
    colors = np.where(distance[:, None] < 15.0, (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    scenes = stack_scenes([_scene(ambient=1.0), _scene(yaw=20.0, pitch=-10.0, ambient=1.0)], 1)
    images = renderer.render_meshes(vertices, np.float32(colors[None]), scenes).numpy()[0]
    clip = renderer.clip_space(vertices, scenes).numpy()[0]
    spot = distance < 15.0
    for image, corners in zip(images, clip, strict=True):
        weights = image[..., 0] * (image[..., 2] < 0.9) * (image[..., 1] < 0.1)
        rows, columns = np.indices(weights.shape)
        center = [np.average(columns, weights=weights), np.average(rows, weights=weights)]
        ndc = corners[spot, :2] / corners[spot, 3:]
        expected = ((ndc * (1, -1) + 1) * 96 - 0.5).mean(axis=0)
        np.testing.assert_allclose(center, expected, atol=1.5)


def test_alignment_takes_roll_away(model, coefficients):
    """Under light without direction, a face that is rolled in the image plane gives one image."""
    renderer = FaceRenderer(model, _NEAR)
    scenes = stack_scenes([_scene(10, 5, roll, ambient=1.0) for roll in (0.0, 20.0, -75.0)], 2)
    images = renderer(*coefficients, scenes).numpy()
    assert images.std() > 0.01
    for rolled in (images[:, 1], images[:, 2]):
        np.testing.assert_allclose(rolled, images[:, 0], atol=2e-3)


def test_background_where_there_is_no_face(model, coefficients):
    far = Crop(_SIZE, (0, 1), ((22, 23), (25, 23)))
    scene = _scene(ambient=1.0)
    corners = np.array([[0.1, 0.2, 0.3], [0.9, 0.2, 0.3], [0.1, 0.8, 0.3], [0.9, 0.8, 0.7]])
    scene = scene._replace(background=tf.constant(corners, tf.float32))
    image = FaceRenderer(model, far)(*coefficients, stack_scenes([scene], 2)).numpy()[0, 0]
    for pixel, expected in zip(image[[0, 0, -1, -1], [0, -1, 0, -1]], corners, strict=True):
        np.testing.assert_allclose(pixel, expected, atol=1e-6)
    # Between two corners colors change evenly.
    np.testing.assert_allclose(image[0, 12], corners[0] + 12 / 47 * (corners[1] - corners[0]), 1e-5)
    # The face itself is not transparent.
    assert np.abs(image[26, 24] - corners.mean(axis=0)).max() > 0.05


def _plane(colors):
    """A square of 200 mm through the origin, facing the camera, with one color."""
    corners = np.array([[-100, -100, 0], [100, -100, 0], [100, 100, 0], [-100, 100, 0]], np.float32)
    extra = np.array([[-30, 30, 0], [30, 30, 0], [0, 0, 0], [-20, -30, 0], [20, -30, 0]])
    mean = np.concatenate([corners, np.float32(extra)])
    nothing = np.zeros([1, 3 * len(mean)], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    places = dict(zip(LANDMARKS, (4, 4, 5, 5, 6, 7, 8), strict=True))
    color = np.tile(np.float32(colors), (len(mean), 1))
    return MorphableModel(
        LinearModel(mean, nothing), LinearModel(color, nothing), triangles, places
    )


def _to_linear(x):
    return x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4


def _to_srgb(x):
    return x * 12.92 if x <= 0.0031308 else 1.055 * x ** (1 / 2.4) - 0.055


_COLOR = (0.6, 0.4, 0.02)


def _middle_of_plane(shading, **lights):
    """The color where the plane's normal points at the camera and at both lights."""
    crop = Crop(31, (0, 1), ((10, 10), (20, 10)))
    one = np.zeros([1, 1], np.float32)
    scenes = stack_scenes([_scene(**lights)], 1)
    renderer = FaceRenderer(_plane(_COLOR), crop, shading)
    vertices = renderer.face_model.decode_shape(one)
    u, v = renderer.project_landmarks(vertices, scenes)[0, 0, 2].numpy()
    # The detector's offsets put the point that is followed here a little aside of the origin.
    image = renderer(one, one, scenes).numpy()[0, 0]
    return image[round(float(v)), round(float(u))]


@pytest.mark.parametrize("color_space", ["srgb", "linear"])
def test_ambient_light_scales_the_color(color_space):
    seen = _middle_of_plane(Shading(color_space), ambient=0.5)
    if color_space == "srgb":
        expected = [0.5 * x for x in _COLOR]
    else:
        expected = [_to_srgb(0.5 * _to_linear(x)) for x in _COLOR]
    np.testing.assert_allclose(seen, expected, atol=1e-4)


@pytest.mark.parametrize("color_space", ["srgb", "linear"])
@pytest.mark.parametrize("c", [0.0, 0.3])
def test_light_from_the_camera_adds_diffuse_and_mirrored_light(color_space, c):
    """At normal incidence both lights together give I Kd + I Ks, with Ks = c - c Kd."""
    seen = _middle_of_plane(Shading(color_space, c, shininess=5.0), light=0.4)
    kd = [_to_linear(x) if color_space == "linear" else x for x in _COLOR]
    shaded = [0.8 * x + 0.8 * (c - c * x) for x in kd]
    expected = [_to_srgb(x) for x in shaded] if color_space == "linear" else shaded
    np.testing.assert_allclose(seen, expected, atol=2e-3)


def test_shininess_narrows_the_highlight():
    """Off the axis of the light a higher exponent leaves less of what is mirrored."""
    one, crop = np.zeros([1, 1], np.float32), Crop(31, (0, 1), ((12, 15), (18, 15)))
    scenes = stack_scenes([_scene(light=0.4, distance=300.0)], 1)
    images = [
        FaceRenderer(_plane(_COLOR), crop, Shading("srgb", 0.5, shininess))(one, one, scenes)
        for shininess in (1.0, 60.0)
    ]
    dull, sharp = (image.numpy()[0, 0] for image in images)
    assert np.all(dull[15, 23] > sharp[15, 23] + 0.02)


@pytest.mark.parametrize("color_space", ["srgb", "linear"])
@pytest.mark.parametrize("which", [0, 1], ids=["shape", "texture"])
def test_gradients_are_finite_and_numerically_right(model, coefficients, which, color_space):
    renderer = FaceRenderer(model, _NEAR, Shading(color_space))
    scenes = stack_scenes([fixed_scene(12.0, 5.0), fixed_scene(-20.0)], 2)
    weights = np.random.default_rng(1).normal(size=(2, 2, _SIZE, _SIZE, 3)).astype(np.float32)
    # Smooth weights: pixels that change their triangle then cancel out less.
    weights = tf.reshape(
        tf.nn.avg_pool2d(tf.reshape(weights, [4, _SIZE, _SIZE, 3]), 9, 1, "SAME"), weights.shape
    )
    # Near the mean, since a face of large coefficients hides parts of itself.
    coefficients = [0.25 * part for part in coefficients]
    variables = [tf.constant(part) for part in coefficients]

    def measure(values):
        return tf.reduce_sum(renderer(*values, scenes) * weights)

    with tf.GradientTape() as tape:
        tape.watch(variables)
        value = measure(variables)
    gradient = tape.gradient(value, variables)[which].numpy()
    assert np.all(np.isfinite(gradient)) and np.all(gradient != 0)
    numeric = np.zeros_like(gradient)
    for index in np.ndindex(*gradient.shape):
        ends = []
        for step in (0.02, -0.02):
            moved = [part.copy() for part in coefficients]
            moved[which][index] += step
            ends.append(float(measure(moved)))
        numeric[index] = (ends[0] - ends[1]) / 0.04
    np.testing.assert_allclose(gradient, numeric, atol=0.03 * np.abs(numeric).max())


def test_gradients_are_finite_where_the_face_is_black_or_unlit(model, coefficients):
    """Powers and roots have infinite slopes at 0; the gradient must not."""
    shape, _ = coefficients
    variables = [tf.constant(shape), tf.fill([2, 6], -100.0)]
    for color_space in ("srgb", "linear"):
        renderer = FaceRenderer(model, _FIVE, Shading(color_space))
        with tf.GradientTape() as tape:
            tape.watch(variables)
            value = tf.reduce_sum(renderer(*variables, stack_scenes([_scene(yaw=30.0)], 2)))
        for gradient in tape.gradient(value, variables):
            assert np.all(np.isfinite(gradient))


def test_views_of_a_batch_are_those_of_single_faces(model, coefficients):
    renderer = FaceRenderer(model, _FIVE)
    scenes = _scenes(2)._replace(ambient=tf.fill([2, len(_POSES), 3], 0.7))
    together = renderer(*coefficients, scenes).numpy()
    for face in range(2):
        alone = Scene(*(field[face : face + 1, 2:3] for field in scenes))
        part = [values[face : face + 1] for values in coefficients]
        np.testing.assert_allclose(renderer(*part, alone)[0, 0], together[face, 2], atol=1e-5)


def test_caches_made_by_earlier_versions_stay_valid(model):
    """The fingerprint is part of the key of every cache of renders: its text must not change."""
    offsets = FaceRenderer(model, _EYES)._landmarks.offsets.tolist()
    assert FaceRenderer(model, _EYES, Shading("linear", 0.2, 10.0)).fingerprint == (
        f"{model.fingerprint} Crop(image_size=48, point_indices=(0, 1), "
        "points=((16.25, 20.5), (31, 19))) linear specular=0.2 shininess=10.0 "
        f"landmarks={offsets}"
    )


@pytest.mark.parametrize("color_space", ["srgb", "linear"])
def test_exposure_makes_up_for_a_dark_face(model, color_space):
    renderer = FaceRenderer(model, _NEAR, Shading(color_space, specular=0.0))
    vertices = model.decode_shape(np.zeros([1, 6], np.float32))
    mean = model.decode_texture(np.zeros([1, 6], np.float32))
    plain = tf.ones_like(mean) * 0.5
    middles = {}
    for compensation in (0.0, 0.5, 1.0):
        scenes = stack_scenes([_scene(ambient=0.6, compensation=compensation)], 1)
        for factor in (1.0, 0.5):
            image = renderer.render_meshes(vertices, plain * factor, scenes)
            middles[compensation, factor] = image[0, 0, _SIZE // 2, _SIZE // 2, 0].numpy()
    # All of it, half of it (the root), and nothing is made up for.
    assert middles[1.0, 0.5] == pytest.approx(middles[1.0, 1.0], abs=1e-3)
    assert middles[0.0, 0.5] < middles[0.5, 0.5] < middles[1.0, 0.5]
    mean_face = stack_scenes([_scene(ambient=0.6, compensation=1.0)], 1)
    without = stack_scenes([_scene(ambient=0.6)], 1)
    np.testing.assert_allclose(
        renderer.render_meshes(vertices, mean, mean_face),
        renderer.render_meshes(vertices, mean, without),
        atol=1e-6,
    )
