"""The carried parts are the ones that were listed, whole, licensed and small enough."""

import csv
import shutil

import numpy as np
import pytest

import open_parts
from open_parts import pack

MAX_BYTES = 40_000_000


def _rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def small_copy(tmp_path):
    """A folder with two of the parts and a correct list of them."""
    for name in ("photos/splits.csv", "licenses/ICT-FaceKit_MIT.txt"):
        pack.copy_file(open_parts.FOLDER / name, tmp_path / name)
    pack.write_checksums(tmp_path)
    return tmp_path


def test_every_part_matches_its_checksum():
    assert open_parts.verify() >= 223


def test_constants_name_files():
    for path in (open_parts.FACE_MODEL, open_parts.LANDMARKS, open_parts.SPLITS):
        assert path.is_file()
    for network in (open_parts.ENCODER, open_parts.SCORER):
        assert network.is_file() and network.with_suffix(".bin").is_file()


def test_parts_stay_small():
    sizes = [(open_parts.FOLDER / name).stat().st_size for name in open_parts.part_files()]
    assert sum(sizes) < MAX_BYTES


def test_tables_and_goldens_cover_carried_photographs_only():
    photos = {path.name for path in open_parts.PHOTOS.glob("*.jpg")}
    splits = _rows(open_parts.SPLITS)
    assert len(photos) == 210
    assert {row["file"] for row in splits} == photos
    assert all(row["embed"] == "1" for row in splits)
    assert {row["file"] for row in _rows(open_parts.LANDMARKS)} == photos
    for path in (open_parts.ENCODER_GOLDENS, open_parts.SCORER_GOLDENS):
        with np.load(path, allow_pickle=False) as goldens:
            assert set(goldens["photo"]) <= photos
            assert len(goldens["photo"]) == len(goldens["embedding"]) == 7


def test_readme_quotes_the_checksums():
    text = (open_parts.FOLDER / "README.md").read_text(encoding="utf-8")
    checksums = open_parts.read_checksums()
    face_model = open_parts.FACE_MODEL.relative_to(open_parts.FOLDER).as_posix()
    for name in (face_model, *pack.WHOLE_FILES[:4], *pack.GOLDENS, *pack.TABLES):
        assert f"| `{name}` | `{checksums[name]}` |" in text, name


def test_notice_names_every_license_text():
    notice = (open_parts.FOLDER.parent / "NOTICE").read_text(encoding="utf-8")
    for path in (open_parts.FOLDER / "licenses").iterdir():
        assert f"licenses/{path.name}" in notice


@pytest.mark.parametrize(
    "damage, complaint",
    [
        (lambda f: (f / "photos/splits.csv").write_text("other"), "splits.csv: altered"),
        (lambda f: (f / "photos/splits.csv").unlink(), "splits.csv: listed but missing"),
        (lambda f: shutil.copy(f / "photos/splits.csv", f / "photos/x.csv"), "x.csv: not listed"),
    ],
)
def test_verify_names_the_bad_file(small_copy, damage, complaint):
    assert open_parts.verify(small_copy) == 2
    damage(small_copy)
    with pytest.raises(ValueError, match=complaint):
        open_parts.verify(small_copy)


def test_pack_makes_what_is_carried(shared_data, tmp_path):
    """Repeats the recorded command; compressed arrays are compared by content, not by byte."""
    pack.pack(shared_data, tmp_path)
    made_here = ("decoder/", open_parts.FACE_MODEL.relative_to(open_parts.FOLDER).as_posix())
    carried = {name for name in open_parts.part_files() if not name.startswith(made_here)}
    assert set(open_parts.part_files(tmp_path)) == carried
    compressed = (*pack.GOLDENS, pack.DENSE_LANDMARKS, pack.MOUTH_PARTS)
    for name in sorted(carried - set(compressed)):
        assert (tmp_path / name).read_bytes() == (open_parts.FOLDER / name).read_bytes(), name
    for name in compressed:
        with np.load(tmp_path / name) as made, np.load(open_parts.FOLDER / name) as carried_npz:
            assert made.files == carried_npz.files
            for key in made.files:
                np.testing.assert_array_equal(made[key], carried_npz[key])
