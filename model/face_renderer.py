"""Renders coefficients in scenes to images that are aligned to a recognition network's crop."""

import numpy as np
import tensorflow as tf

from mesh_renderer import mesh_renderer
from mesh_renderer.vertex_normals import vertex_normals
from model.alignment import crop_transform
from model.color import LUMINANCE, linear_to_srgb, srgb_to_linear
from model.crop import Crop
from model.face_regions import cheek_mask
from model.landmarks import FivePoints, five_points
from model.morphable_model import MorphableModel
from model.scene import Scene
from model.shading import Shading

# The clipping planes lie this far before and behind the model's origin: no head is larger.
_HALF_DEPTH_MM = 400.0
# No skin reflects less than this; a black face of a bad prediction is not lit without limit.
_LEAST_BRIGHTNESS = 0.02


class FaceRenderer:
    """Draws faces of a morphable model (sections 3.2.1 and 3.2.2).

    Gradients flow from the images to the coefficients: through shading, barycentric coordinates
    and the alignment. No gradient comes from a silhouette, as in the paper.

    Attributes:
      face_model, crop, shading: as they are given.
      fingerprint: a text that differs for renderers that draw differently.
    """

    def __init__(
        self,
        face_model: MorphableModel,
        crop: Crop,
        shading: Shading = Shading(),
        landmarks: FivePoints | None = None,
    ):
        """Binds a face model to a crop.

        Args:
          face_model: the morphable model.
          crop: the crop that images are aligned to; its size is theirs.
          shading: how light becomes color.
          landmarks: where the five points lie on the face; by default where the detector sees them.

        Raises:
          ValueError: the model lacks one of the landmarks.
        """
        landmarks = five_points(face_model) if landmarks is None else landmarks
        self.face_model = face_model
        self.crop = crop
        self.fingerprint = (
            f"{face_model.fingerprint} {crop} {shading.color_space} "
            f"specular={shading.specular} shininess={shading.shininess} "
            f"landmarks={landmarks.offsets.tolist()}"
        )
        self._linear = shading.color_space == "linear"
        self.shading = shading
        self._landmarks = landmarks
        cheeks = cheek_mask(face_model)
        cheeks = cheeks if cheeks.any() else np.ones_like(cheeks)
        self._cheek_weights = np.float32(cheeks / cheeks.sum())
        mean_face = face_model.decode_texture(tf.zeros([1, face_model.texture_components]))
        self._mean_brightness = self._brightness(self._to_lit_space(mean_face))

    def __call__(
        self,
        shape: tf.Tensor,
        texture: tf.Tensor,
        scenes: Scene,
        expression: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Renders each face in each of its scenes.

        Args:
          shape: coefficients float32 [B, Ks].
          texture: coefficients float32 [B, Kt].
          scenes: V scenes for each face: fields [B, V, ...].
          expression: coefficients float32 [B, Ke]; the neutral face without.

        Returns:
          float32 [B, V, S, S, 3] RGB in 0..1, row 0 at the top, aligned to the crop.
        """
        vertices = self.face_model.decode_shape(shape, expression)
        colors = self.face_model.decode_texture(texture)
        return self.render_meshes(vertices, colors, scenes)

    def render_meshes(self, vertices: tf.Tensor, colors: tf.Tensor, scenes: Scene) -> tf.Tensor:
        """Renders meshes of the face model's topology, as `__call__` renders coefficients.

        Args:
          vertices: float32 [B, N, 3] in millimeters, in the face model's frame.
          colors: float32 [B, N, 3], encoded sRGB in 0..1.
          scenes: fields [B, V, ...].

        Returns:
          float32 [B, V, S, S, 3] RGB in 0..1.
        """
        size = self.crop.image_size
        shaded = self.shade(vertices, colors, scenes)
        rgb = tf.clip_by_value(shaded[..., :3], 0.0, 1.0)
        rgb = linear_to_srgb(rgb) if self._linear else rgb
        background = _gradient_background(scenes.background, size)
        return tf.where(shaded[..., 3:] > 0.5, rgb, background)

    def shade(
        self,
        vertices: tf.Tensor,
        colors: tf.Tensor,
        scenes: Scene,
        shift: tf.Tensor | None = None,
        triangles: np.ndarray | None = None,
    ) -> tf.Tensor:
        """Computes the light that comes from meshes, before it becomes an image.

        Args:
          vertices, colors, scenes: as `render_meshes` takes them.
          shift: float32 [V], by how many pixels each view is moved to the right; 0 by default.
          triangles: int32 [T, 3], of meshes that have more vertices than the face model, after its
            own, such as those of teeth. By default they are the face model's.

        Returns:
          float32 [B, V, S, S, 4]: RGB of 0 or more in the space in which lights act, 0 where there
          is no face; and alpha, 0 or 1.
        """
        size = self.crop.image_size
        batch, views = tf.shape(scenes.rotation)[0], scenes.rotation.shape[1]
        triangles = self.face_model.triangles if triangles is None else triangles
        normals = vertex_normals(vertices, triangles)
        colors = self._to_lit_space(colors)
        exposure = self._compensation(colors[:, : self.face_model.n_vertices], scenes)
        # Lights and camera are turned into the model's frame, so that normals need no rotation.
        inverse = tf.linalg.matrix_transpose(scenes.rotation)
        camera = inverse[..., 2] * scenes.camera_distance[..., None]
        lights = tf.linalg.matvec(inverse[..., None, :, :], scenes.light_positions)
        vertices_of_views, normals, colors = (
            tf.repeat(values, views, axis=0) for values in (vertices, normals, colors)
        )
        clip_space = self.clip_space(vertices, scenes)
        if shift is not None:
            clip_space = _shifted(clip_space, shift * (2.0 / size))
        shaded = mesh_renderer.render_clip_space(
            _merge_views(clip_space),
            triangles,
            normals,
            vertices_of_views,
            colors,
            light_positions=_merge_views(lights),
            light_intensities=_merge_views(scenes.light_intensities * exposure[..., None, None]),
            image_width=size,
            image_height=size,
            camera_position=_merge_views(camera),
            specular_colors=specular_colors(colors, self.shading.specular),
            shininess_coefficients=self.shading.shininess,
            ambient_color=_merge_views(scenes.ambient * exposure[..., None]),
        )
        return tf.reshape(shaded, [batch, views, size, size, 4])

    def _to_lit_space(self, colors: tf.Tensor) -> tf.Tensor:
        """Converts sRGB colors to the space in which lights act."""
        return srgb_to_linear(colors) if self._linear else colors

    def _brightness(self, colors: tf.Tensor) -> tf.Tensor:
        """The luminance [B] of the cheeks of colors [B, N, 3] in the space in which lights act."""
        cheeks = tf.einsum("bnc,n->bc", colors, self._cheek_weights)
        return tf.linalg.matvec(cheeks, LUMINANCE)

    def _compensation(self, colors: tf.Tensor, scenes: Scene) -> tf.Tensor:
        """The factor [B, V] by which a scene's lights make up for a dark or a light face.

        It is 1 for the mean face. No gradient flows through it: a photographer who exposes for a
        face does not make it another face.
        """
        ratio = self._mean_brightness / tf.maximum(self._brightness(colors), _LEAST_BRIGHTNESS)
        return tf.stop_gradient(tf.pow(ratio[:, None], scenes.compensation))

    def clip_space(self, vertices: tf.Tensor, scenes: Scene) -> tf.Tensor:
        """Projects vertices [B, N, 3] mm to clip space [B, V, N, 4], aligned to the crop."""
        return _transform(vertices, self.model_to_clip(vertices, scenes))

    def project_landmarks(self, vertices: tf.Tensor, scenes: Scene) -> tf.Tensor:
        """Finds the five points of vertices [B, N, 3] mm in the images: [B, V, 5, 2] pixels."""
        clip = _transform(self._landmarks(vertices), self.model_to_clip(vertices, scenes))
        ndc = clip[..., :2] / clip[..., 3:]
        return (ndc * (1.0, -1.0) + 1.0) * (self.crop.image_size / 2) - 0.5

    def model_to_clip(self, vertices: tf.Tensor, scenes: Scene) -> tf.Tensor:
        """Returns perspective projections with the crop's alignment folded in: [B, V, 4, 4].

        With u, v the pixel coordinates that the crop's map M gives to the perspective image
        (x / w, -y / w), clip space is linear in (x, y, w): u w = M00 x - M01 y + M02 w.
        """
        view = _transform(self._landmarks(vertices), _model_to_view(scenes))
        chosen = tf.gather(view, self.crop.point_indices, axis=2)
        image_points = chosen[..., :2] * (1.0, -1.0) / chosen[..., 2:3]
        to_pixels = crop_transform(image_points, self.crop)
        a, b, c = (to_pixels[..., k] for k in range(3))
        # Pixel coordinates to normalized device coordinates; integers are pixel centers.
        scale = 2.0 / self.crop.image_size
        x_row = tf.stack([scale * a[..., 0], -scale * b[..., 0], scale * (c[..., 0] + 0.5) - 1], -1)
        y_row = tf.stack([-scale * a[..., 1], scale * b[..., 1], 1 - scale * (c[..., 1] + 0.5)], -1)
        zoom, right, up = tf.split(scenes.framing, 3, axis=-1)
        of_w = tf.constant([0.0, 0.0, 1.0])
        # The image's width is 2 in these coordinates.
        x_row, y_row = zoom * x_row + 2 * right * of_w, zoom * y_row + 2 * up * of_w
        near = tf.maximum(scenes.camera_distance - _HALF_DEPTH_MM, 10.0)
        far = scenes.camera_distance + _HALF_DEPTH_MM
        # Rows act on (x, y, w, 1), where w is the distance from the camera's plane.
        zero, one = tf.zeros_like(near), tf.ones_like(near)
        rows = [
            tf.concat([x_row, zero[..., None]], -1),
            tf.concat([y_row, zero[..., None]], -1),
            tf.stack([zero, zero, (far + near) / (far - near), -2 * far * near / (far - near)], -1),
            tf.stack([zero, zero, one, zero], -1),
        ]
        return tf.stack(rows, axis=-2) @ _model_to_view(scenes)


def specular_colors(diffuse: tf.Tensor, c: float) -> tf.Tensor:
    """Returns Ks = c - c Kd of diffuse colors Kd (section 3.2.2), elementwise."""
    return c - c * diffuse


def _model_to_view(scenes: Scene) -> tf.Tensor:
    """Matrices [B, V, 4, 4] from (x, y, z, 1) to (x, y, w, 1) with w = distance - z."""
    flip = tf.constant(np.diag([1.0, 1.0, -1.0]), tf.float32)
    zero = tf.zeros_like(scenes.camera_distance)
    translation = tf.stack([zero, zero, scenes.camera_distance], axis=-1)[..., None]
    top = tf.concat([flip @ scenes.rotation, translation], axis=-1)
    bottom = tf.broadcast_to([0.0, 0.0, 0.0, 1.0], tf.shape(top[..., :1, :]))
    return tf.concat([top, bottom], axis=-2)


def _transform(points: tf.Tensor, matrices: tf.Tensor) -> tf.Tensor:
    """Maps points [B, P, 3] by matrices [B, V, 4, 4] to homogeneous points [B, V, P, 4]."""
    linear = tf.matmul(points[:, None], matrices[..., :3], transpose_b=True)
    return linear + matrices[..., None, :, 3]


def _shifted(clip_space: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Moves views of clip space [B, V, N, 4] to the right, by [V] half widths of the image."""
    x, y, z, w = tf.unstack(clip_space, axis=-1)
    return tf.stack([x + right[:, None] * w, y, z, w], axis=-1)


def _merge_views(field: tf.Tensor) -> tf.Tensor:
    """Joins batch and views: [B, V, ...] to [B V, ...]."""
    return tf.reshape(field, tf.concat([[-1], tf.shape(field)[2:]], 0))


def _gradient_background(corners: tf.Tensor, size: int) -> tf.Tensor:
    """Blends the colors of the four corners [..., 4, 3] to images [..., size, size, 3]."""
    ramp = np.linspace(0.0, 1.0, size, dtype=np.float32)
    weights = np.stack(
        [
            np.outer(1 - ramp, 1 - ramp),
            np.outer(1 - ramp, ramp),
            np.outer(ramp, 1 - ramp),
            np.outer(ramp, ramp),
        ],
        axis=-1,
    )
    return tf.einsum("hwc,...cd->...hwd", weights, corners)
