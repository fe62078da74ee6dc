"""Error maps that turn."""

import numpy as np
import pytest
import tensorflow as tf

import open_parts
from evaluation.geometry.face import Face
from evaluation.geometry.similarity import Similarity, rotation_about
from evaluation.geometry.surface import Surface
from evaluation.page import to_page
from evaluation.section import Section
from evaluation.turning_mesh import UNKNOWN
from model.face_models.load import load_face_model
from programs.error_meshes import error_figure, error_mesh
from programs.face_template import face_of, make_template


def test_a_turned_scan_becomes_an_upright_mesh_with_its_errors():
    model = load_face_model(open_parts.FACE_MODEL)
    template = make_template(model)
    shape = np.random.default_rng(1).normal(size=[1, model.shape_components])
    true = face_of(model, model.decode_shape(tf.constant(shape, tf.float32)).numpy()[0])
    pose = Similarity(1.0, rotation_about(np.array([0.6, 0.2, 0.1])), np.array([50.0, -300.0, 9.0]))
    moved = true.moved(pose)
    scan = Face(Surface(moved.surface.vertices, moved.surface.triangles), None, moved.landmarks)
    errors = np.linspace(0, 8, len(scan.surface.vertices))
    errors[:100] = np.nan
    mesh = error_mesh("scan", scan, errors, template)
    # Upright again, though not in the very same place: only landmarks said where it was.
    assert np.linalg.norm(mesh.vertices - true.surface.vertices, axis=1).mean() < 5
    assert (mesh.colors[:100] == UNKNOWN).all() and mesh.is_map
    assert np.ptp(mesh.focus[:, 1]) < np.ptp(mesh.vertices[:, 1])
    page = to_page("t", "c", {}, [], [Section(meshes=[error_figure("Errors.", [mesh])])])
    assert "4 mm and more" in page
    with pytest.raises(ValueError, match="3 values for"):
        error_mesh("scan", scan, errors[:3], template)
