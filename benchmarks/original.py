"""The original renderer's way in TensorFlow, around the reference ops of `original.cc`.

An op call draws one image; the corners of each pixel's triangle are gathered and multiplied by the
barycentrics, and shading works on whole images. The original had no function for vertex normals:
here they are computed as its users did, from gathers and scattered sums.
"""

import functools
import pathlib
import tempfile

import tensorflow as tf

from mesh_renderer import build_kernels, mesh_renderer


@functools.cache
def library() -> pathlib.Path:
    """Compiles the reference ops, by the flags of the renderer's kernels."""
    path = pathlib.Path(tempfile.mkdtemp()) / "original.so"
    build_kernels.compile_op_library(path, [(pathlib.Path(__file__).with_suffix(".cc"), ())])
    return path


@functools.cache
def _ops():
    return tf.load_op_library(str(library()))


def rasterize(
    clip: tf.Tensor, triangles: tf.Tensor, width: int, height: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns barycentrics [B, H, W, 3] and ids [B, H, W]."""
    images = [_rasterize_image(image, triangles, width, height) for image in tf.unstack(clip)]
    return tuple(tf.stack(parts) for parts in zip(*images, strict=True))


def _rasterize_image(vertices, triangles, width, height):
    buffers = _ops().original_rasterize(
        vertices=vertices, triangles=triangles, width=width, height=height
    )
    barycentrics = tf.ensure_shape(buffers.barycentrics, [height, width, 3])
    return barycentrics, tf.ensure_shape(buffers.triangle_ids, [height, width])


@tf.RegisterGradient("Original>Rasterize")
def _rasterize_grad(op, d_barycentrics, d_ids, d_z_buffer):
    del d_ids, d_z_buffer
    d_vertices = _ops().original_rasterize_grad(*op.inputs, *op.outputs[:2], d_barycentrics)
    return d_vertices, None


def interpolate(
    clip: tf.Tensor,
    attributes: tf.Tensor,
    triangles: tf.Tensor,
    width: int,
    height: int,
    background: list[float],
) -> tf.Tensor:
    """Returns attributes [B, V, A] over the pixels: [B, H, W, A]."""
    barycentrics, ids = rasterize(clip, triangles, width, height)
    batch, vertices, channels = attributes.shape
    pixels = [batch, height * width]
    corners = tf.gather(triangles, tf.reshape(ids, pixels))
    corners += vertices * tf.range(batch)[:, None, None]
    corner_attributes = tf.gather(tf.reshape(attributes, [-1, channels]), corners)
    weights = tf.reshape(barycentrics, [*pixels, 3, 1])
    values = tf.reduce_sum(corner_attributes * weights, axis=2)
    values = tf.reshape(values, [batch, height, width, channels])
    alphas = tf.clip_by_value(tf.reduce_sum(2.0 * barycentrics, axis=-1, keepdims=True), 0.0, 1.0)
    return alphas * values + (1.0 - alphas) * background


def vertex_normals(vertices: tf.Tensor, triangles: tf.Tensor) -> tf.Tensor:
    """Returns unit normals [B, V, 3]."""
    corners = tf.unstack(triangles, axis=1)

    def one_mesh(mesh):
        a, b, c = (tf.gather(mesh, corner) for corner in corners)
        normals = tf.linalg.cross(b - a, c - a)
        # This is a sixth faster than segment sums of each normal three times.
        sums = tf.zeros_like(mesh)
        for corner in corners:
            sums = tf.tensor_scatter_nd_add(sums, corner[:, None], normals)
        return sums

    sums = tf.stack([one_mesh(mesh) for mesh in tf.unstack(vertices)])
    return tf.math.l2_normalize(sums, axis=-1)


def phong(
    clip: tf.Tensor,
    vertices: tf.Tensor,
    triangles: tf.Tensor,
    normals: tf.Tensor,
    colors: tf.Tensor,
    lighting: dict[str, tf.Tensor],
    width: int,
    height: int,
) -> tf.Tensor:
    """Returns RGBA [B, H, W, 4]; `lighting` is a dict of phong_shader's lights and camera."""
    attributes = tf.concat([normals, vertices, colors, 1.0 - colors], axis=-1)
    pixels = interpolate(clip, attributes, triangles, width, height, [-1.0] * 12)
    normals, positions, diffuse, specular = tf.split(pixels, 4, axis=-1)
    return mesh_renderer.phong_shader(
        normals=tf.math.l2_normalize(normals, axis=-1),
        alphas=tf.cast(tf.reduce_any(diffuse >= 0.0, axis=-1), tf.float32),
        pixel_positions=positions,
        diffuse_colors=diffuse,
        specular_colors=specular,
        shininess_coefficients=tf.fill([tf.shape(diffuse)[0]], 12.0),
        legacy=True,
        **lighting,
    )
