"""The file of BFM's exact size: its numbers, its layout, its mark; and the refinement behind it."""

import h5py
import numpy as np
import pytest
import trimesh

import open_parts
from model.face_model_contents import Cut
from model.face_models.load import load_face_model, read_face_model
from model.mesh_topology import edge_table
from stand_ins import face_model
from stand_ins.__main__ import make_parser
from stand_ins.refinement import refine_to, smooth_cut, trim


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The stand-in with few components, which are what takes time; more than the source has."""
    with pytest.MonkeyPatch.context() as patch:
        for name, count in (("SHAPE", 6), ("COLOR", 5), ("EXPRESSION", 4)):
            patch.setattr(face_model, f"{name}_COMPONENTS", count)
        source = read_face_model(open_parts.FACE_MODEL, Cut(4, 3, 2))
        patch.setattr("model.face_models.load.read_face_model", lambda *_: source)
        output = tmp_path_factory.mktemp("stand_in") / "bfm.h5"
        options = make_parser().parse_args(["face-model", str(output)])
        options.run(options)
    return output


def test_numbers_are_those_of_bfm_2017(path):
    assert (face_model.N_VERTICES, face_model.N_TRIANGLES) == (53149, 105694)
    assert (face_model.SHAPE_COMPONENTS, face_model.COLOR_COMPONENTS) == (199, 199)
    assert face_model.EXPRESSION_COMPONENTS == 100
    with h5py.File(path) as file:
        assert file["shape/model/mean"].shape == (3 * 53149,)
        assert file["shape/representer/cells"].shape == (3, 105694)
        for part, count in (("shape", 6), ("color", 5), ("expression", 4)):
            assert file[f"{part}/model/pcaBasis"].shape == (3 * 53149, count)
        assert file.attrs["stand_in"].startswith("stand-in for model2017-1_bfm_nomouth.h5")


def test_passes_every_check_and_is_one_skin_without_flaw(path):
    contents = read_face_model(path)
    assert contents.repairs == () and contents.stand_in
    triangles = contents.triangles
    assert len(np.unique(triangles)) == 53149
    _, counts = np.unique(edge_table(triangles, 53149)[1], return_counts=True)
    assert counts.max() == 2
    assert trimesh.Trimesh(contents.shape.mean, triangles, process=False).body_count == 3
    assert (contents.landmarks_68 >= 0).all()


def test_first_components_are_those_of_the_source(path):
    """A face of the source's coefficients lies on the same surface at the vertices in common."""
    fine, source = load_face_model(path), load_face_model(open_parts.FACE_MODEL, 4, 3, 2)
    points = fine.landmark_indices_68(), source.landmark_indices_68()
    np.testing.assert_allclose(
        fine.mean_vertices[points[0]], source.mean_vertices[points[1]], atol=1e-3
    )
    # Components come out of a new analysis: spans agree at these points, not single vectors.
    steps = fine.decode_shape(3 * np.eye(6, dtype=np.float32)).numpy() - fine.mean_vertices
    span = steps[:, points[0]].reshape(6, -1).T
    wanted = source.decode_shape(np.eye(4, dtype=np.float32)).numpy() - source.mean_vertices
    for mode in wanted[:, points[1]].reshape(4, -1):
        found = span @ np.linalg.lstsq(span, mode, rcond=None)[0]
        assert np.abs(found - mode).max() < 0.02


def test_residuals_are_small_and_smooth(path):
    contents = read_face_model(path)
    last = (contents.shape.basis * np.sqrt(contents.shape.variance))[:, -1].reshape(-1, 3)
    assert 0.01 < np.sqrt((last**2).mean()) < 0.3
    edges = contents.triangles[:, :2]
    jumps = np.linalg.norm(last[edges[:, 0]] - last[edges[:, 1]], axis=1)
    assert jumps.mean() < 0.3 * np.linalg.norm(last, axis=1).mean()


def test_refinement_keeps_the_surface_and_reaches_the_numbers():
    ball = trimesh.creation.icosphere(2)
    open_ball = ball.faces[ball.triangles_center[:, 2] < 0.7]
    used, faces = np.unique(open_ball, return_inverse=True)
    faces, points = faces.reshape(-1, 3).astype(np.int32), ball.vertices[used]
    border = np.sum(np.unique(edge_table(faces, len(points))[1], return_counts=True)[1] == 1)
    extra_border, extra = 5, 100
    n_vertices = len(points) + extra_border + extra
    n_triangles = len(faces) + extra_border + 2 * extra
    fine = refine_to(faces, points, n_triangles, n_vertices)
    new = fine.weights @ points
    assert new.shape == (n_vertices, 3) and fine.triangles.shape == (n_triangles, 3)
    np.testing.assert_allclose(np.asarray(fine.weights.sum(axis=1)).ravel(), 1)
    before, after = (
        trimesh.Trimesh(p, f, process=False) for p, f in ((points, faces), (new, fine.triangles))
    )
    assert after.area == pytest.approx(before.area, rel=1e-9)
    assert after.edges_unique_length.max() < before.edges_unique_length.max()
    now = np.unique(edge_table(fine.triangles, n_vertices)[1], return_counts=True)[1] == 1
    assert now.sum() == border + extra_border
    with pytest.raises(ValueError, match="cannot be refined to"):
        refine_to(faces, points, len(faces), len(points) + 1)


def test_trim_leaves_no_island_and_no_hole():
    ball = trimesh.creation.icosphere(3)
    distance = np.linalg.norm(ball.vertices - (0, 0, 1), axis=1)
    distance[::37] = 0.1  # islands beyond the radius
    distance[5] = 9.0  # a hole within it
    kept = trim(ball.faces, distance, 1.0)
    rest = trimesh.Trimesh(ball.vertices, ball.faces[kept], process=False)
    rest.remove_unreferenced_vertices()
    assert rest.body_count == 1 and rest.euler_number == 1
    smooth = smooth_cut(ball.faces[kept], ball.faces, len(ball.vertices))
    moved = np.linalg.norm(smooth.weights @ ball.vertices - ball.vertices, axis=1)
    assert 0 < moved.max() < 0.15 and (moved > 1e-9).sum() < kept.sum() / 3
