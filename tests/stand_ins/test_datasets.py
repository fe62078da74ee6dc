"""Stand-in datasets: the real layouts, known truth outside of them, and faces to be found."""

import io
import os
import re

import numpy as np
import pytest
from PIL import Image

import open_parts
from data_pipeline.mtcnn_detector import MtcnnDetector
from data_pipeline.photographs import list_photographs, read_image
from model.face_models.load import load_face_model
from stand_ins import dataset_layouts, datasets
from stand_ins.__main__ import make_parser
from stand_ins.datasets import write_from_photographs, write_rendered

PEOPLE, PHOTOS = 4, 4


@pytest.fixture(scope="module")
def vgg_face(tmp_path_factory):
    """A set with many useless rows, since it is small."""
    output = tmp_path_factory.mktemp("sets") / "vgg_face"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset_layouts, "_MISSING", 0.4)
        patch.setattr(dataset_layouts, "_CORRUPT", 0.4)
        truth = write_rendered(output, "vgg_face", PEOPLE, PHOTOS, seed=1)
    with np.load(truth, allow_pickle=False) as arrays:
        return output, dict(arrays)


def is_picture(path):
    try:
        return read_image(path) is not None
    except ValueError:
        return False


def test_vgg_face_layout(vgg_face):
    folder, truth = vgg_face
    assert {p.name for p in folder.iterdir()} == {"files", "images"}
    listings = sorted(folder.glob("files/*.txt"))
    assert len(listings) == PEOPLE
    row = re.compile(r"\d{8} \S+ -?[\d.]+ -?[\d.]+ [\d.]+ [\d.]+ [\d.]+ [\d.]+ [01]")
    for listing in listings:
        lines = listing.read_text().splitlines()
        assert all(row.fullmatch(line) for line in lines)
        assert [line.split()[0] for line in lines] == [f"{k:08d}" for k in range(1, len(lines) + 1)]
    listing = list_photographs(folder)
    assert listing.missing
    broken = [photo.name for photo in listing.photographs if not is_picture(photo.path)]
    assert broken
    names = {photo.name for photo in listing.photographs}
    assert set(truth["name"]) <= names and not set(truth["name"]) & set(broken)


def test_truth_is_about_these_pictures_and_not_among_them(vgg_face):
    folder, truth = vgg_face
    assert len(truth["name"]) == PEOPLE * PHOTOS
    for name, identity in zip(truth["name"], truth["identity"], strict=True):
        assert name.split("/")[1] == identity
    # One face a person, another expression in each picture.
    for key, per_person in (("shape", 1), ("texture", 1), ("expression", PHOTOS)):
        rows = truth[key].reshape(PEOPLE, PHOTOS, -1)
        assert all(len(np.unique(own, axis=0)) == per_person for own in rows), key
    model = load_face_model(open_parts.FACE_MODEL)
    assert truth["shape"].shape[1] == model.shape_components
    assert str(truth["face_model_fingerprint"]) == model.fingerprint
    # Nothing in the folder says anything else than a listing and pictures do.
    assert {p.suffix for p in folder.rglob("*") if p.is_file()} == {".txt", ".jpg"}
    for path in folder.rglob("*.jpg"):
        assert b"Exif" not in path.read_bytes()[:64]


def test_boxes_hold_the_points(vgg_face):
    folder, truth = vgg_face
    photos = {photo.name: photo for photo in list_photographs(folder).photographs}
    for name, points in zip(truth["name"], truth["points"], strict=True):
        left, top, right, bottom = photos[str(name)].box
        assert (points > (left, top)).all() and (points < (right, bottom)).all()


def test_detector_finds_the_faces_where_they_are(vgg_face):
    folder, truth = vgg_face
    detector = MtcnnDetector()
    errors = []
    for name, points in zip(truth["name"], truth["points"], strict=True):
        found = detector(read_image(folder / str(name)))
        if found:
            eyes = np.linalg.norm(points[1] - points[0])
            errors.append(np.linalg.norm(found[0].points - points, axis=1).mean() / eyes)
    assert len(errors) >= 0.8 * PEOPLE * PHOTOS
    assert np.median(errors) < 0.12


def test_pictures_of_a_person_differ_as_photographs_do(vgg_face):
    folder, truth = vgg_face
    sizes, tones = set(), []
    for name in truth["name"]:
        image = read_image(folder / str(name))
        sizes.add(image.shape)
        tones.append(image.reshape(-1, 3).mean(axis=0))
    assert len(sizes) > PEOPLE
    assert np.std(tones, axis=0).min() > 10
    assert np.ptp(truth["yaw_deg"]) > 15


def test_picture_is_a_function_of_seed_person_and_number(tmp_path, vgg_face):
    write_rendered(tmp_path / "again", "vgg_face", 1, 2, seed=1)
    first, _ = vgg_face
    own = {p.read_bytes() for p in first.rglob("*.jpg")}
    again = np.load(tmp_path / "again_truth.npz")["name"]
    assert {(tmp_path / "again" / str(name)).read_bytes() for name in again} <= own


def test_sheet_shows_a_row_a_person(tmp_path, vgg_face):
    datasets.write_sheet(tmp_path / "sheet.jpg", vgg_face[0], people=3, photos=3)
    sheet = np.array(Image.open(tmp_path / "sheet.jpg"))
    assert sheet.shape == (3 * 128, 3 * 128, 3)
    assert min(tile.std() for row in np.split(sheet, 3) for tile in np.split(row, 3, 1)) > 5


def test_lfw_layout(tmp_path):
    write_rendered(tmp_path / "lfw", "lfw", 2, 2)
    listing = list_photographs(tmp_path / "lfw")
    assert [photo.name for photo in listing.photographs] == [
        f"Rendered_Person_{p:04d}/Rendered_Person_{p:04d}_{k:04d}.jpg"
        for p in (1, 2)
        for k in (1, 2)
    ]
    points = np.load(tmp_path / "lfw_truth.npz")["points"]
    assert {read_image(p.path).shape for p in listing.photographs} == {(250, 250, 3)}
    assert np.abs(points[:, :2].mean(axis=1) - (125, 112)).max() < 12


def test_mofa_test_layout(tmp_path):
    """A flat folder, and a list of whose pictures they are; 84 of 78 people by default."""
    counts = datasets.photo_counts("mofa_test", None, None)
    assert (len(counts), sum(counts), set(counts)) == (78, 84, {1, 2})
    folder = tmp_path / "mofa"
    write_rendered(folder, "mofa_test", 2, 2)
    listing = list_photographs(folder, folder / "identities.csv")
    assert [photo.name for photo in listing.photographs] == [f"0000{k}.jpg" for k in (1, 2, 3, 4)]
    assert [photo.identity[-1] for photo in listing.photographs] == list("1122")
    assert {read_image(p.path).shape for p in listing.photographs} == {(224, 224, 3)}
    with np.load(tmp_path / "mofa_truth.npz") as truth:
        assert truth["name"].tolist() == [photo.name for photo in listing.photographs]
        eyes = np.linalg.norm(truth["points"][:, 1] - truth["points"][:, 0], axis=1)
    assert (eyes > 35).all()


def test_from_real_photographs(tmp_path):
    photos = sorted(open_parts.PHOTOS.glob("*.jpg"))[:3]
    source = tmp_path / "source"
    (source / "Ann Lee").mkdir(parents=True)
    for k, photo in enumerate(photos[:2]):
        (source / "Ann Lee" / f"{k}.jpg").write_bytes(photo.read_bytes())
    # By content: what is called a JPEG file here is none, and must not be copied as one.
    Image.open(photos[2]).save(source / "loose.jpg", "PNG")
    write_from_photographs(tmp_path / "vgg_face", "vgg_face", source)
    listing = list_photographs(tmp_path / "vgg_face")
    assert {photo.identity for photo in listing.photographs} == {"Ann_Lee", "loose"}
    data = {photo.path.read_bytes() for photo in listing.photographs}
    assert {photo.read_bytes() for photo in photos[:2]} <= data
    for photo in listing.photographs:
        assert not photo.path.read_bytes().startswith(b"\x89PNG")
        if is_picture(photo.path):
            left, top, right, bottom = photo.box
            assert 20 < left < right < 204 and 0 < top < bottom < 224
    assert not (tmp_path / "vgg_face_truth.npz").exists()
    write_from_photographs(tmp_path / "lfw", "lfw", source)
    assert (tmp_path / "lfw" / "Ann_Lee" / "Ann_Lee_0002.jpg").is_file()


def test_output_of_any_name_is_reported(tmp_path, capsys):
    output = tmp_path / os.fsdecode(b"set\xff")
    arguments = ["--layout=lfw", f"--from_photos={tmp_path / 'photos'}", f"--output={output}"]
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "photos" / "a.png")
    options = make_parser().parse_args(["dataset", *arguments])
    options.run(options)
    assert r"set\xff: 1 images of 1 people" in capsys.readouterr().out


def test_every_kind_of_damage_cannot_be_trained_on(vgg_face):
    folder, truth = vgg_face
    data = (folder / str(truth["name"][0])).read_bytes()
    generator = np.random.default_rng(0)
    for kind in ("truncated", "html", "empty"):
        with pytest.raises(OSError):
            Image.open(io.BytesIO(dataset_layouts.corrupt(data, kind, generator))).load()
    nobody = Image.open(io.BytesIO(dataset_layouts.corrupt(data, "no_face", generator)))
    assert MtcnnDetector()(np.array(nobody)) == []


def test_nothing_is_overwritten_and_nothing_half_done_is_left(tmp_path, monkeypatch):
    (tmp_path / "set").mkdir()
    with pytest.raises(FileExistsError, match="is there already"):
        write_rendered(tmp_path / "set", "lfw", 1, 1)

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(dataset_layouts, "write_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        write_rendered(tmp_path / "other", "lfw", 1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
