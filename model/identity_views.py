"""The random views in which a predicted face meets its photograph (section 3.3.2)."""

import tensorflow as tf

from model.albedo import one_albedo
from model.decoder import Coefficients
from model.face_renderer import FaceRenderer
from model.gray_views import GrayViews
from model.scene import Scene, random_scene
from model.scene_ranges import SceneRanges


class IdentityViews:
    """Draws faces in random scenes, the last views of each in one albedo."""

    def __init__(
        self,
        renderer: FaceRenderer,
        scene_ranges: SceneRanges = SceneRanges(),
        gray: GrayViews = GrayViews(),
    ):
        """Binds a renderer to the ranges of scenes."""
        self._renderer = renderer
        self._scene_ranges = scene_ranges
        self._gray = gray

    def colored(self, of_views: tf.Tensor) -> tf.Tensor:
        """Takes what belongs to the views in the faces' own colors: of [B, V, ...], the first."""
        return of_views[:, : of_views.shape[1] - self._gray.count]

    def gray(self, of_views: tf.Tensor) -> tf.Tensor:
        """Takes what belongs to the views in one albedo: of [B, V, ...], the last."""
        return of_views[:, of_views.shape[1] - self._gray.count :]

    def __call__(self, face: Coefficients, noise: tf.Tensor) -> tf.Tensor:
        """Draws B faces in V scenes.

        Args:
          face: coefficients of B faces. Through gray views no gradient reaches the texture.
          noise: float32 [B, V, NOISE_SIZE], from which scenes are drawn.

        Returns:
          float32 [B, V, S, S, 3] RGB in 0..1.
        """
        scenes = random_scene(noise, self._scene_ranges)
        if not self._gray.count:
            return self._renderer(*face, scenes)
        model = self._renderer.face_model
        vertices = model.decode_shape(face.shape)
        albedo = one_albedo(model, vertices, self._gray.albedo)
        images = []
        if noise.shape[1] > self._gray.count:
            colors = model.decode_texture(face.texture)
            images.append(self._render(vertices, colors, scenes, self.colored))
        images.append(self._render(vertices, albedo, scenes, self.gray))
        return tf.concat(images, axis=1)

    def _render(self, vertices: tf.Tensor, colors: tf.Tensor, scenes: Scene, choose) -> tf.Tensor:
        return self._renderer.render_meshes(vertices, colors, tf.nest.map_structure(choose, scenes))
