"""The protocol that says how well networks tell a face model's faces apart."""

import dataclasses

import numpy as np
import tensorflow as tf

import open_parts
from data_pipeline.mtcnn_detector import MtcnnDetector
from data_pipeline.synthetic import draw_face
from model import identity
from model.face_models.bfm_hdf5 import write_bfm_hdf5
from model.face_models.load import load_face_model, read_face_model, to_morphable_model
from model.face_renderer import FaceRenderer
from programs.face_distinctness import _CROP, DistinctnessTest, draw_sample, sheet


def with_scaled_colors(path, factor):
    """The embedded model with 20 color components, whose deviations are multiplied."""
    contents = read_face_model(open_parts.FACE_MODEL)
    color = contents.color
    color = color._replace(
        basis=color.basis[:, :20], variance=color.variance[:20] * np.float32(factor) ** 2
    )
    write_bfm_hdf5(path, dataclasses.replace(contents, color=color), np.float16)
    return str(path)


def test_models_share_shapes_and_scenes(tmp_path):
    path = with_scaled_colors(tmp_path / "fewer.h5", 1.0)
    samples = []
    for name in (path, open_parts.FACE_MODEL):
        model = to_morphable_model(read_face_model(name))
        samples.append(draw_sample(model, FaceRenderer(model, _CROP), seed=3, index=5))
    ours, theirs = samples
    np.testing.assert_allclose(ours.points, theirs.points, atol=1e-3)
    # The same plain background, in the corner where no face is.
    np.testing.assert_array_equal(ours.views[:, 0, 0], theirs.views[:, 0, 0])
    np.testing.assert_array_equal(ours.views[:, 0, 0], ours.views[:, 0, -1])
    assert np.abs(ours.views[0, 0, 0].astype(int) - ours.views[1, 0, 0]).max() > 0
    other = draw_sample(model, FaceRenderer(model, _CROP), seed=3, index=6)
    assert np.abs(other.points - theirs.points).max() > 1


def test_colors_do_not_depend_on_shapes():
    contents = read_face_model(open_parts.FACE_MODEL)
    model = to_morphable_model(contents)
    sample = draw_sample(model, FaceRenderer(model, _CROP), seed=3, index=5)
    offset = (sample.colors - contents.color.mean).reshape(-1)
    texture = contents.color.basis.T @ offset / np.sqrt(contents.color.variance)
    shape = draw_face(3, tf.constant(5, tf.int64), model.shape_components, 0, 2)["shape"].numpy()
    np.testing.assert_allclose(texture.std(), 1, atol=0.3)
    assert abs(np.corrcoef(texture, shape[: len(texture)])[0, 1]) < 0.35


def test_faces_that_differ_more_are_told_apart_better(tmp_path):
    encoder = identity.load("openvino_ir", str(open_parts.ENCODER))
    judge = DistinctnessTest({"recognizer": encoder}, MtcnnDetector())
    alike, different = (
        judge(load_face_model(with_scaled_colors(tmp_path / f"{factor}.h5", factor)), "m", 0, 8)
        for factor in (0.0, 1.0)
    )
    assert float(different["recognizer gap"]) > float(alike["recognizer gap"]) + 0.01
    assert alike["skin"] == "100.0%" and float(alike["found"].rstrip("%")) > 50
    assert float(alike["points"].rstrip("%")) < 10


def test_sheet_shows_two_views_of_each_face():
    image = sheet(load_face_model(open_parts.FACE_MODEL), faces=6)
    assert image.shape == (_CROP.image_size + 4, 6 * (2 * _CROP.image_size + 4), 3)
