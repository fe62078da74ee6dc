"""Faces in dense correspondence become true faces in the template's frame."""

import numpy as np
import pytest

from evaluation.geometry.face_search import find_face
from programs.mesh_population import read_population
from tests.evaluation.geometry import shapes
from tests.evaluation.geometry.test_trials import template  # noqa: F401, a fixture


def _write(path, vertices, triangles):
    rows = [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in vertices]
    rows += ["f {} {} {}".format(*(t + 1)) for t in triangles]
    path.write_text("\n".join([*rows, ""]))


def test_meshes_come_into_the_frame_and_get_points(template, tmp_path):  # noqa: F811
    surface = shapes.face(61)
    rng = np.random.default_rng(0)
    bulge = 5 * np.exp(-(((surface.vertices - [0, -60, 90]) / 20) ** 2).sum(axis=1))
    for k in range(3):
        own = surface.vertices + np.array([0, 0, k - 1]) * bulge[:, None]
        pose = shapes.some_similarity(1.0, 60.0 + k, float(rng.uniform(100, 400)))
        _write(tmp_path / f"face_{k}.obj", pose(own), surface.triangles)
    (tmp_path / "note.txt").write_text("no mesh")
    faces = read_population(tmp_path, template)
    assert faces.meshes.shape == (3, 61 * 61, 3) and faces.template is template
    gaps = faces.meshes[1] - surface.vertices
    assert np.linalg.norm(gaps, axis=1).max() < 3
    own = faces.own.face
    assert np.linalg.norm(own.nose_tip - template.face.nose_tip) < 6
    assert np.linalg.norm(own.landmarks - template.face.landmarks, axis=1).max() < 6
    assert faces.own.components.shape == (3, 61 * 61 * 3)
    assert {name: mask.any() for name, mask in faces.own.regions.items()} == {
        "upper": True,
        "lower": True,
    }
    assert find_face(own, template).distance_mm < 2


def test_meshes_that_do_not_correspond_are_named(template, tmp_path):  # noqa: F811
    with pytest.raises(FileNotFoundError, match="no such folder"):
        read_population(tmp_path / "absent", template)
    with pytest.raises(ValueError, match="has 0 meshes; at least 2"):
        read_population(tmp_path, template)
    for k, grid in enumerate((15, 17)):
        surface = shapes.face(grid)
        _write(tmp_path / f"{k}.obj", surface.vertices, surface.triangles)
    with pytest.raises(ValueError, match=r"1.obj: has other triangles than 0.obj"):
        read_population(tmp_path, template)
