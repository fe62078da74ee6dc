"""The section of a report in which faces are judged by their shape alone."""

import tensorflow as tf

from evaluation.report import Section
from evaluation.tables import gray_table
from model.albedo import one_albedo
from model.face_renderer import FaceRenderer
from model.scene import Scene
from programs.judges import judge_renders
from programs.workbench import Workbench


class GrayRenderer(FaceRenderer):
    """Draws all faces in one gray, so that shape alone tells them apart."""

    def __call__(self, shape: tf.Tensor, texture: tf.Tensor, scenes: Scene) -> tf.Tensor:
        """Renders faces as `FaceRenderer` does; the texture [B, Kt] does not count."""
        vertices = self.face_model.decode_shape(shape)
        return self.render_meshes(vertices, one_albedo(self.face_model, vertices, "gray"), scenes)


def gray(bench: Workbench) -> Section:
    """Judges gray renders, in which color cannot hide weak geometry."""
    judged = judge_renders(bench.judges, bench.faces, bench.shadings, GrayRenderer)
    metrics = {
        name: {judge: results[name].metrics() for judge, results in judged.items()}
        for name in bench.decoders
    }
    return Section([gray_table(judged)], metrics={"gray": metrics})
