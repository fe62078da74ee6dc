"""MATLAB files are read in a process of their own: it may crash, hang, or ask for any memory."""

import pathlib
import struct

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from storage import matlab_child, matlab_file
from storage.matlab_file import read_matlab


@pytest.mark.parametrize("options", [{"format": "4"}, {}, {"do_compression": True}])
def test_arrays_by_name(tmp_path, options):
    arrays = {"a": np.arange(12.0).reshape(3, 4), "b": np.arange(5)[None], "file": np.ones((1, 1))}
    scipy.io.savemat(tmp_path / "x.mat", arrays, **options)
    read = read_matlab(tmp_path / "x.mat")
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
    assert read_matlab(tmp_path / "x.mat", ["b", "absent"]).keys() == {"b"}


def test_name_without_suffix_and_with_spaces(tmp_path, monkeypatch):
    scipy.io.savemat(tmp_path / "x.mat", {"a": np.ones((2, 2))})
    (tmp_path / "x.mat").rename(tmp_path / "a model")
    monkeypatch.chdir(tmp_path)
    assert read_matlab("a model").keys() == {"a"}


def test_structs_and_cells_are_paths(tmp_path):
    """A network as MatConvNet stores it: cells of structs with a text and a cell of weights."""
    cells = np.empty((1, 2), object)
    for k in range(2):
        weights = np.empty((1, 2), object)
        weights[0, 0], weights[0, 1] = np.full((3, 3, 2, 4), k, np.float32), np.ones((4, 1))
        cells[0, k] = {"name": f"conv{k}", "weights": weights}
    several = np.array([(1.0,), (2.0,)], dtype=[("value", float)])
    content = {"layers": cells, "meta": {"size": np.ones((1, 3))}, "several": several}
    scipy.io.savemat(tmp_path / "net.mat", content | {"sparse": scipy.sparse.eye(3).tocsc()})
    read = read_matlab(tmp_path / "net.mat")
    assert [str(read[f"layers/{k}/name"][0]) for k in range(2)] == ["conv0", "conv1"]
    assert read["layers/1/weights/0"].shape == (3, 3, 2, 4) and read["layers/1/weights/0"].all()
    assert read["meta/size"].shape == (1, 3)
    assert read["several/1/value"] == 2
    np.testing.assert_array_equal(read["sparse"], np.eye(3))
    assert read_matlab(tmp_path / "net.mat", ["meta"]).keys() == {"meta/size"}


@pytest.mark.parametrize("signal", ["SIGSEGV", "SIGKILL"])
def test_a_crash_is_one_line(tmp_path, monkeypatch, signal):
    """Whatever ends the process, and whether or not a later scipy still crashes."""
    scipy.io.savemat(tmp_path / "x.mat", {"a": np.ones((2, 2))})
    child = tmp_path / "child.py"
    child.write_text(f"import os, signal\nos.kill(os.getpid(), signal.{signal})\n")
    monkeypatch.setattr(matlab_child, "__file__", str(child))
    with pytest.raises(ValueError, match=f"x.mat: is truncated or damaged .* {signal}"):
        read_matlab(tmp_path / "x.mat")


def test_one_byte_changed(shared_data):
    path = shared_data.parent / "cases" / "face_models" / "crash_a.mat"
    if not path.is_file():
        pytest.skip("the case file is absent")
    with pytest.raises(ValueError, match="crash_a.mat: is truncated or damaged"):
        read_matlab(path)


def test_damaged_files_are_one_line(tmp_path):
    path = tmp_path / "x.mat"
    scipy.io.savemat(path, {"a": np.random.default_rng(0).normal(size=(50, 50))})
    whole = path.read_bytes()
    for content in (whole[:300], b"", b"anything at all", whole[:140] + b"\xff" * 300):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="x.mat: is truncated or damaged") as error:
            read_matlab(path)
        assert "\n" not in str(error.value)


def test_declared_gigabytes_are_refused(tmp_path):
    """An element whose tag declares 3 GB of doubles, 20,000 squared."""
    path = tmp_path / "x.mat"
    size = 20_000 * 20_000 * 8
    name = struct.pack("<II8s", 1, 1, b"a")
    inside = struct.pack("<IIII", 6, 8, 6, 0) + struct.pack("<IIii", 5, 8, 20_000, 20_000) + name
    body = inside + struct.pack("<II", 9, size)
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    path.write_bytes(header + struct.pack("<II", 14, len(body) + size) + body + bytes(1000))
    with pytest.raises(ValueError, match="is truncated or damaged"):
        read_matlab(path)


def test_an_archive_bomb_meets_the_limit_of_memory(tmp_path, monkeypatch):
    """100 MB of zeros in 100 kB: the process is refused the memory, not this one."""
    path = tmp_path / "x.mat"
    scipy.io.savemat(path, {"a": np.zeros((100_000_000, 1), np.uint8)}, do_compression=True)
    assert path.stat().st_size < 200_000
    monkeypatch.setattr(matlab_file, "_MEMORY_FLOOR", 64 << 20)
    with pytest.raises(ValueError, match="asks for more than 6. MB of memory"):
        read_matlab(path)


def test_a_file_that_takes_for_ever(tmp_path, monkeypatch):
    scipy.io.savemat(tmp_path / "x.mat", {"a": np.ones((2, 2))})
    child = tmp_path / "child.py"
    child.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(matlab_child, "__file__", str(child))
    with pytest.raises(ValueError, match="x.mat: could not be read within 1 s"):
        read_matlab(tmp_path / "x.mat", time_limit=1.0)


def test_a_process_that_cannot_work_is_no_damaged_file(tmp_path, monkeypatch):
    scipy.io.savemat(tmp_path / "x.mat", {"a": np.ones((2, 2))})
    child = tmp_path / "child.py"
    child.write_text("import nothing_of_this_name\n")
    monkeypatch.setattr(matlab_child, "__file__", str(child))
    with pytest.raises(RuntimeError, match="No module named 'nothing_of_this_name'"):
        read_matlab(tmp_path / "x.mat")


def test_no_file():
    with pytest.raises(FileNotFoundError, match="absent.mat: no such file"):
        read_matlab(pathlib.Path("absent.mat"))
