"""Synthetic faces: sampled from the morphable model and rendered on the fly inside tf.data."""

import tensorflow as tf

from data_pipeline.random_streams import Stream, sample_seed
from data_pipeline.sample_indices import Worker, sample_indices
from model.face_renderer import FaceRenderer
from model.scene import draw_noise, random_scene
from model.scene_ranges import SceneRanges


def draw_face(
    seed: int, index: tf.Tensor, shape_components: int, texture_components: int, views: int = 1
) -> dict[str, tf.Tensor]:
    """Draws sample `index` of a run: a face of the model, and the noise of its scenes.

    Returns:
      shape float32 [Ks] and texture float32 [Kt], standard normal, and scene_noise
      float32 [views, NOISE_SIZE].
    """
    coefficients = tf.random.stateless_normal(
        [shape_components + texture_components], sample_seed(seed, index, Stream.COEFFICIENTS)
    )
    return {
        "shape": coefficients[:shape_components],
        "texture": coefficients[shape_components:],
        "scene_noise": draw_noise(sample_seed(seed, index, Stream.SCENE), views),
    }


def draw_expression(seed: int, index: tf.Tensor, components: int) -> tf.Tensor:
    """Draws the expression of sample `index` of a run: float32 [components], standard normal."""
    return tf.random.stateless_normal([components], sample_seed(seed, index, Stream.EXPRESSION))


def synthetic_faces(
    renderer: FaceRenderer,
    batch_size: int,
    seed: int = 0,
    first_step: int = 0,
    scene_ranges: SceneRanges = SceneRanges(),
    worker: Worker = Worker(),
    expressions: float = 0.0,
) -> tf.data.Dataset:
    """Endless batches of rendered faces; sample k is a function of (seed, k) alone.

    Args:
      renderer: draws the faces of its face model in its crop.
      batch_size: faces a batch.
      seed: the run's seed.
      first_step: the index of the first batch; a resumed run starts where it stopped.
      scene_ranges: what scenes are drawn from.
      worker: whose part of the global batches; see `Worker`.
      expressions: the standard deviation of the coefficients of the face model's expressions; 0
        draws neutral faces, as in the paper.

    Returns:
      Batches {images float32 [B, S, S, 3], shape [B, Ks], texture [B, Kt]}.

    Raises:
      ValueError: the face model has no expressions, but they are asked for.
    """
    model = renderer.face_model
    if expressions and not model.expression_components:
        raise ValueError(f"face model {model.name} has no expressions; draw neutral faces")

    def draw(index):
        face = draw_face(seed, index, model.shape_components, model.texture_components)
        if expressions:
            drawn = draw_expression(seed, index, model.expression_components)
            face["expression"] = expressions * drawn
        return face

    def render(faces):
        scenes = random_scene(faces["scene_noise"], scene_ranges)
        images = renderer(faces["shape"], faces["texture"], scenes, faces.get("expression"))
        return {"images": images[:, 0], "shape": faces["shape"], "texture": faces["texture"]}

    drawn = (
        sample_indices(first_step, batch_size, worker)
        .map(draw)
        .batch(batch_size, drop_remainder=True)
    )
    return drawn.map(render, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
