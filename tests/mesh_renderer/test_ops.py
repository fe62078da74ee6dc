"""The ops check their inputs themselves, whoever calls them; and emptiness is no fault."""

import numpy as np
import pytest
import tensorflow as tf

from mesh_renderer import mesh_renderer, rasterize_triangles
from mesh_renderer.kernel_library import ops
from mesh_renderer.vertex_normals import vertex_normals
from tests.mesh_renderer import meshes


def empty(*sizes):
    """A tensor without values, one size of which may be huge."""
    return tf.reshape(tf.zeros([0]), tf.constant(sizes, tf.int64))


def empty_ids(*sizes):
    return tf.cast(empty(*sizes), tf.int32)


def floats(*sizes):
    return np.zeros(sizes, np.float32)


def ids(*sizes):
    return np.zeros(sizes, np.int32)


MESH = {
    "clip_space_vertices": floats(1, 3, 4),
    "triangles": ids(1, 3),
}
INTERPOLATION = MESH | {"attributes": floats(1, 3, 2), "background": np.ones(2, np.float32)}


@pytest.mark.parametrize("height, width", [(2, 0), (0, 2), (0, 0)])
def test_images_without_pixels(height, width):
    image = ops.mesh_renderer_interpolate_mesh(**INTERPOLATION, triangle_ids=ids(1, height, width))
    assert image.shape == [1, height, width, 2]
    gradients = ops.mesh_renderer_interpolate_mesh_grad(
        **INTERPOLATION,
        triangle_ids=ids(1, height, width),
        d_image=floats(1, height, width, 2),
    )
    for gradient in gradients:
        np.testing.assert_array_equal(gradient, np.zeros(gradient.shape))


def test_any_number_of_images_without_pixels_takes_no_time():
    many = 2**40
    assert ops.mesh_renderer_barycentrics(
        clip_space_vertices=empty(many, 0, 4),
        triangles=ids(0, 3),
        triangle_ids=empty_ids(many, 5, 0),
    ).shape == [many, 5, 0, 3]
    assert ops.mesh_renderer_vertex_normals(
        vertices=empty(many, 0, 3), triangles=ids(0, 3)
    ).normals.shape == [many, 0, 3]
    d = ops.mesh_renderer_interpolate_mesh_grad(
        clip_space_vertices=empty(many, 0, 4),
        triangles=ids(0, 3),
        triangle_ids=empty_ids(many, 0, 5),
        attributes=empty(many, 0, 2),
        background=floats(2),
        d_image=empty(many, 0, 5, 2),
    )
    np.testing.assert_array_equal(d.d_background, [0, 0])


# Each holds sizes whose product leaves 64 bits: TensorFlow ends the process where it meets one.
OVERFLOWS = {
    "batch of visibility": lambda: ops.mesh_renderer_visibility(
        clip_space_vertices=empty(2**40, 0, 4),
        triangles=ids(0, 3),
        image_width=16383,
        image_height=8000,
    ),
    "channels of attributes": lambda: ops.mesh_renderer_interpolate_mesh(
        **(INTERPOLATION | {"attributes": empty(0, 3, 2**61)}), triangle_ids=ids(1, 2, 2)
    ),
    "lights": lambda: vertex_shading(light_positions=empty(0, 2**61, 3)),
    "channels of an image": lambda: ops.mesh_renderer_antialias(
        **MESH,
        triangle_ids=ids(1, 2, 2),
        z_buffer=floats(1, 2, 2),
        image=empty(0, 2, 2, 2**61),
        row_0_is_top=False,
    ),
}


def vertex_shading(**changes):
    arguments = MESH | {
        "triangle_ids": ids(1, 2, 2),
        "normals": floats(1, 3, 3),
        "positions": floats(1, 3, 3),
        "diffuse_colors": floats(1, 3, 3),
        "specular_colors": floats(0),
        "shininess_coefficients": floats(0),
        "light_positions": floats(1, 1, 3),
        "light_intensities": floats(1, 1, 3),
        "ambient_color": floats(1, 3),
        "camera_position": floats(0),
        "specular": False,
    }
    return ops.mesh_renderer_phong_mesh(**(arguments | changes))


@pytest.mark.parametrize("call", OVERFLOWS.values(), ids=OVERFLOWS)
def test_sizes_whose_product_leaves_64_bits(call):
    with pytest.raises(tf.errors.InvalidArgumentError):
        call()


@pytest.mark.parametrize(
    "attributes, message",
    [
        ({"culling": 3}, "culling must be 0, 1 or 2, got 3"),
        ({"culling": -1}, "culling must be 0, 1 or 2, got -1"),
        ({"image_width": -3}, "image_width.*-3"),
        ({"image_height": 0}, "image_height.*0"),
        ({"image_height": 16384}, "height 16384"),
    ],
)
def test_attributes_of_visibility(attributes, message):
    arguments = MESH | {"image_width": 2, "image_height": 2}
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        ops.mesh_renderer_visibility(**(arguments | attributes))
    if "image_" in message:
        with tf.Graph().as_default(), pytest.raises(ValueError, match=message):
            ops.mesh_renderer_visibility(**(arguments | attributes))


def test_meshes_too_large_for_32_bits():
    with pytest.raises(tf.errors.InvalidArgumentError, match="mesh of 536870913 vertices"):
        ops.mesh_renderer_vertex_normals(vertices=empty(0, 2**29 + 1, 3), triangles=ids(0, 3))


def render(batch, triangles=meshes.CUBE_TRIANGLES, lights=1):
    """Images and the gradients of a whole render, with respect to vertices, colors and lights."""
    vertices = tf.constant(np.tile(meshes.CUBE_VERTICES, [batch, 1, 1]))
    colors = tf.constant(np.tile(meshes.CUBE_COLORS, [batch, 1, 1]))
    light = tf.ones([batch, lights, 3])
    with tf.GradientTape() as tape:
        tape.watch([vertices, colors, light])
        images = mesh_renderer.mesh_renderer(
            vertices,
            triangles,
            vertex_normals(vertices, triangles),
            colors,
            camera_position=[0.0, 0.0, 6.0],
            camera_lookat=[0.0, 0.0, 0.0],
            camera_up=[0.0, 1.0, 0.0],
            light_positions=6.0 * light,
            light_intensities=light,
            image_width=8,
            image_height=6,
            specular_colors=colors,
            shininess_coefficients=2.0,
            antialiased=True,
        )
    return images, tape.gradient(images, [vertices, colors, light])


def test_an_empty_batch():
    """A replica that got no image renders none."""
    images, gradients = render(batch=0)
    assert images.shape == [0, 6, 8, 4]
    assert [gradient.shape[0] for gradient in gradients] == [0, 0, 0]


def test_no_triangles_and_no_lights():
    images, (by_vertices, by_colors, by_lights) = render(2, np.zeros([0, 3], np.int32), lights=0)
    np.testing.assert_array_equal(images, np.zeros([2, 6, 8, 4]))
    np.testing.assert_array_equal(by_vertices, np.zeros([2, 8, 3]))
    np.testing.assert_array_equal(by_colors, np.zeros([2, 8, 3]))
    assert by_lights.shape == [2, 0, 3]


def test_no_channels():
    image = rasterize_triangles.rasterize_clip_space(
        meshes.project(meshes.CUBE_VERTICES)[None],
        np.zeros([1, 8, 0], np.float32),
        meshes.CUBE_TRIANGLES,
        8,
        6,
        np.zeros([0], np.float32),
    )
    assert image.shape == [1, 6, 8, 0]
