import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import trimesh
from PIL import Image

import open_parts
import reconstruct
from data_pipeline.photographs import Photograph
from model import identity
from model.decoder import Decoder
from model.decoder_io import save_decoder
from model.face_models.load import load_face_model

ROOT = pathlib.Path(reconstruct.__file__).parent
PHOTO = open_parts.PHOTOS / "us_congress_A000022.jpg"


def _paths(*names):
    return [pathlib.Path(name) for name in names]


def test_names_are_those_of_the_photographs():
    assert reconstruct.output_names(_paths("a/me.jpg", "b/you.png")) == ["me", "you"]


def test_equal_names_are_told_apart_by_folder_then_number():
    paths = _paths("anna/1.jpg", "berta/1.jpg", "x/anna/1.JPG", "2.jpg")
    names = reconstruct.output_names(paths)
    assert names == ["anna_1", "berta_1", "anna_1_2", "2"]


def test_names_that_differ_in_case_only_are_equal():
    names = reconstruct.output_names(_paths("a/Me.jpg", "b/me.jpg"))
    assert len({name.casefold() for name in names}) == 2


@pytest.mark.parametrize(
    "paths", [("bob.jpg", "bob_render.jpg"), ("bob_render.jpg", "bob.jpg"), ("a.jpg",) * 3]
)
def test_no_two_files_of_faces_share_a_name(paths):
    names = reconstruct.output_names(_paths(*paths))
    files = [name + suffix for name in names for suffix in reconstruct.SUFFIXES]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("my photo (1).jpg", "my_photo_1"),
        ("Zoë & Łukasz.png", "Zoë_Łukasz"),
        ("--help.jpg", "help"),
        ("???.jpg", "face"),
        ("line\nbreak.jpg", "line_break"),
    ],
)
def test_names_are_harmless(name, expected):
    assert reconstruct.output_names([pathlib.Path(name)]) == [expected]


def test_long_names_leave_room_for_endings():
    (name,) = reconstruct.output_names([pathlib.Path("界" * 84 + ".jpg")])
    assert len(f"{name}_coefficients.npz.partial".encode()) < 255


def _image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), "gray").save(path)
    return path


def test_each_photograph_is_collected_once_and_no_result_is(tmp_path):
    first = _image(tmp_path / "photos" / "a.png")
    second = _image(tmp_path / "photos" / "sub" / "b.png")
    _image(tmp_path / "photos" / "out" / "a_render.png")
    arguments = [str(first), str(tmp_path / "photos"), str(second)]
    photos = reconstruct.collect(arguments, tmp_path / "photos" / "out")
    assert [photo.path for photo in photos] == [first, second]


def test_missing_argument(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such photograph or folder"):
        reconstruct.collect([str(tmp_path / "absent")], tmp_path)


def test_results_do_not_go_where_the_photographs_are(tmp_path):
    _image(tmp_path / "a.png")
    with pytest.raises(ValueError, match="need different folders"):
        reconstruct.collect([str(tmp_path)], tmp_path)


def test_a_photograph_is_not_overwritten_by_its_texture(tmp_path):
    path = _image(tmp_path / "me.png")
    with pytest.raises(ValueError, match="would be overwritten"):
        reconstruct.check_overwrites_no_photograph([Photograph(path, "me.png")], ["me"], tmp_path)


def test_files_appear_together_or_not_at_all(tmp_path):
    # A folder in the way of the second file's temporary name.
    (tmp_path / "b.partial").mkdir()
    with pytest.raises(OSError):
        reconstruct.write_files(tmp_path, {"a": b"1", "b": b"2"})
    assert not (tmp_path / "a").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["b.partial"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A decoder with fresh weights: what it makes of a face is arbitrary, but a face."""
    face_model = load_face_model(open_parts.FACE_MODEL)
    encoder = identity.load("openvino_ir", open_parts.ENCODER)
    tf.random.set_seed(0)
    decoder = Decoder(
        encoder.feature_size, face_model.shape_components, face_model.texture_components
    )
    path = tmp_path_factory.mktemp("run") / "decoder.npz"
    save_decoder(path, decoder, face_model, encoder)
    return path


def test_end_to_end(checkpoint, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no photograph")
    _image(tmp_path / "nobody.png")
    output = tmp_path / "faces"
    flags = [f"--checkpoint={checkpoint}", f"--output_dir={output}"]
    photos = [tmp_path / "broken.jpg", PHOTO, tmp_path / "nobody.png"]
    command = [sys.executable, "reconstruct.py", *flags, *map(str, photos)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for photo, reason in ((photos[0], "not a readable image"), (photos[2], "no face found")):
        lines = [line for line in done.stderr.splitlines() if line.startswith(f"{photo}: ")]
        assert len(lines) == 1 and reason in lines[0]

    name = PHOTO.stem
    files = {path.name for path in output.iterdir()}
    assert files == {name + suffix for suffix in reconstruct.SUFFIXES} | {"contact_sheet.jpg"}
    with np.load(output / f"{name}_coefficients.npz", allow_pickle=False) as arrays:
        coefficients = dict(arrays)
    face_model = load_face_model(open_parts.FACE_MODEL)
    vertices = face_model.decode_shape(coefficients["shape"][None])[0].numpy()
    for ending, scale in (("glb", 1000), ("ply", 1)):
        mesh = trimesh.load(output / f"{name}.{ending}", process=False, force="mesh")
        np.testing.assert_allclose(mesh.vertices * scale, vertices, atol=1e-3)
    textured = trimesh.load(output / f"{name}.obj", process=False)
    np.testing.assert_allclose(textured.triangles, vertices[face_model.triangles], atol=1e-3)
    assert textured.visual.material.image.size == (1024, 1024)
    render = np.asarray(Image.open(output / f"{name}_render.png"))
    assert render.shape[1] == 4 * render.shape[0]


def test_nothing_but_failures_is_a_failure(checkpoint, tmp_path):
    _image(tmp_path / "nobody.png")
    flags = [f"--checkpoint={checkpoint}", f"--output_dir={tmp_path / 'faces'}"]
    command = [sys.executable, "reconstruct.py", *flags, str(tmp_path / "nobody.png")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no face in any photograph" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "faces").exists()
