"""Which photographs are reconstructed, and what is never overwritten."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import open_parts
from data_pipeline.detection import POINT_COLUMNS, LandmarkFile
from data_pipeline.photographs import Photograph
from model.trained import Parts
from programs import reconstruction

PHOTO = open_parts.PHOTOS / "us_congress_A000022.jpg"


def _image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), "gray").save(path)
    return path


def test_each_photograph_is_collected_once_and_no_result_is(tmp_path):
    first = _image(tmp_path / "photos" / "a.png")
    second = _image(tmp_path / "photos" / "sub" / "b.png")
    _image(tmp_path / "photos" / "out" / "a_render.png")
    arguments = [str(first), str(tmp_path / "photos"), str(second)]
    photos = reconstruction.collect(arguments, tmp_path / "photos" / "out")
    assert [photo.path for photo in photos] == [first, second]


def test_missing_argument(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such photograph or folder"):
        reconstruction.collect([str(tmp_path / "absent")], tmp_path)


def test_results_do_not_go_where_the_photographs_are(tmp_path):
    _image(tmp_path / "a.png")
    with pytest.raises(ValueError, match="need different folders"):
        reconstruction.collect([str(tmp_path)], tmp_path)


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
    return reconstruction.Options(
        output=output,
        photographs=[str(path) for path in photographs],
        checkpoint=open_parts.DECODER,
        parts=Parts(),
        landmarks=str(landmarks),
        limit=None,
        **others,
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
