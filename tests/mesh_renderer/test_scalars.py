"""Scalar arguments: taken from Python, NumPy and TensorFlow, or refused by name."""

import numpy as np
import pytest
import tensorflow as tf

from mesh_renderer import camera_utils, mesh_renderer, rasterize_triangles
from tests.mesh_renderer import meshes

CLIP = meshes.project(meshes.CUBE_VERTICES)[None]
LIGHT = np.ones([1, 1, 3], np.float32)
FUNCTIONS = {
    "rasterize": (
        rasterize_triangles.rasterize,
        {
            "world_space_vertices": meshes.CUBE_VERTICES[None],
            "attributes": meshes.CUBE_COLORS[None],
            "triangles": meshes.CUBE_TRIANGLES,
            "camera_matrices": np.eye(4, dtype=np.float32)[None],
            "image_width": 8,
            "image_height": 6,
            "background_value": [0.0] * 3,
        },
    ),
    "rasterize_clip_space": (
        rasterize_triangles.rasterize_clip_space,
        {
            "clip_space_vertices": CLIP,
            "attributes": meshes.CUBE_COLORS[None],
            "triangles": meshes.CUBE_TRIANGLES,
            "image_width": 8,
            "image_height": 6,
            "background_value": [0.0] * 3,
        },
    ),
    "rasterize_barycentric_coordinates": (
        rasterize_triangles.rasterize_barycentric_coordinates,
        {
            "clip_space_vertices": CLIP,
            "triangles": meshes.CUBE_TRIANGLES,
            "image_width": 8,
            "image_height": 6,
        },
    ),
    "rasterize_triangles": (
        rasterize_triangles.rasterize_triangles_module.rasterize_triangles,
        {
            "vertices": CLIP[0],
            "triangles": meshes.CUBE_TRIANGLES,
            "image_width": 8,
            "image_height": 6,
        },
    ),
    "mesh_renderer": (
        mesh_renderer.mesh_renderer,
        {
            "vertices": meshes.CUBE_VERTICES[None],
            "triangles": meshes.CUBE_TRIANGLES,
            "normals": meshes.CUBE_VERTICES[None],
            "diffuse_colors": meshes.CUBE_COLORS[None],
            "camera_position": [0.0, 0.0, 6.0],
            "camera_lookat": [0.0, 0.0, 0.0],
            "camera_up": [0.0, 1.0, 0.0],
            "light_positions": 6 * LIGHT,
            "light_intensities": LIGHT,
            "specular_colors": meshes.CUBE_COLORS[None],
            "shininess_coefficients": 4.0,
            "image_width": 8,
            "image_height": 6,
        },
    ),
    "phong_shader": (
        mesh_renderer.phong_shader,
        {
            "normals": np.ones([1, 2, 2, 3], np.float32),
            "alphas": np.ones([1, 2, 2], np.float32),
            "pixel_positions": np.zeros([1, 2, 2, 3], np.float32),
            "light_positions": 6 * LIGHT,
            "light_intensities": LIGHT,
            "diffuse_colors": np.ones([1, 2, 2, 3], np.float32),
            "camera_position": LIGHT[0],
            "specular_colors": np.ones([1, 2, 2, 3], np.float32),
            "shininess_coefficients": 4.0,
        },
    ),
    "tone_mapper": (mesh_renderer.tone_mapper, {"image": np.ones([1, 2, 2, 3], np.float32)}),
    "perspective": (
        camera_utils.perspective,
        {"aspect_ratio": 1.5, "fov_y": [40.0], "near_clip": [0.1], "far_clip": [9.0]},
    ),
    "look_at": (
        camera_utils.look_at,
        {"eye": [[0.0, 0.0, 6.0]], "center": np.zeros([1, 3]), "world_up": [[0.0, 1.0, 0.0]]},
    ),
}
SIZES = [
    (name, size)
    for name, (_, arguments) in FUNCTIONS.items()
    for size in arguments
    if size in ("image_width", "image_height")
]


def call(name, **changes):
    function, arguments = FUNCTIONS[name]
    return function(**(arguments | changes))


def shape_of(output):
    """The shape of an image, or of the z buffer of a framebuffer."""
    if isinstance(output, rasterize_triangles.Framebuffer):
        return output.z_buffer.shape
    return tf.nest.flatten(output)[0].shape


def whole_numbers(value):
    """A number as all that may be given for it."""
    return [
        *(np.int32(value), np.uint8(value), np.array(value)),
        *(tf.constant(value), tf.constant(value, tf.int64), tf.Variable(value)),
    ]


@pytest.mark.parametrize("name, size", SIZES)
def test_sizes_of_numpy_and_tensorflow(name, size):
    expected = shape_of(call(name, **{size: 5}))
    for value in whole_numbers(5):
        assert shape_of(call(name, **{size: value})) == expected


NO_SIZES = [0, -3, 2.0, 2.5, True, np.bool_(True), "8", None, [8], np.float32(8), 2**31, 2**70]
NO_SIZES += map(tf.constant, (8.0, [8], True, "8", -3))


@pytest.mark.parametrize("name, size", SIZES)
@pytest.mark.parametrize("value", NO_SIZES, ids=repr)
def test_no_sizes(name, size, value):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"^{size} "):
        call(name, **{size: value})


@pytest.mark.parametrize("name, size", SIZES)
def test_sizes_that_are_not_known_while_tracing(name, size):
    @tf.function
    def render(value):
        call(name, **{size: value})

    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{size} must be known when"):
        render(tf.constant(8))


def test_a_constant_inside_of_a_function_is_known():
    @tf.function
    def render():
        return call("mesh_renderer", image_width=tf.constant(5))

    assert render().shape == [1, 6, 5, 4]


FLAGS = [
    *(("rasterize", "antialiased"), ("rasterize_clip_space", "antialiased")),
    *(("mesh_renderer", "antialiased"), ("mesh_renderer", "legacy"), ("phong_shader", "legacy")),
    *(("look_at", "legacy"), ("tone_mapper", "legacy")),
]


@pytest.mark.parametrize("name, flag", FLAGS)
def test_flags(name, flag):
    gamma = {"gamma": 0.5} if name == "tone_mapper" else {}
    for value in (np.bool_(True), 1, tf.constant(True)):
        expected = call(name, **gamma, **{flag: True})
        np.testing.assert_array_equal(call(name, **gamma, **{flag: value}), expected)
    for value in ("False", None, 2, 1.0, [True], tf.constant([True])):
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"^{flag} must be True or False"):
            call(name, **gamma, **{flag: value})

    @tf.function
    def render(value):
        return call(name, **gamma, **{flag: value})

    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{flag} must be known when"):
        render(tf.constant(True))


@pytest.mark.parametrize("name", ["rasterize", "rasterize_barycentric_coordinates"])
def test_culling(name):
    call(name, culling=tf.constant("back"))
    call(name, culling=np.str_("back"))
    for value in ("Back", "", None, 1, ["back"], True):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="^culling must be one of none, back, front, got"
        ):
            call(name, culling=value)


NUMBERS = [
    *(("mesh_renderer", "fov_y"), ("mesh_renderer", "near_clip"), ("mesh_renderer", "far_clip")),
    *(("mesh_renderer", "shininess_coefficients"), ("phong_shader", "shininess_coefficients")),
    *(("tone_mapper", "gamma"), ("perspective", "aspect_ratio")),
]


@pytest.mark.parametrize("name, number", NUMBERS)
def test_numbers(name, number):
    expected = call(name, **{number: 2.0})
    for value in (2, np.int64(2), np.float64(2), np.array(2.0), tf.constant(2.0), tf.Variable(2.0)):
        np.testing.assert_array_equal(call(name, **{number: value}), expected)
    for value in ("2", None, True, np.bool_(True), tf.constant(2), tf.constant(2.0, tf.float64)):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=f"^{number}|^specular_colors (and|need) "
        ):
            call(name, **{number: value})


@pytest.mark.parametrize("name, number", NUMBERS)
def test_numbers_of_another_batch(name, number):
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"^{number} must .*got \(3, 5, 7\)"):
        call(name, **{number: np.ones([3, 5, 7], np.float32)})
    if number not in ("gamma", "aspect_ratio"):
        with pytest.raises(tf.errors.InvalidArgumentError, match=rf"^{number} must .*got \(3,"):
            call(name, **{number: tf.fill([3], 2.0)})


OUT_OF_RANGE = {
    "aspect_ratio": (0.0, -1.0, np.nan, np.inf),
    "fov_y": ([0.0], [180.0], [-40.0], [np.nan]),
    "near_clip": ([0.0], [-0.1], [np.nan]),
    "far_clip": ([0.1], [0.05], [np.nan], [np.inf]),
}


@pytest.mark.parametrize("number", OUT_OF_RANGE)
def test_cameras_that_see_nothing(number):
    for value in OUT_OF_RANGE[number]:
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"^{number}"):
            call("perspective", **{number: value})


def test_gamma_out_of_range():
    with pytest.raises(tf.errors.InvalidArgumentError, match="^gamma must be 0 or more"):
        call("tone_mapper", gamma=-1.0)
