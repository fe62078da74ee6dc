"""Bad inputs raise InvalidArgumentError that names the input and its value, in both modes."""

import numpy as np
import pytest
import tensorflow as tf

from mesh_renderer import mesh_renderer, rasterize_triangles
from mesh_renderer.vertex_normals import vertex_normals
from tests.mesh_renderer import meshes

CLIP = meshes.project(meshes.CUBE_VERTICES)[None]
BAD_ARGUMENTS = {
    "rank of vertices": ({"clip_space_vertices": CLIP[0]}, r"clip_space_vertices.*\[.*\(8, 4\)"),
    "size of vertices": ({"clip_space_vertices": CLIP[..., :3]}, r"clip_space_vertices.*1, 8, 3"),
    "dtype of vertices": (
        {"clip_space_vertices": tf.constant(CLIP, tf.float64)},
        "clip_space_vertices.*float32.*float64",
    ),
    "rank of triangles": ({"triangles": [0, 1, 2]}, r"triangles.*\(3,\)"),
    "quads": ({"triangles": [[0, 1, 2, 3]]}, r"triangles.*1, 4"),
    "index too large": ({"triangles": [[0, 1, 2], [3, 8, 0]]}, r"triangles\[1, 1\] is 8.*8 vert"),
    "negative index": ({"triangles": [[0, 1, -1]]}, r"triangles\[0, 2\] is -1"),
    "no width": ({"image_width": 0}, "image_width.*0"),
    "negative height": ({"image_height": -3}, "image_height.*-3"),
    "fractional width": ({"image_width": 2.5}, "image_width.*2.5"),
    "batch of attributes": ({"attributes": tf.zeros([2, 8, 3])}, r"attributes.*\[2,8,3\]"),
    "rank of attributes": ({"attributes": tf.zeros([8, 3])}, r"attributes.*\(8, 3\)"),
    "vertices of attributes": (
        {"attributes": tf.zeros([1, 5, 3])},
        r"attributes.*\[1,8,3\], got \[1,5,3\]",
    ),
    "background": ({"background_value": [0.0]}, r"background_value.*\(1,\)"),
}


def rasterize(**changes):
    arguments = {
        "clip_space_vertices": CLIP,
        "attributes": meshes.CUBE_COLORS[None],
        "triangles": meshes.CUBE_TRIANGLES,
        "image_width": 8,
        "image_height": 6,
        "background_value": [0.0, 0.0, 0.0],
    }
    return rasterize_triangles.rasterize_clip_space(**{**arguments, **changes})


@pytest.mark.parametrize("changes, message", BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_eager(changes, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        rasterize(**changes)


@pytest.mark.parametrize("changes, message", BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_graph_with_unknown_shapes(changes, message):
    """What only the op can see: every tensor's shape is unknown while tracing."""
    tensors = {k: tf.convert_to_tensor(v) for k, v in changes.items() if "image_" not in k}
    sizes = {k: v for k, v in changes.items() if "image_" in k}

    @tf.function(input_signature=[{k: tf.TensorSpec(None, v.dtype) for k, v in tensors.items()}])
    def run(tensors):
        return rasterize(**tensors, **sizes)

    with pytest.raises(tf.errors.InvalidArgumentError, match=message.split(".*")[0]):
        run(tensors)


def test_static_shapes_survive_tracing():
    @tf.function(input_signature=[tf.TensorSpec([None, 8, 4], tf.float32)])
    def run(clip):
        image = rasterize(clip_space_vertices=clip)
        assert image.shape.as_list() == [1, 6, 8, 3]
        buffer = rasterize_triangles.rasterize_barycentric_coordinates(
            clip, meshes.CUBE_TRIANGLES, 8, 6
        )
        assert buffer.barycentrics.shape.as_list() == [None, 6, 8, 3]
        return image

    assert run(CLIP).shape == [1, 6, 8, 3]


def test_the_originals_users_catch_value_errors():
    with pytest.raises(ValueError, match="image_width"):
        rasterize(image_width=0)


def test_bad_framebuffer():
    buffer = rasterize_triangles.rasterize_barycentric_coordinates(
        CLIP, meshes.CUBE_TRIANGLES, 8, 6
    )
    wrong = rasterize_triangles.Framebuffer(
        buffer.barycentrics, buffer.triangle_ids + 12, buffer.z_buffer
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="triangle_ids holds .* 12 triangles"):
        rasterize_triangles.interpolate_attributes(
            wrong, meshes.CUBE_COLORS[None], meshes.CUBE_TRIANGLES, [0.0] * 3
        )


def test_framebuffer_of_another_rank():
    buffer = rasterize_triangles.Framebuffer(tf.zeros([6, 8, 3]), tf.zeros([6, 8], tf.int32), None)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"barycentrics.*\(6, 8, 3\)"):
        rasterize_triangles.interpolate_attributes(
            buffer, meshes.CUBE_COLORS[None], meshes.CUBE_TRIANGLES, [0.0] * 3
        )


def test_vertex_normals():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"triangles\[0, 1\] is 8"):
        vertex_normals(meshes.CUBE_VERTICES[None], [[0, 8, 1]])
    with pytest.raises(tf.errors.InvalidArgumentError, match="vertices must have shape"):
        vertex_normals(meshes.CUBE_VERTICES, meshes.CUBE_TRIANGLES)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"specular_colors": np.zeros([1, 8, 3], np.float32)}, "specular_colors and shininess"),
        ({"shininess_coefficients": 3.0}, "specular_colors and shininess"),
        ({"camera_position": np.zeros([2], np.float32)}, r"camera_position.*\(2,\)"),
        ({"light_positions": np.zeros([1, 3], np.float32)}, "light_positions"),
        ({"diffuse_colors": np.zeros([1, 8, 4], np.float32)}, "diffuse_colors"),
        ({"image_height": 0}, "image_height must be > 0, got 0"),
        ({"image_width": 0}, "image_width must be > 0, got 0"),
    ],
)
def test_mesh_renderer(changes, message):
    arguments = {
        "vertices": meshes.CUBE_VERTICES[None],
        "triangles": meshes.CUBE_TRIANGLES,
        "normals": meshes.CUBE_VERTICES[None],
        "diffuse_colors": meshes.CUBE_COLORS[None],
        "camera_position": [0.0, 0.0, 6.0],
        "camera_lookat": [0.0, 0.0, 0.0],
        "camera_up": [0.0, 1.0, 0.0],
        "light_positions": np.zeros([1, 1, 3], np.float32),
        "light_intensities": np.ones([1, 1, 3], np.float32),
        "image_width": 8,
        "image_height": 6,
    }
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        mesh_renderer.mesh_renderer(**{**arguments, **changes})
