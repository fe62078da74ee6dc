"""Listing folders and reading the image files that users really have."""

import io
import os
import re
import sys

import numpy as np
import pytest
from PIL import Image

import open_parts
from data_pipeline import photographs
from data_pipeline.photo_lists import read_photo_list
from data_pipeline.photographs import list_photographs, read_image


def _touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def _names(listing):
    return [photo.name for photo in listing.photographs]


def _colors():
    """Four 16 x 16 blocks: red, green / blue, gray."""
    blocks = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [128, 128, 128]]], np.uint8)
    return blocks.repeat(16, axis=0).repeat(16, axis=1)


def test_lists_images_of_any_depth_sorted_and_skips_the_rest(tmp_path):
    _touch(tmp_path, "b.JPG", "a/c.png", "a.webp", "notes.txt", ".hidden.jpg", ".git/x.jpg")
    listing = list_photographs(tmp_path)
    assert _names(listing) == ["a.webp", "a/c.png", "b.JPG"]
    assert listing.photographs[1].path == tmp_path / "a" / "c.png"
    assert listing.missing == ()


@pytest.fixture(scope="module")
def jpeg_file():
    return sorted(open_parts.PHOTOS.glob("*.jpg"))[0].read_bytes()


def test_lists_by_content_whatever_the_suffix(tmp_path, jpeg_file):
    names = ["a.JPG_large", "b", "c.hif", "d.txt", "e.jp2", "f.tmp.2"]
    for name in names:
        (tmp_path / name).write_bytes(jpeg_file)
    listing = list_photographs(tmp_path)
    assert _names(listing) == names
    assert listing.passed_over == () and listing.passed_over_summary() == ""
    for photo in listing.photographs:
        np.testing.assert_array_equal(read_image(photo.path), read_image(tmp_path / "a.JPG_large"))


@pytest.mark.parametrize("kind", ["AVIF", "JPEG2000", "WEBP", "TIFF", "PPM", "BMP", "GIF", "PNG"])
@pytest.mark.parametrize("name", ["x.heic", "x.jpg", "x.avif", "x", "x.mp4"])
def test_reads_by_content_whatever_the_suffix(tmp_path, kind, name):
    Image.new("RGB", (16, 16), (200, 100, 50)).save(tmp_path / name, kind)
    assert _names(list_photographs(tmp_path)) == [name]
    assert np.abs(read_image(tmp_path / name).astype(int) - (200, 100, 50)).max() < 9


def test_heif_is_read_under_any_name(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    for name in ("x.jpg", "x.hif", "x.heics", "x"):
        image = pillow_heif.from_pillow(Image.new("RGB", (64, 64), (200, 100, 50)))
        image.save(str(tmp_path / "made.heic"))
        (tmp_path / "made.heic").rename(tmp_path / name)
        assert np.abs(read_image(tmp_path / name).astype(int) - (200, 100, 50)).max() < 9
    assert len(list_photographs(tmp_path).photographs) == 4


def test_heif_under_another_name_asks_for_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "x.jpg").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    with pytest.raises(ValueError, match="pillow-heif"):
        read_image(tmp_path / "x.jpg")


def test_what_is_passed_over_is_counted(tmp_path, jpeg_file):
    (tmp_path / "a.jpg").write_bytes(jpeg_file)
    _touch(tmp_path, "1.txt", "b/2.TXT", "3.mp4", "README", ".DS_Store", ".git/config")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "round.jpg").symlink_to(tmp_path / "round.jpg")
    listing = list_photographs(tmp_path)
    assert _names(listing) == ["a.jpg"]
    assert dict(listing.passed_over) == {
        ".txt": 2,
        ".mp4": 1,
        "without a suffix": 1,
        "hidden": 1,
        "linked to nothing": 2,
    }
    summary = listing.passed_over_summary()
    assert summary.startswith("7 files are no photographs: 2 .txt, ")
    assert "1 hidden" in summary
    short = listing.passed_over_summary(reasons=1)
    assert short == "7 files are no photographs: 2 .txt, 5 others"


def test_only_unusual_suffixes_are_looked_into(tmp_path, monkeypatch):
    _touch(tmp_path, "a.jpg", "b.PNG", "c.dat")
    opened = []
    monkeypatch.setattr(
        photographs, "open_regular", lambda path: opened.append(path) or io.BytesIO(b"x")
    )
    list_photographs(tmp_path)
    assert opened == [str(tmp_path / "c.dat")]


def test_nothing_but_other_files_is_an_error_that_names_them(tmp_path):
    _touch(tmp_path, "1.txt", "2.txt", "3.mp4")
    with pytest.raises(ValueError, match=re.escape("no photograph found; 3 files are no phot")):
        list_photographs(tmp_path)


def test_identity_is_the_name_of_the_subfolder(tmp_path):
    _touch(tmp_path, "Ann_Lee/Ann_Lee_0001.jpg", "deep/Bo_Ra/1.jpg", "loose.jpg")
    identities = {photo.name: photo.identity for photo in list_photographs(tmp_path).photographs}
    assert identities == {
        "Ann_Lee/Ann_Lee_0001.jpg": "Ann_Lee",
        "deep/Bo_Ra/1.jpg": "Bo_Ra",
        "loose.jpg": None,
    }


def test_linked_folders_are_followed_once(tmp_path):
    _touch(tmp_path, "people/Ann/1.jpg")
    (tmp_path / "people" / "loop").symlink_to(tmp_path / "people")
    assert _names(list_photographs(tmp_path / "people")) == ["Ann/1.jpg"]
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "Ann").symlink_to(tmp_path / "people" / "Ann")
    assert _names(list_photographs(tmp_path / "all")) == ["Ann/1.jpg"]


def test_list_restricts_and_names_what_is_missing(tmp_path):
    _touch(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    (tmp_path / "splits.csv").write_text(
        "file,split\nc.jpg,tune\nd.jpg,tune\na.jpg,tune\nb.jpg,test\n"
    )
    listing = list_photographs(tmp_path, photo_split="tune")
    assert _names(listing) == ["a.jpg", "c.jpg"]
    assert listing.missing == ("d.jpg",)
    (tmp_path / "own.csv").write_text("file\nb.jpg\n")
    assert _names(list_photographs(tmp_path, tmp_path / "own.csv")) == ["b.jpg"]


@pytest.mark.parametrize(
    "content, split, complaint",
    [
        ("name\na.jpg\n", None, "no column ['file']"),
        ("file\na.jpg\n", "tune", "no column ['split']"),
        ("file,split\na.jpg,train\n", "tune", "no row of split 'tune'; found ['train']"),
        ("file,split\na.jpg\n", "tune", "no row of split 'tune'; found []"),
        ("file,split\n,tune\n", None, "no row names a file"),
        ("file\n" + "x" * 200_000, None, "list.csv: field larger than"),
        ("f\0i\0l\0e\0\n\0", None, "list.csv: "),
    ],
)
def test_unusable_list_is_an_error(tmp_path, content, split, complaint):
    (tmp_path / "list.csv").write_text(content)
    with pytest.raises(ValueError, match=re.escape(complaint)):
        read_photo_list(tmp_path / "list.csv", split)


def test_names_of_any_bytes_are_listed_and_named_in_messages(tmp_path, jpeg_file):
    """Latin-1, as old archives have it: no UTF-8."""
    name = os.fsdecode("Zoë.jpg".encode("latin-1"))
    (tmp_path / name).write_bytes(jpeg_file)
    (tmp_path / os.fsdecode(b"cut\xff.jpg")).write_bytes(b"x")
    (tmp_path / "own.csv").write_bytes("# by hand\nfile\nZoë.jpg\n".encode("latin-1"))
    assert _names(list_photographs(tmp_path, tmp_path / "own.csv")) == [name]
    assert read_image(tmp_path / name).shape == (224, 224, 3)
    with pytest.raises(ValueError, match=re.escape(r"cut\xff.jpg: not a readable image")) as error:
        read_image(tmp_path / os.fsdecode(b"cut\xff.jpg"))
    str(error.value).encode()
    (tmp_path / os.fsdecode(b"x.t\xff")).write_bytes(b"x")
    assert r".t\xff" in dict(list_photographs(tmp_path).passed_over)


def test_missing_or_empty_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        list_photographs(tmp_path / "none")
    with pytest.raises(ValueError, match="no photograph found"):
        list_photographs(tmp_path)
    with pytest.raises(FileNotFoundError, match="no such file"):
        list_photographs(tmp_path, tmp_path / "none.csv")


def test_vgg_face_layout_with_nine_and_ten_fields(tmp_path):
    _touch(tmp_path, "images/Ann_Lee/00000001.jpg", "images/Bo_Ra/00000002.jpg")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "Ann_Lee.txt").write_text(
        "00000001 http://a.org/x.jpg 10.5 20.25 110.5 120.75 2.00 3.12 1\n"
        "00000002 http://a.org/gone.jpg 1 2 3 4 2.00 3.12 1\n"
        "\n"
        "broken row\n"
        "../evil http://a.org/y.jpg 1 2 3 4 2.00 3.12 1\n"
    )
    (tmp_path / "files" / "Bo_Ra.txt").write_text(
        "00000002 77 http://b.org/z.jpg 1.0 2.0 3.0 4.0 2.00 3.12 0\n"
    )
    listing = list_photographs(tmp_path)
    ann, bo = listing.photographs
    assert (ann.name, ann.identity) == ("images/Ann_Lee/00000001.jpg", "Ann_Lee")
    assert ann.box == (10.5, 20.25, 110.5, 120.75)
    assert (bo.identity, bo.box) == ("Bo_Ra", (1.0, 2.0, 3.0, 4.0))
    assert listing.missing == ("images/Ann_Lee/00000002.jpg",)


def test_carried_photographs_are_listed_by_split():
    assert len(list_photographs(open_parts.PHOTOS).photographs) == 210
    assert len(list_photographs(open_parts.PHOTOS, photo_split="test").photographs) == 70


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".ppm"])
def test_reads_lossless_color(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    Image.fromarray(_colors()).save(path, **({"lossless": True} if suffix == ".webp" else {}))
    image = read_image(path)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, _colors())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honored(tmp_path, orientation):
    """The stored image is turned so that the tag turns it back."""
    undo = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    image = Image.fromarray(np.ascontiguousarray(undo[orientation](_colors())))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "x.png"), _colors())


def test_gray_palette_bilevel_and_cmyk_become_rgb(tmp_path):
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(gray).save(tmp_path / "gray.png")
    np.testing.assert_array_equal(read_image(tmp_path / "gray.png"), gray[..., None].repeat(3, 2))
    Image.fromarray(_colors()).quantize(8).save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), _colors())
    Image.fromarray(_colors()).convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    assert np.abs(read_image(tmp_path / "cmyk.jpg").astype(int) - _colors())[4:12, 4:12].max() < 9
    Image.fromarray(gray).convert("1").save(tmp_path / "bilevel.png")
    assert set(np.unique(read_image(tmp_path / "bilevel.png"))) == {0, 255}


def test_sixteen_bit_keeps_the_high_byte(tmp_path):
    levels = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    Image.fromarray(levels).save(tmp_path / "deep.png")
    image = read_image(tmp_path / "deep.png")
    np.testing.assert_array_equal(image[..., 0], np.arange(256).reshape(16, 16))


def test_transparent_becomes_white(tmp_path):
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:2, :, 3] = 255
    Image.fromarray(rgba).save(tmp_path / "cut.png")
    image = read_image(tmp_path / "cut.png")
    assert image.shape == (4, 4, 3)
    assert (image[:2] == 0).all() and (image[2:] == 255).all()


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert (read_image(tmp_path / "x.gif") == (255, 0, 0)).all()


def _truncated(path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:900])


def _huge(path):
    Image.new("1", (20_000, 20_000)).save(path)


def _float(path):
    Image.fromarray(np.ones((4, 4), np.float32)).save(path, format="TIFF")


@pytest.mark.parametrize(
    "name, make, complaint",
    [
        ("cut.jpg", _truncated, "truncated"),
        ("cut.png", _truncated, "not a readable image"),
        ("huge.png", _huge, "pixels"),
        ("empty.jpg", lambda path: path.write_bytes(b""), "not a readable image"),
        ("text.jpg", lambda path: path.write_text("not an image"), "not a readable image"),
        ("float.tif", _float, "floating-point pixels have no agreed range"),
        ("phone.heic", lambda path: path.write_bytes(b"\0\0\0\x18ftypheic"), "pillow-heif"),
    ],
)
def test_unreadable_image_is_one_clear_error(tmp_path, name, make, complaint, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    make(tmp_path / name)
    with pytest.raises(ValueError, match=complaint) as error:
        read_image(tmp_path / name)
    assert str(tmp_path / name) in str(error.value)


def test_missing_image_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_image(tmp_path / "none.jpg")
