"""Files of coefficients: what `reconstruct.py` writes is read, everything else is one line."""

import io
import struct
import zipfile

import numpy as np
import pytest

from model.face_models import __main__ as commands
from model.face_models.coefficients import read_coefficients
from tests.model.small_face_model import write_small_face_model


def test_arrays_of_a_face(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, shape=np.arange(3), texture=np.ones((1, 4)), photograph="name")
    read = read_coefficients(path)
    assert read.keys() == {"shape", "texture"}
    assert read["shape"].tolist() == [0, 1, 2] and read["texture"].shape == (4,)
    assert read["shape"].dtype == np.float32
    np.savez_compressed(path, expression=np.float16([0.5]))
    assert read_coefficients(path)["expression"].tolist() == [0.5]


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def npy(values):
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def declaring(shape, content=b"", compression=zipfile.ZIP_STORED):
    """An archive whose array declares a shape."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header = header.ljust(118 - 1) + b"\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content
        archive.writestr("shape.npy", member)
    return buffer.getvalue()


WHOLE = npz(shape=np.ones(4))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"no archive", "is no .npz"),
        (WHOLE[: len(WHOLE) // 2], "is no .npz"),
        (WHOLE.replace(b"\xf0\x3f", b"\xf0\x40", 1), "Bad CRC"),
        (npy(np.ones(4)), "is a single array"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (npz(shape=np.array([{}, 1], object)), "holds pickled objects"),
        (npz(), "has no array shape, texture, expression; it has none"),
        (npz(weights=np.ones(3)), "has no array .* it has weights"),
        (npz(shape=np.ones((2, 4))), r"shape is float64 of shape \(2, 4\)"),
        (npz(shape=np.float32(1)), r"shape is float32 of shape \(\)"),
        (npz(texture=np.array(["a", "b"])), "texture is <U1 of shape"),
        (npz(shape=np.ones(4, complex)), "shape is complex128"),
        (npz(shape=np.array([0, np.nan])), r"shape\[1\] is nan, which is not finite"),
        (npz(shape=np.array([np.inf])), r"shape\[0\] is inf"),
        (declaring((900_000_000,)), "declares an array of shape"),
        (declaring((10**30,)), "declares an array of shape"),
        (declaring((-4,)), "declares an array of shape"),
        (declaring((10**7,), bytes(40_000_000), zipfile.ZIP_DEFLATED), "no more than 100,000"),
    ],
)
def test_everything_else_is_one_line(tmp_path, content, message):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_coefficients(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_any_byte_may_be_damaged(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, shape=np.arange(20.0), texture=np.ones(3))
    whole = path.read_bytes()
    for position in range(0, len(whole), 3):
        data = bytearray(whole)
        data[position] ^= 0x55
        path.write_bytes(data)
        try:
            assert read_coefficients(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ")


def test_command(tmp_path):
    model = write_small_face_model(tmp_path / "model.h5")
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 broken")
    np.savez(tmp_path / "long.npz", shape=np.ones(7))
    for name, message in (("a.npz", "is no .npz"), ("long.npz", "shape has 7 coefficients")):
        arguments = [str(model), str(tmp_path / "a.ply"), "--coefficients", str(tmp_path / name)]
        with pytest.raises(SystemExit, match=message):
            commands.main(["mesh", *arguments])
    assert not (tmp_path / "a.ply").exists()
