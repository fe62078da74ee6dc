"""NoW's submission, and its metric on it."""

import numpy as np
import pytest

import open_parts
from data_pipeline.scans.mesh_files import read_mesh
from data_pipeline.scans.now import LANDMARKS, SCANS, read_now
from evaluation.geometry.protocols import PROTOCOLS
from model.face_models.load import load_face_model
from programs.face_template import face_of, make_template
from programs.kept_comparisons import KeptComparisons
from programs.now_section import _distances, submission_files
from stand_ins.scanner import obj_files, random_pose, scan_face
from storage.atomic import write_text, write_together


@pytest.fixture(scope="module")
def model():
    return load_face_model(open_parts.FACE_MODEL)


def _write_now(folder, model, true):
    """One subject with two pictures, which need not exist."""
    rng = np.random.default_rng(0)
    pose, face = random_pose(rng), face_of(model, true)
    scan = scan_face(true, model.mean_colors, model.triangles, face.nose_tip, step_mm=3.0)
    write_together(folder / SCANS / "s", obj_files(scan, pose, "scan"))
    points = "".join(f'<point x="{x}" y="{y}" z="{z}"/>' for x, y, z in pose(face.landmarks))
    write_text(folder / LANDMARKS / "s" / "a.pp", f"<PickedPoints>{points}</PickedPoints>")
    write_text(folder / "imagepathsvalidation.txt", "s/selfie/a.jpg\n\ns/multiview_neutral/b.jpg\n")


def test_a_submission_without_colors_is_read_back_and_measured(model, tmp_path):
    true = np.float64(model.mean_vertices)
    _write_now(tmp_path, model, true)
    pictures = read_now(tmp_path)
    assert [p.challenge for p in pictures] == ["selfie", "multiview_neutral"]
    # In meters: the landmarks give the scale.
    right = face_of(model, true / 1000)
    write_together(tmp_path / "m" / "s" / "selfie", submission_files(right, "a"))
    lines = (tmp_path / "m/s/selfie/a.obj").read_text().splitlines()
    assert all(len(line.split()) == 4 for line in lines)
    vertices, triangles = read_mesh(tmp_path / "m/s/selfie/a.obj")
    np.testing.assert_allclose(vertices, true / 1000, atol=1e-5)
    np.testing.assert_array_equal(triangles, model.triangles)
    assert np.load(tmp_path / "m/s/selfie/a.npy").shape == (7, 3)

    compare = KeptComparisons(tmp_path / "kept", PROTOCOLS["now"], make_template(model))
    failures = {}
    found = _distances(pictures, tmp_path / "m", compare, failures, "m")
    assert list(found) == ["selfie"] and np.mean(found["selfie"]) < 0.02
    assert list(failures) == ["m s multiview_neutral b"]


def test_lists_that_are_wrong_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="imagepathsvalidation.txt: missing"):
        read_now(tmp_path)
    listing = tmp_path / "imagepathsvalidation.txt"
    for text, match in (("a.jpg\n", ":1: 'a.jpg' is not"), ("\n", "names no picture")):
        listing.write_text(text)
        with pytest.raises(ValueError, match=match):
            read_now(tmp_path)
    listing.write_text("s/selfie/a.jpg\n")
    with pytest.raises(FileNotFoundError, match="has no .obj file"):
        read_now(tmp_path)
