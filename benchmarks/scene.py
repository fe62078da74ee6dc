"""What the renderers draw: the head, lights and a camera, as tensors."""

import tensorflow as tf

from benchmarks.head import head
from mesh_renderer import camera_utils
from mesh_renderer.vertex_normals import vertex_normals

_CAMERA = (0.0, 0.0, 5.0)


class HeadScene:
    """The head, turned differently in each image of a batch.

    Attributes:
      vertices: float32 [B, V, 3].
      triangles: int32 [T, 3].
      normals: float32 [B, V, 3], smooth ones.
      colors: float32 [B, V, 3].
      attributes: float32 [B, V, 9].
      clip: float32 [B, V, 4], the vertices in clip space.
      lighting: two lights, ambient color and camera, as arguments of `phong_shader`.
    """

    def __init__(self, batch: int):
        vertices, triangles = head()
        angles = tf.constant([[0.1, 0.3 - 0.6 * k / batch, 0.0] for k in range(batch)])
        turn = camera_utils.euler_matrices(angles)[:, :3, :3]
        self.triangles = tf.constant(triangles)
        self.vertices = tf.matmul(tf.stack([vertices] * batch), turn, transpose_b=True)
        self.normals = vertex_normals(self.vertices, self.triangles)
        self.colors = 0.5 + 0.4 * tf.stack([vertices] * batch)
        self.attributes = tf.concat([self.vertices, self.colors, 1 - self.colors], axis=-1)
        self.lighting = {
            "light_positions": tf.constant([[[3.0, 2.0, 5.0], [-4.0, 1.0, 3.0]]] * batch),
            "light_intensities": tf.constant([[[0.7, 0.6, 0.6], [0.3, 0.3, 0.4]]] * batch),
            "ambient_color": tf.constant([[0.2, 0.2, 0.2]] * batch),
            "camera_position": tf.constant([_CAMERA] * batch),
        }
        self._camera = self._projection(batch)
        self.clip = self.project(self.vertices)

    def project(self, vertices: tf.Tensor) -> tf.Tensor:
        """Takes vertices [B, V, 3] to clip space [B, V, 4]."""
        return camera_utils.transform_homogeneous(self._camera, vertices)

    def _projection(self, batch):
        eye = self.lighting["camera_position"]
        view = camera_utils.look_at(eye, tf.zeros([batch, 3]), [[0.0, 1.0, 0.0]] * batch)
        lens = [tf.fill([batch], value) for value in (27.0, 0.1, 20.0)]
        return camera_utils.perspective(1.0, *lens) @ view
