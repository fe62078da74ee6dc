"""`.npz` files are read as they were written; what declares or holds too much is refused."""

import io
import random
import zipfile

import numpy as np
import pytest

from storage.arrays import open_npz


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_round_trip(save, tmp_path):
    arrays = {
        "matrix": np.arange(6.0).reshape(2, 3),
        "columns": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
        "scalar": np.array(3, np.uint8),
        "empty": np.zeros((0, 4), np.float32),
        "text": np.array("äß"),
        "texts": np.array(["one", "", "three"]),
        "folder/name": np.ones(2, bool),
        "zeros": np.zeros(100_000),
    }
    save(tmp_path / "a.npz", **arrays)
    with open_npz(tmp_path / "a.npz") as found:
        assert list(found) == list(arrays) and len(found) == len(arrays)
        for name, array in arrays.items():
            assert found.header(name) == (array.shape, array.dtype)
            np.testing.assert_array_equal(found[name], array)
            np.testing.assert_array_equal(found.array(name, array.shape), array)
        assert "matrix" in found and "nothing" not in found


@pytest.fixture(name="path")
def _path(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(12.0).reshape(3, 4), y=np.ones(5, np.float32))
    return path


def test_missing_array(path):
    with (
        open_npz(path) as arrays,
        pytest.raises(ValueError, match=r"a\.npz: has no array 'z'; it has x, y"),
    ):
        arrays.array("z")
    with open_npz(path) as arrays, pytest.raises(KeyError):
        arrays["z"]


def test_array_of_another_shape(path):
    with (
        open_npz(path) as arrays,
        pytest.raises(ValueError, match=r"'x' has shape \(3, 4\), but \(4, 3\) is needed"),
    ):
        arrays.array("x", (4, 3))


def _header(shape, dtype="<f8", version=(1, 0)):
    """Returns the beginning of a .npy file."""
    buffer = io.BytesIO()
    write = np.lib.format.write_array_header_1_0
    write(buffer, {"descr": dtype, "fortran_order": False, "shape": shape})
    content = buffer.getvalue()
    return content[:6] + bytes(version) + content[8:]


def _write(path, content, name="x.npy", **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr(name, content)


@pytest.mark.parametrize(
    "content, message",
    [
        (_header((500_000_000,)) + bytes(80), r"'x\.npy' declares .*500000000.* holds 80 bytes"),
        (_header((3,)) + bytes(32), "declares .* holds 32 bytes"),
        (_header((-1,)) + bytes(8), "declares"),
        (_header((10**12,), "<U0"), "declares"),
        (_header((2**40, 2**40)), "declares"),
        (_header((1,), "|O") + b"\x80\x04N.", "pickled objects"),
        (_header((1,), [("a", "<f8")]) + bytes(8), "numbers or texts are needed"),
        (_header((1,), version=(3, 0)) + bytes(8), r"version \(3, 0\)"),
        (b"no array", "no array that can be read"),
        (b"", "no array that can be read"),
        (_header((1,))[:40], "no array that can be read"),
        (_header((1,)).replace(b"{", b"("), "no array that can be read"),
    ],
)
def test_wrong_header(content, message, tmp_path):
    _write(tmp_path / "a.npz", content)
    with (
        pytest.raises(ValueError, match=rf"a\.npz: 'x\.npy'.*{message}|a\.npz: {message}"),
        open_npz(tmp_path / "a.npz"),
    ):
        pass


def test_directory_that_declares_gigabytes(tmp_path):
    """The archive's directory and the array's header declare 3.5 GB in a file of 300 bytes."""
    count = 3_500_000_000 // 8
    _write(tmp_path / "a.npz", _header((count,)) + bytes(80), compression=zipfile.ZIP_DEFLATED)
    content = (tmp_path / "a.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        size = archive.getinfo("x.npy").file_size
    declared = size - 80 + 8 * count
    content = content.replace(size.to_bytes(4, "little"), declared.to_bytes(4, "little"))
    (tmp_path / "a.npz").write_bytes(content)
    with (
        pytest.raises(
            ValueError, match=r"a\.npz: 'x\.npy' declares 3,5.* bytes, but the file holds"
        ),
        open_npz(tmp_path / "a.npz"),
    ):
        pass


def test_other_compression(tmp_path):
    _write(tmp_path / "a.npz", _header((1,)) + bytes(8), compression=zipfile.ZIP_LZMA)
    with pytest.raises(ValueError, match="packed in a way"), open_npz(tmp_path / "a.npz"):
        pass


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is empty"),
        (b"\x80\x04N.", "is a pickle"),
        (b"\x93NUMPY\x01\x00", "is a single array"),
        (b"\x89HDF\r\n\x1a\n", "is no .npz file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
    ],
)
def test_file_of_another_kind(content, message, tmp_path):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.npz: {message}"), open_npz(tmp_path / "a.npz"):
        pass


def test_missing_file(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r"a\.npz: no such file"),
        open_npz(tmp_path / "a.npz"),
    ):
        pass


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damaged_bytes_end_in_one_kind_of_error(save, tmp_path):
    """Whatever bytes change or are missing, the file is read, or refused by a ValueError."""
    path = tmp_path / "a.npz"
    save(path, x=np.arange(12.0).reshape(3, 4), y=np.array("text"))
    whole = path.read_bytes()
    generator = random.Random(0)
    refused = 0
    for _ in range(1500):
        content = bytearray(whole)
        for _ in range(generator.choice([1, 2, 8])):
            content[generator.randrange(len(content))] = generator.randrange(256)
        path.write_bytes(
            content[: generator.choice([len(content), generator.randrange(len(content))])]
        )
        try:
            with open_npz(path) as arrays:
                dict(arrays)
        except ValueError as error:
            refused += 1
            assert str(path) in str(error)
    assert refused > 1000
