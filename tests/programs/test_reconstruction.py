"""Which photographs are reconstructed, and what is never overwritten."""

import dataclasses
import json
import shutil

import numpy as np
import pygltflib
import pytest
import trimesh
from PIL import Image

import open_parts
from data_pipeline.detection import POINT_COLUMNS, LandmarkFile
from data_pipeline.photographs import Photograph
from model.trained import Parts
from programs import reconstruction
from programs.reconstruction_options import Options

PHOTO = open_parts.PHOTOS / "us_congress_A000022.jpg"


def _image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), "gray").save(path)
    return path


def test_a_photograph_is_not_overwritten_by_its_texture(tmp_path):
    path = _image(tmp_path / "me.png")
    with pytest.raises(ValueError, match="would be overwritten"):
        reconstruction.check_overwrites_no_photograph(
            [Photograph(path, "me.png")], ["me"], tmp_path
        )


def _group(tmp_path):
    """A photograph of two faces, the smaller one on the left, and the file of their points."""
    photo = np.asarray(Image.open(PHOTO).convert("RGB"))
    half = np.asarray(Image.fromarray(photo).resize((112, 112)))
    both = np.full((224, 336, 3), 128, np.uint8)
    both[:112, :112], both[:, 112:] = half, photo
    Image.fromarray(both).save(tmp_path / "both.png")
    points = LandmarkFile(open_parts.LANDMARKS)(None, PHOTO.name)[0].points
    rows = [np.ravel((points - 0.5) / 2), np.ravel(points + [112, 0])]
    lines = [
        f"file,{','.join(POINT_COLUMNS)}",
        *(f"both.png,{','.join(map(str, r))}" for r in rows),
    ]
    (tmp_path / "points.csv").write_text("# detector: mtcnn\n" + "\n".join(lines))
    return tmp_path / "both.png", tmp_path / "points.csv"


def _options(output, photographs, landmarks, **others):
    return Options(
        output=output,
        photographs=[str(path) for path in photographs],
        checkpoint=open_parts.DECODER,
        parts=Parts(),
        landmarks=str(landmarks),
        **{"limit": None} | others,
    )


def test_all_faces_of_a_photograph(tmp_path, capsys):
    photo, points = _group(tmp_path)
    shutil.copy(PHOTO, tmp_path / "unknown.jpg")
    output = tmp_path / "faces"
    options = _options(
        output,
        [photo, tmp_path / "unknown.jpg"],
        points,
        all_faces=True,
        formats=("coefficients", "glb"),
    )
    assert reconstruction.run(options) == 2
    names = ("both", "both_face2")
    files = {f"{name}{end}" for name in names for end in (".glb", "_coefficients.npz")}
    assert {path.name for path in output.iterdir()} == files | {"results.json"}
    large, small = (np.load(output / f"{name}_coefficients.npz") for name in names)
    # The same person at half the size, and not the same crop twice.
    cosine = large["embedding"] @ small["embedding"]
    assert 0.6 < cosine < 0.9999
    assert large["points"][:, 0].min() > 112 > small["points"][:, 0].max()

    first, second = json.loads((output / "results.json").read_text())["photographs"]
    assert [face["name"] for face in first["faces"]] == list(names) and first["faces_found"] == 2
    assert second["faces"] == [] and second["problems"] == ["no row in the file of landmarks"]
    assert "2 faces from 1 photograph." in capsys.readouterr().out


def test_the_largest_face_is_taken_and_the_others_are_counted(tmp_path, capsys):
    photo, points = _group(tmp_path)
    output = tmp_path / "faces"
    options = _options(output, [photo], points, formats=("coefficients",))
    assert reconstruction.run(options) == 1
    assert {path.name for path in output.iterdir()} == {"both_coefficients.npz", "results.json"}
    with np.load(output / "both_coefficients.npz") as arrays:
        assert arrays["points"][:, 0].min() > 112
    assert "1 further face was found and not written." in capsys.readouterr().out


def test_a_run_that_was_interrupted_goes_on(tmp_path, capsys):
    photo, points = _group(tmp_path)
    shutil.copy(PHOTO, tmp_path / "unknown.jpg")
    output, photos = tmp_path / "faces", [photo, tmp_path / "unknown.jpg"]
    first = _options(output, photos, points, formats=("coefficients",), limit=1)
    assert reconstruction.run(first) == 1
    stamp = (output / "both_coefficients.npz").stat().st_mtime_ns
    again = dataclasses.replace(first, skip_finished=True, limit=None)
    capsys.readouterr()
    assert reconstruction.run(again) == 1
    assert "1 of 2 photographs are finished already." in capsys.readouterr().out
    assert (output / "both_coefficients.npz").stat().st_mtime_ns == stamp
    results = json.loads((output / "results.json").read_text())["photographs"]
    assert [result["photograph"] for result in results] == list(map(str, photos))
    # Now all is finished, and nothing is loaded.
    missing = dataclasses.replace(again, landmarks="absent.csv")
    assert reconstruction.run(missing) == 1


def test_what_was_made_in_another_way_is_not_taken_for_finished(tmp_path):
    photo, points = _group(tmp_path)
    options = _options(tmp_path / "faces", [photo], points, formats=("coefficients",))
    reconstruction.run(options)
    other = dataclasses.replace(options, skip_finished=True, photographed_tone=True)
    with pytest.raises(ValueError, match="made with another skin_tone"):
        reconstruction.run(other)
    other = dataclasses.replace(options, skip_finished=True, refine_steps=1)
    with pytest.raises(ValueError, match="made with another refinement"):
        reconstruction.run(other)
    # A format that is not there yet is made.
    more = dataclasses.replace(options, skip_finished=True, formats=("coefficients", "ply"))
    reconstruction.run(more)
    assert (tmp_path / "faces" / "both.ply").is_file()


def test_several_photographs_become_one_face(tmp_path, capsys):
    photo, points = _group(tmp_path)
    mirrored = np.asarray(Image.open(photo))[:, ::-1]
    Image.fromarray(mirrored).save(tmp_path / "mirrored.png")
    rows = points.read_text().splitlines()
    own = np.array(rows[-1].split(",")[1:], float).reshape(5, 2)[[1, 0, 2, 4, 3]]
    own[:, 0] = mirrored.shape[1] - 1 - own[:, 0]
    points.write_text("\n".join([*rows, f"mirrored.png,{','.join(map(str, own.ravel()))}"]))
    shutil.copy(PHOTO, tmp_path / "unknown.jpg")
    photos = [photo, tmp_path / "unknown.jpg", tmp_path / "mirrored.png"]
    apart, together = (tmp_path / name for name in ("apart", "together"))
    options = _options(apart, photos, points, formats=("coefficients",))
    assert reconstruction.run(options) == 2
    assert reconstruction.run(dataclasses.replace(options, output=together, merge=True)) == 1
    features = [np.load(apart / f"{k}_coefficients.npz")["features"] for k in ("both", "mirrored")]
    with np.load(together / "merged_coefficients.npz") as merged:
        np.testing.assert_allclose(merged["features"], np.mean(features, axis=0), atol=1e-4)
        assert abs(np.linalg.norm(merged["embedding"]) - 1) < 1e-5
    assert "1 face from 2 photographs." in capsys.readouterr().out
    failed, made = json.loads((together / "results.json").read_text())["photographs"]
    assert failed["problems"] and made["faces"][0]["merged"] == [str(photos[0]), str(photos[2])]


@pytest.mark.parametrize(
    "arguments, name",
    [(["trip/anna.mp4"], "anna"), (["trip/v1.2"], "v1.2"), (["a.jpg", "b.jpg"], "merged")],
)
def test_the_one_face_of_photographs_has_a_name(tmp_path, monkeypatch, arguments, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trip" / "v1.2").mkdir(parents=True)
    (tmp_path / "trip" / "anna.mp4").touch()
    assert reconstruction.merged_name(arguments) == name


def test_faces_show_the_expression_that_is_asked_for(tmp_path):
    photo, points = _group(tmp_path)
    meshes = {}
    for folder, expression in (("rest", {}), ("open", {"jawOpen": 1.0})):
        formats = ("glb", "ply", "render")
        options = _options(
            tmp_path / folder, [photo], points, formats=formats, expression=expression
        )
        assert reconstruction.run(options) == 1
        meshes[folder] = trimesh.load(tmp_path / folder / "both.ply", process=False)
        glb = pygltflib.GLTF2().load(tmp_path / folder / "both.glb")
        (mesh,) = glb.meshes
        assert mesh.weights[mesh.extras["targetNames"].index("jawOpen")] == len(expression)
    rest, opened = (meshes[name].vertices for name in ("rest", "open"))
    # The open mouth has teeth, and the chin is lower.
    assert len(opened) > len(rest)
    assert (rest - opened[: len(rest)])[:, 1].max() > 10
    pictures = [np.asarray(Image.open(tmp_path / f / "both_render.png"), int) for f in meshes]
    changed = np.abs(pictures[0] - pictures[1]).max(axis=(0, 2)) > 25
    side = pictures[0].shape[0]
    assert changed[2 * side :].any() and not changed[: 2 * side].any()
