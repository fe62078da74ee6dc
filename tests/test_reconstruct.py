"""The script reconstruct.py, as a user calls it."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import trimesh
from PIL import Image

import open_parts
from model import identity
from model.decoder import Decoder
from model.decoder_io import save_decoder
from model.face_models.load import load_face_model
from programs.face_formats import SUFFIXES

ROOT = pathlib.Path(__file__).parent.parent
PHOTO = open_parts.PHOTOS / "us_congress_A000022.jpg"


def _image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), "gray").save(path)
    return path


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
    flags = [f"--checkpoint={checkpoint}", f"--output_dir={output}", "--write=landmarks68"]
    photos = [tmp_path / "broken.jpg", PHOTO, tmp_path / "nobody.png"]
    command = [sys.executable, "reconstruct.py", *flags, *map(str, photos)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for photo, reason in ((photos[0], "not a readable image"), (photos[2], "no face found")):
        lines = [line for line in done.stderr.splitlines() if line.startswith(f"{photo}: ")]
        assert len(lines) == 1 and reason in lines[0]

    name = PHOTO.stem
    files = {path.name for path in output.iterdir()}
    assert files == {name + suffix for suffix in SUFFIXES} | {"contact_sheet.jpg", "results.json"}
    with np.load(output / f"{name}_coefficients.npz", allow_pickle=False) as arrays:
        coefficients = dict(arrays)
    face_model = load_face_model(open_parts.FACE_MODEL)
    vertices = face_model.decode_shape(coefficients["shape"][None])[0].numpy()
    for ending, scale in (("glb", 1000), ("ply", 1)):
        mesh = trimesh.load(output / f"{name}.{ending}", process=False, force="mesh")
        # A GLB has the inside of the mouth after the vertices of the face.
        np.testing.assert_allclose(mesh.vertices[: len(vertices)] * scale, vertices, atol=1e-3)
    textured = trimesh.load(output / f"{name}.obj", process=False)
    np.testing.assert_allclose(textured.triangles, vertices[face_model.triangles], atol=1e-3)
    assert textured.visual.material.image.size == (1024, 1024)
    render = np.asarray(Image.open(output / f"{name}_render.png"))
    assert render.shape[1] == 5 * render.shape[0]
    landmarks = json.loads((output / f"{name}_landmarks68.json").read_text())
    mesh, pixels = np.array(landmarks["mesh_mm"]), np.array(landmarks["pixels"])
    np.testing.assert_allclose(mesh, vertices[landmarks["vertices"]], atol=1e-3)
    # The outer corners of the eyes lie around the detector's eyes.
    eyes = coefficients["points"][:2]
    width = eyes[1, 0] - eyes[0, 0]
    np.testing.assert_allclose(pixels[[36, 45]].mean(axis=0), eyes.mean(axis=0), atol=0.12 * width)
    assert 1.2 * width < pixels[45, 0] - pixels[36, 0] < 1.8 * width


def test_an_unknown_format_is_refused_at_once(tmp_path):
    command = [
        sys.executable,
        "reconstruct.py",
        f"--output_dir={tmp_path}",
        "--formats=stl",
        "a.jpg",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "name some of glb, ply, obj" in done.stderr


def test_nothing_but_failures_is_a_failure(checkpoint, tmp_path):
    _image(tmp_path / "nobody.png")
    flags = [f"--checkpoint={checkpoint}", f"--output_dir={tmp_path / 'faces'}"]
    command = [sys.executable, "reconstruct.py", *flags, str(tmp_path / "nobody.png")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no face in any photograph" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "faces").exists()


def test_processes_share_photographs(checkpoint, tmp_path):
    photos = sorted(open_parts.PHOTOS.glob("*.jpg"))[:9]
    command = [
        *(sys.executable, "reconstruct.py", "--jobs=2", "--formats=coefficients"),
        *(f"--checkpoint={checkpoint}", f"--output_dir={tmp_path}", *map(str, photos)),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    # The photographs of two processes, in the order of the command.
    results = json.loads((tmp_path / "results.json").read_text())["photographs"]
    assert [result["photograph"] for result in results] == list(map(str, photos))
    assert all((tmp_path / f"{photo.stem}_coefficients.npz").is_file() for photo in photos)


@pytest.mark.parametrize(
    "flags, complaint",
    [
        (["--write=pose"], "name some of landmarks68"),
        (["--merge", "--jobs=2"], "--merge makes one face of all photographs"),
        (["--merge", "--faces=all"], "--merge makes one face of all photographs"),
        (["--video_every=0"], "positive"),
    ],
)
def test_flags_that_do_not_go_together_are_refused_at_once(tmp_path, flags, complaint):
    command = [sys.executable, "reconstruct.py", f"--output_dir={tmp_path}", *flags, "a.jpg"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and complaint in done.stderr
