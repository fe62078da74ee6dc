"""Shaded images: golden files, shading's conventions and singular inputs, and optimizations."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from mesh_renderer import camera_utils, mesh_renderer
from tests.mesh_renderer import golden_scenes, meshes, reference

UNIT_NORMALS = reference.normalize(meshes.CUBE_VERTICES).astype(np.float32)


def render_scene(scene, width=golden_scenes.WIDTH, height=golden_scenes.HEIGHT):
    return mesh_renderer.mesh_renderer(
        scene["vertices"][None],
        meshes.CUBE_TRIANGLES,
        scene["normals"][None],
        scene["diffuse"][None],
        tf.constant(golden_scenes.CAMERA, tf.float32),
        tf.zeros([3]),
        tf.constant([0.0, 1.0, 0.0]),
        scene["lights"][None],
        scene["intensities"][None],
        width,
        height,
        specular_colors=scene["specular"][None],
        shininess_coefficients=scene["shininess"],
        ambient_color=scene["ambient"][None],
        legacy=scene["legacy"],
        **golden_scenes.CAMERA_OPTIONS,
    )


@pytest.mark.parametrize("name", golden_scenes.SCENES)
def test_golden(name, tmp_path):
    image = golden_scenes.to_bytes(render_scene(golden_scenes.SCENES[name])[0].numpy())
    golden = np.asarray(Image.open(golden_scenes.FOLDER / f"{name}.png"))
    difference = np.abs(image.astype(int) - golden).max(axis=-1)
    if (difference > 1).mean() > 1e-3:
        Image.fromarray(image).save(tmp_path / f"{name}.png")
        pytest.fail(f"{(difference > 1).sum()} pixels differ: see {tmp_path / name}.png")


def test_row_0_is_the_top():
    scene = golden_scenes.SCENES["cube_one_light"]
    high = dict(scene, vertices=scene["vertices"] + np.array([0, 1.5, 0], np.float32))
    alpha = render_scene(high)[0, :, :, 3].numpy()
    assert alpha[: golden_scenes.HEIGHT // 2].sum() > 2 * alpha[golden_scenes.HEIGHT // 2 :].sum()


def test_specular_does_not_depend_on_the_resolution():
    scene = golden_scenes.SCENES["cube_two_lights"]
    small, large = (render_scene(scene, 32 * s, 32 * s)[0].numpy() for s in (1, 4))
    averaged = large.reshape(32, 4, 32, 4, 4).mean(axis=(1, 3))
    inside = averaged[..., 3] == 1
    assert np.abs(small - averaged)[inside].mean() < 0.01


def test_shininess_as_scalar_per_image_and_per_vertex():
    scene = golden_scenes.SCENES["cube_two_lights"]
    expected = render_scene(scene)
    for shininess in ([20.0], np.full([1, 8], 20.0)):
        image = render_scene(dict(scene, shininess=tf.constant(shininess, tf.float32)))
        np.testing.assert_allclose(image, expected, atol=1e-5)


def test_negative_diffuse_color_makes_no_hole():
    scene = dict(golden_scenes.SCENES["cube_one_light"], diffuse=-meshes.CUBE_COLORS)
    covered = render_scene(golden_scenes.SCENES["cube_one_light"])[0, ..., 3].numpy()
    np.testing.assert_array_equal(render_scene(scene)[0, ..., 3], covered)
    assert render_scene(dict(scene, legacy=True))[0, ..., 3].numpy().sum() == 0


def pixel_inputs(position):
    """Makes one pixel that faces +z, with light and camera both at `position`."""
    up = tf.constant([[[[0.0, 0.0, 1.0]]]])
    return {
        "normals": up,
        "alphas": tf.ones([1, 1, 1]),
        "pixel_positions": tf.zeros([1, 1, 1, 3]),
        "light_positions": tf.constant([[position]]),
        "light_intensities": tf.ones([1, 1, 3]),
        "diffuse_colors": tf.fill([1, 1, 1, 3], 0.25),
        "camera_position": tf.constant([position]),
        "specular_colors": tf.fill([1, 1, 1, 3], 0.5),
        "shininess_coefficients": tf.constant([2.0]),
    }


def test_light_ahead_of_a_pixel():
    rgba = mesh_renderer.phong_shader(**pixel_inputs([0.0, 0.0, 3.0]))
    np.testing.assert_allclose(rgba[0, 0, 0], [0.75, 0.75, 0.75, 1.0], atol=1e-6)


@pytest.mark.parametrize("missing", ["camera_position", "specular_colors"])
def test_no_specular_light_without_camera_or_color(missing):
    rgba = mesh_renderer.phong_shader(**dict(pixel_inputs([0.0, 0.0, 3.0]), **{missing: None}))
    np.testing.assert_allclose(rgba[0, 0, 0], [0.25, 0.25, 0.25, 1.0], atol=1e-6)


SINGULAR_LIGHTS = {
    "behind": [0.0, 0.0, -3.0],
    "grazing": [3.0, 0.0, 0.0],
    "at the pixel": [0.0, 0.0, 0.0],
    "ahead": [0.0, 0.0, 3.0],
}


@pytest.mark.parametrize("shininess", [0.3, 1.0, 20.0])
@pytest.mark.parametrize("position", SINGULAR_LIGHTS.values(), ids=SINGULAR_LIGHTS)
def test_shading_has_finite_gradients(position, shininess):
    arguments = dict(
        pixel_inputs(position),
        ambient_color=tf.ones([1, 3]),
        shininess_coefficients=tf.constant([shininess]),
    )
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        loss = tf.reduce_sum(mesh_renderer.phong_shader(**arguments))
    for name, gradient in tape.gradient(loss, arguments).items():
        assert gradient is None or np.isfinite(gradient.numpy()).all(), name


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.2])
def test_tone_mapper(gamma):
    image = tf.constant(np.random.default_rng(0).uniform(0.1, 3, [2, 4, 5, 3]), tf.float32)
    mapped = mesh_renderer.tone_mapper(image, gamma)
    power = image.numpy() ** gamma
    np.testing.assert_allclose(mapped, power / power.max(axis=(1, 2, 3), keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(mesh_renderer.tone_mapper(image, gamma, legacy=True), mapped)


def test_tone_mapper_of_black_and_of_negative_values():
    image = tf.stack(
        [tf.zeros([2, 2, 3]), tf.constant(np.linspace(-1, 1, 12).reshape(2, 2, 3), tf.float32)]
    )
    with tf.GradientTape() as tape:
        tape.watch(image)
        mapped = mesh_renderer.tone_mapper(image, 0.7)
    assert np.isfinite(tape.gradient(mapped, image).numpy()).all()
    assert mapped[0].numpy().max() == 0 and mapped[1].numpy().max() == 1
    assert np.isnan(mesh_renderer.tone_mapper(image, 0.7, legacy=True).numpy()).any()


def render_cube(angles, size=64):
    turn = camera_utils.euler_matrices(angles)[:, :3, :3]
    return mesh_renderer.mesh_renderer(
        tf.matmul(meshes.CUBE_VERTICES[None], turn, transpose_b=True),
        meshes.CUBE_TRIANGLES,
        tf.matmul(UNIT_NORMALS[None], turn, transpose_b=True),
        tf.ones([1, 8, 3]),
        tf.constant([0.0, 0.0, 6.0]),
        tf.zeros([3]),
        tf.constant([0.0, 1.0, 0.0]),
        tf.constant([[[0.0, 0.0, 6.0]]]),
        tf.ones([1, 1, 3]),
        size,
        size,
    )


def test_optimization_recovers_the_pose_of_a_cube():
    target_angles = tf.constant([[-20.0, 0.0, 60.0]])
    target = render_cube(target_angles)
    angles = tf.Variable([[0.0, 0.0, 0.0]])
    velocity = tf.Variable(tf.zeros_like(angles))

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(render_cube(angles) - target))
        gradient = tf.clip_by_norm(tape.gradient(loss, angles), 1.0)
        velocity.assign(0.1 * velocity + gradient)
        angles.assign_sub(0.7 * velocity)
        return loss

    first = step()
    for _ in range(60):
        step()
    image = render_cube(angles)
    assert tf.reduce_mean(tf.abs(image - target)) < 0.1 * first
    off = tf.reduce_max(tf.abs(image - target), axis=-1) > 0.04
    assert np.mean(off) < 0.01
