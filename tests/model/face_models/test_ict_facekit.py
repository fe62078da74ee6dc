"""The converter of ICT-FaceKit: on a kit made of the embedded model, and on the real sample."""

import shutil

import numpy as np
import pytest

import open_parts
from model.face_models import __main__ as commands
from model.face_models.ict_facekit import read_ict_facekit, read_obj
from model.face_models.load import load_face_model, read_face_model
from model.face_models.verify import compare
from tests.model.face_models.fake_kit import MODES, write_fake_kit


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return write_fake_kit(tmp_path_factory.mktemp("kit") / "FaceXModel")


def test_kit_gives_the_model_that_it_was_made_of(kit):
    converted = read_ict_facekit(kit, people=20)
    embedded = read_face_model(open_parts.FACE_MODEL)
    np.testing.assert_array_equal(converted.source_index, embedded.source_index)
    np.testing.assert_array_equal(converted.triangles, embedded.triangles)
    np.testing.assert_array_equal(converted.landmarks_68, embedded.landmarks_68)
    np.testing.assert_allclose(converted.shape.mean, embedded.shape.mean, atol=1e-4)
    np.testing.assert_allclose(converted.shape.variance, embedded.shape.variance[:MODES], rtol=1e-3)
    both = np.abs(np.sum(converted.shape.basis * embedded.shape.basis[:, :MODES], axis=0))
    np.testing.assert_allclose(both, 1, atol=1e-3)
    assert converted.expression.variance.shape == (2,)
    assert "PROCEDURAL" in converted.notes["color_note"]
    assert {k: converted.landmarks[k] for k in embedded.landmarks} == embedded.landmarks


def test_root_of_the_kit_is_found_and_parts_are_dropped(kit):
    whole = read_ict_facekit(kit.parent, people=20)
    without_eyes = read_ict_facekit(kit, "face", ("eyes", "teeth", "lashes"), people=20)
    assert without_eyes.n_vertices == 9409
    assert "pupil" in whole.regions and "pupil" not in without_eyes.regions
    # Where a part of the 68 points was cut away, no vertex stands for it.
    narrow = read_ict_facekit(kit, "narrow", people=20)
    assert narrow.n_vertices == 6706 + 862
    everything = read_ict_facekit(kit, drop=(), people=20)
    assert everything.n_vertices > whole.n_vertices and everything.regions["teeth"].sum() == 4412


def test_painted_colors_are_of_a_face(kit):
    contents = read_ict_facekit(kit, people=20)
    color = contents.color.mean
    assert color.min() >= 0 and color.max() <= 1
    lip, cheek, brow = (color[contents.landmarks_68[p]] for p in (51, 2, 19))
    assert lip[0] / lip[1] > cheek[0] / cheek[1] and brow.sum() < 0.75 * cheek.sum()
    # Lids are painted over parts of the eyeballs.
    pupil, sclera = (color[contents.regions[part]] for part in ("pupil", "sclera"))
    assert np.median(pupil) < 0.15 and np.median(sclera) > 0.3
    assert np.all(np.diff(contents.color.variance) <= 0)


def test_faces_with_more_corners_become_fans(tmp_path):
    (tmp_path / "a.obj").write_text(
        "v 0 0 0\nvt 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv -1 .5 0\nf 1/1/1 2//2 3 4/4\nf 1 4 5\n"
    )
    vertices, faces = read_obj(tmp_path / "a.obj")
    assert vertices.shape == (5, 3) and faces == [[0, 1, 2, 3], [0, 3, 4]]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("generic_neutral_mesh.obj", None, "no such file; it is part of ICT-FaceKit"),
        ("generic_neutral_mesh.obj", "v 0 0 0\n", "has 1 vertices; ICT-FaceKit Light has 26719"),
        ("identity001.obj", "v 0 0 0\n", "identity001.obj: has 1 vertices"),
        ("identity001.obj", "v 0 zero 0\n", "identity001.obj:1: could not convert"),
        ("vertex_indices.json", "{}", "has no list idx_to_landmark_verts"),
        ("vertex_indices.json", None, "no such file"),
    ],
)
def test_damaged_kit(kit, tmp_path, name, text, message):
    copy = shutil.copytree(kit, tmp_path / "kit")
    (copy / name).unlink()
    if text is not None:
        (copy / name).write_text(text)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        read_ict_facekit(copy, people=20)


def test_convert_and_verify_commands(kit, tmp_path, capsys):
    output = tmp_path / "ict.h5"
    commands.main(["convert", str(kit), str(output), "--people=20", "--texture_components=5"])
    commands.main(["verify", str(output), "--against", str(open_parts.FACE_MODEL)])
    assert "every check passed" in capsys.readouterr().out
    assert load_face_model(output).texture_components == 5
    with pytest.raises(SystemExit, match="mm is more than 1e-09 mm"):
        commands.main(
            ["verify", str(output), "--against", str(open_parts.FACE_MODEL), "--tolerance=1e-9"]
        )
    with pytest.raises(SystemExit, match="is a folder of ICT-FaceKit; `convert` it first"):
        commands.main(["info", str(kit)])


def test_real_sample(shared_data):
    """Mean and modes of the sample against the file converted independently of it: 0.05 mm."""
    folder = shared_data / "face_model" / "ict_facekit_sample"
    converted = read_ict_facekit(folder, people=20)
    reference = read_face_model(shared_data / "face_model" / "ict_bfm_layout_f16.h5")
    result = compare(converted, reference)
    assert result.n_vertices == 12110 and len(result.modes) == 10
    assert result.mean < 0.05 and result.modes.max() < 0.05
    assert result.deviations.max() < 0.05
    assert compare(converted, reference, "expression").worst < 0.05
    # The kit's own modes too, before they are made orthonormal.
    neutral, _ = read_obj(folder / "generic_neutral_mesh.obj")
    span = np.linalg.qr(reference.shape.basis.astype(float))[0]
    for path in sorted(folder.glob("identity*.obj")):
        mode = ((read_obj(path)[0] - neutral)[reference.source_index] * 10).reshape(-1)
        apart = (mode - span @ (span.T @ mode)).reshape(-1, 3)
        assert np.linalg.norm(apart, axis=1).max() < 0.05, path
