"""Files that are no face model: one line says what they are and what to do."""

import bz2
import gzip
import io
import lzma
import zipfile

import h5py
import numpy as np
import pytest
import scipy.io

from model.face_models.load import load_face_model, read_face_model
from tests.model.small_face_model import write_small_face_model

OCTAVE = b"# Created by Octave 6.4.0, Mon Jan 01 00:00:00 2024 UTC <x>\n# name: shapeMU\n 1\n"
SAVE = "save -v7 01_MorphableModel.mat shapeMU shapePC"


def archive(name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(name, b"content")
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["a.mat", "a.h5", "a"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (OCTAVE, SAVE),
        (OCTAVE.split(b"\n", 1)[1], SAVE),
        (b"Octave-1-L\0", SAVE),
        (b"Octave-1-B\0", SAVE),
        (gzip.compress(OCTAVE, mtime=0), SAVE),
        (gzip.compress(b"MATLAB 5.0 MAT-file", mtime=0), "compressed archive .gzip"),
        (bz2.compress(b"MATLAB 5.0 MAT-file"), "compressed archive .bzip2"),
        (lzma.compress(b"MATLAB 5.0 MAT-file"), "compressed archive .xz"),
        (archive("model.h5"), "compressed archive .ZIP"),
        (b"\n<!DOCTYPE html><html>", "is a web page"),
        (b"<HTML>", "is a web page"),
        (b"\x80\x04\x95", "is a pickle"),
        (b"", "is empty"),
    ],
)
def test_other_kinds(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        load_face_model(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["  1.0e+00  2.5\n 3 4\n", "1,2\n", "-3.5e-2\n"])
def test_table_of_numbers(tmp_path, text):
    path = tmp_path / "a.mat"
    path.write_text(text)
    with pytest.raises(ValueError, match="table of numbers|damaged"):
        load_face_model(path)


def test_hdf5_of_octave(tmp_path):
    """`save -hdf5` has a group for each variable, with its value inside."""
    for name in ("a.mat", "a.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            file["shapePC/value"] = np.zeros((3, 3))
        with pytest.raises(ValueError, match=SAVE):
            load_face_model(tmp_path / name)


def test_bfm_2017_under_the_name_of_2009(tmp_path):
    expected = read_face_model(write_small_face_model(tmp_path / "model.h5"))
    (tmp_path / "model.h5").rename(tmp_path / "model.mat")
    np.testing.assert_array_equal(
        read_face_model(tmp_path / "model.mat").shape.basis, expected.shape.basis
    )


def test_declared_gigabytes(tmp_path):
    path = write_small_face_model(tmp_path / "model.h5")
    with h5py.File(path, "r+") as file:
        del file["shape/model/pcaBasis"], file["shape/model/pcaVariance"]
        file.create_dataset("shape/model/pcaBasis", (675, 2_600_000), np.float32)
        file.create_dataset("shape/model/pcaVariance", (2_600_000,), np.float32)
    with pytest.raises(ValueError, match="declares .* MB of float32, but the file holds 0 bytes"):
        load_face_model(path)


def test_type_that_is_no_number(tmp_path):
    path = write_small_face_model(tmp_path / "model.h5")
    with h5py.File(path, "r+") as file:
        del file["shape/model/mean"]
        file["shape/model/mean"] = np.zeros(675, [("x", "f4"), ("y", "f4")])
    with pytest.raises(ValueError, match="'shape/model/mean' has type .*, not numbers"):
        load_face_model(path)


def test_damaged_mat_file(tmp_path):
    path = tmp_path / "01_MorphableModel.mat"
    scipy.io.savemat(path, {"shapeMU": np.ones((60, 1))})
    data = bytearray(path.read_bytes())
    data[0x90] = 14
    path.write_bytes(data)
    with pytest.raises(ValueError, match="01_MorphableModel.mat: (is truncated|has no array)"):
        load_face_model(path)
