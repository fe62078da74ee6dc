"""The commands `info`, `mesh` and `fetch`, as a user calls them, and what all of them share."""

import hashlib
import pathlib
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import trimesh
from PIL import Image

from model.face_model_contents import Cut
from model.face_models import __main__ as commands
from model.face_models import fetch, ict_facekit
from model.face_models.load import load_face_model
from tests.model.face_models.fake_kit import write_fake_kit
from tests.model.small_face_model import write_small_face_model


@pytest.fixture
def path(tmp_path):
    return write_small_face_model(tmp_path / "model.h5")


def test_info_prints_and_draws(path, tmp_path, capsys):
    picture = tmp_path / "picture.png"
    commands.main(["info", str(path), "--output", str(picture), "--shape_components=2"])
    text = capsys.readouterr().out
    assert "225 vertices, 392 triangles, 160 x 180 x 121 mm" in text
    assert "components: 2 shape, 6 texture (srgb), 6 expression" in text
    assert "landmarks: 7 named, 7 of the 68 points" in text
    image = np.array(Image.open(picture))
    size = image.shape[1] // 8
    mean = image[: size + 16, :size]
    assert (np.abs(mean.astype(int) - mean[-1, 0]).max(axis=-1) > 20).mean() > 0.2
    # Two components of shape: nothing is drawn where a third would be.
    row = image[size + 16 : 2 * (size + 16)]
    assert row[:, 4 * size :].min() == 255 and row[:, 3 * size : 4 * size].min() < 200


def test_mesh_is_the_face_of_the_coefficients(path, tmp_path):
    coefficients = tmp_path / "face_coefficients.npz"
    np.savez(coefficients, shape=np.array([1.0, -2.0]), texture=np.ones(6))
    for suffix in ("PLY", "glb", "obj"):
        output = tmp_path / f"face.{suffix}"
        arguments = [str(path), str(output), "--coefficients", str(coefficients)]
        commands.main(["mesh", *arguments, "--set", "shape3=1.5", "--set=expression1=-1"])
    model = load_face_model(path)
    s, e = np.zeros([1, 6], np.float32), np.zeros([1, 6], np.float32)
    s[0, :3], e[0, 0] = (1, -2, 1.5), -1
    expected = model.decode_shape(s, e)[0].numpy()
    read = trimesh.load(tmp_path / "face.PLY", file_type="ply", process=False)
    np.testing.assert_allclose(read.vertices, expected, atol=1e-3)
    assert (tmp_path / "face.mtl").is_file() and (tmp_path / "face.glb").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.stl"], "must end in .glb, .ply or .obj"),
        (["a.ply", "--set=shape9=1"], "must be like shape1=3"),
        (["a.ply", "--set=form1=1"], "must be like shape1=3"),
        (["a.ply", "--set=shape1=1.2.3"], "must be like shape1=3"),
        (["a.ply", "--set=shape1=nan"], "must be like shape1=3"),
        (["a.ply", "--coefficients=none.npz"], "none.npz"),
    ],
)
def test_mistakes_are_one_line(path, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=message):
        commands.main(["mesh", str(path), *arguments])
    assert not list(tmp_path.glob("a.*"))


def archive_of(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"ICT-FaceKit-main/FaceXModel/{file.name}")
        archive.writestr("ICT-FaceKit-main/FaceXModel/../../evil.obj", "v 0 0 0")
        archive.writestr("ICT-FaceKit-main/Scripts/run.py", "print()")
    return path.as_uri()


def test_fetch_unpacks_and_verifies(tmp_path, monkeypatch, capsys):
    kit = write_fake_kit(tmp_path / "made")
    url = archive_of(kit, tmp_path / "kit.zip")
    target = tmp_path / "cache" / "ict"
    with pytest.raises(SystemExit, match="SHA-256 is .* not the kit"):
        commands.main(["fetch", "ict", "--output", str(target), "--url", url])
    assert not target.exists()
    sums = {name: hashlib.sha256((kit / name).read_bytes()).hexdigest() for name in fetch.CHECKSUMS}
    monkeypatch.setattr(fetch, "CHECKSUMS", sums)
    commands.main(["fetch", "ict", "--output", str(target), "--url", url])
    assert {file.name for file in target.iterdir()} == {file.name for file in kit.iterdir()}
    assert not list(tmp_path.rglob("evil.obj")) and not list(tmp_path.rglob("*.partial"))
    text = capsys.readouterr().out
    assert "MIT license" in text and "CVPR 2020" in text
    with pytest.raises(SystemExit, match="is there already"):
        commands.main(["fetch", "ict", "--output", str(target), "--url", url])


def test_fetch_offline_says_what_to_do(tmp_path):
    target = tmp_path / "ict"
    url = (tmp_path / "absent.zip").as_uri()
    with pytest.raises(SystemExit, match="put the .obj and .json files of its folder FaceXModel"):
        commands.main(["fetch", "ict", "--output", str(target), "--url", url])
    assert not target.exists()


def test_fetch_of_something_else(tmp_path):
    (tmp_path / "page.zip").write_text("<html>")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    for name, message in (("page", "download is damaged"), ("empty", "not the kit")):
        url = (tmp_path / f"{name}.zip").as_uri()
        with pytest.raises(SystemExit, match=message):
            commands.main(["fetch", "ict", "--output", str(tmp_path / "ict"), "--url", url])


def python(*arguments):
    root = pathlib.Path(__file__).parents[3]
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_help_and_wrong_arguments_need_no_tensorflow():
    code = (
        "import sys\nfrom model.face_models import __main__ as commands\n"
        "parser = commands.make_parser()\n"
        "for name in ('info', 'convert', 'verify', 'mesh', 'paint', 'fetch'):\n"
        "    try: parser.parse_args([name, '--help'])\n"
        "    except SystemExit as error: assert error.code == 0\n"
        "assert not {'tensorflow', 'numpy'} & set(sys.modules)"
    )
    result = python("-c", code)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("usage: python -m model.face_models") == 6


def test_an_error_is_one_line_and_nothing_else(tmp_path):
    result = python("-m", "model.face_models", "info", str(tmp_path / "absent.h5"))
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"face_models: {tmp_path / 'absent.h5'}: no such face model")


def test_the_parser_knows_the_parts_and_regions():
    parser = commands.make_parser()
    for region in ict_facekit.REGIONS:
        assert parser.parse_args(["convert", "a", "b", f"--region={region}"]).region == region
    options = parser.parse_args(["info", "a"])
    assert all(hasattr(options, f"{part}_components") for part in Cut._fields)
    assert Cut._fields == commands.PARTS
