"""Renders a cube, and what else the renderer knows of each pixel: depth, normal, triangle, mask.

    python examples/render_a_cube.py cube.png

It needs the folder mesh_renderer alone (pip install ./mesh_renderer), and Pillow for the picture.
"""

import sys

import numpy as np
import tensorflow as tf
from PIL import Image

from mesh_renderer import camera_utils
from mesh_renderer.mesh_renderer import mesh_renderer
from mesh_renderer.rasterize_triangles import (
    interpolate_attributes,
    rasterize_barycentric_coordinates,
)

SIZE = 256
# A cube of six separate sides, so that its edges are sharp: each side has four vertices.
AXES = np.float32([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]])
U, V = np.roll(AXES, 1, axis=1), np.cross(AXES, np.roll(AXES, 1, axis=1))
CORNERS = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
vertices = np.stack([AXES + u * U + v * V for u, v in CORNERS], axis=1).reshape(1, -1, 3)
normals = AXES.repeat(4, axis=0)[None]
colors = (0.5 + 0.35 * vertices).astype(np.float32)
triangles = np.int32([[4 * k + c for c in t] for k in range(6) for t in ((0, 1, 2), (0, 2, 3))])

eye, target, up = np.float32([[3.2, 2.6, 4.2]]), np.zeros([1, 3], "f4"), np.float32([[0, 1, 0]])
lights, intensities = np.float32([[[2, 5, 4]]]), np.ones([1, 1, 3], "f4")
ambient = np.full([1, 3], 0.2, "f4")
image = mesh_renderer(
    *(vertices, triangles, normals, colors, eye, target, up, lights, intensities),
    *(SIZE, SIZE),
    ambient_color=ambient,
    antialiased=True,
)

# Depth, normals, ids and mask in four lines; row 0 of these is the bottom.
camera = camera_utils.perspective(1.0, [40.0], [0.01], [10.0]) @ camera_utils.look_at(
    eye, target, up
)
clip = camera_utils.transform_homogeneous(camera, vertices)
frame = rasterize_barycentric_coordinates(clip, triangles, SIZE, SIZE)
mask = tf.reduce_sum(frame.barycentrics, axis=-1, keepdims=True)
ids = frame.triangle_ids[..., None]
seen = tf.concat([clip[..., 3:], normals], axis=-1)
depth, shown_normals = tf.split(
    interpolate_attributes(frame, seen, triangles, [0.0] * 4), [1, 3], -1
)

panels = [
    image[0, ..., :3] + 1 - image[0, ..., 3:],
    *(
        tf.broadcast_to(panel[0, ::-1], [SIZE, SIZE, 3])
        for panel in (
            mask * (7.7 - depth) / 3.6,
            mask * (0.5 + 0.5 * shown_normals),
            mask * tf.cast((ids + 1) % 7, tf.float32) / 7,
            mask,
        )
    ),
]
pixels = np.clip(np.concatenate(panels, axis=1), 0, 1)
Image.fromarray(np.uint8(255 * pixels + 0.5)).save(sys.argv[1])
