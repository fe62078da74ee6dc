"""The build: names, folders, concurrency, damaged libraries, and what it says when it cannot."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

import pytest

from mesh_renderer import build_kernels

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def fresh_sources(tmp_path, monkeypatch):
    """A package folder without a library, and a cache of its own."""
    sources = tmp_path / "package"
    sources.mkdir()
    (sources / "kernel.cc").write_text("int kernel;")
    monkeypatch.setattr(build_kernels, "SOURCES", sources)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return sources


@pytest.fixture
def compiled(monkeypatch):
    """A compiler that only pretends; returns the list of what it wrote."""
    written = []

    def pretend(target, files):
        written.append(target)
        target.write_bytes(b"library" * 1000)

    monkeypatch.setattr(build_kernels, "compile_op_library", pretend)
    return written


def make_read_only(folder, monkeypatch):
    """As for a user without rights: the tests' own user may have all."""
    can_write = build_kernels._can_write
    monkeypatch.setattr(build_kernels, "_can_write", lambda f: f != folder and can_write(f))


def test_built_once(fresh_sources, compiled):
    path = build_kernels.ensure_built()
    assert path == fresh_sources / build_kernels.library_name()
    assert build_kernels.ensure_built() == path and len(compiled) == 1


def test_name_follows_sources_and_tensorflow(fresh_sources, monkeypatch):
    names = {build_kernels.library_name()}
    (fresh_sources / "kernel.cc").write_text("long kernel;")
    names.add(build_kernels.library_name())
    monkeypatch.setattr(build_kernels.tf, "__version__", "0.0.0")
    names.add(build_kernels.library_name())
    monkeypatch.setattr(build_kernels, "FLAGS", ("-O0",))
    names.add(build_kernels.library_name())
    assert len(names) == 4


def test_read_only_package_uses_the_cache(fresh_sources, compiled, tmp_path, monkeypatch):
    make_read_only(fresh_sources, monkeypatch)
    path = build_kernels.ensure_built()
    assert path.parent == tmp_path / "cache" / "mesh_renderer"
    assert build_kernels.ensure_built() == path and len(compiled) == 1


def test_nowhere_to_write(fresh_sources, compiled, tmp_path, monkeypatch):
    make_read_only(fresh_sources, monkeypatch)
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(build_kernels.KernelBuildError, match="XDG_CACHE_HOME"):
        build_kernels.ensure_built()
    assert not compiled


def test_concurrent_builds_leave_one_whole_library(fresh_sources, compiled):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: build_kernels.ensure_built(), range(16)))
    assert len(paths) == 1
    assert paths.pop().read_bytes().startswith(b"library" * 1000)
    assert sorted(p.suffix for p in fresh_sources.iterdir()) == [".cc", ".so"]


DAMAGES = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "without its last byte": lambda content: content[:-1],
    "only its hash": lambda content: content[-32:],
    "a byte too long": lambda content: content + b"\0",
    "a byte changed": lambda content: b"x" + content[1:],
    "zeros for the end": lambda content: content[:4000] + bytes(len(content) - 4000),
    "all zeros": lambda content: bytes(len(content)),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_library_is_built_again(fresh_sources, compiled, damage):
    path = build_kernels.ensure_built()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert build_kernels.ensure_built() == path
    assert path.read_bytes() == whole and len(compiled) == 2


def test_damaged_library_in_a_read_only_package(fresh_sources, compiled, tmp_path, monkeypatch):
    damaged = build_kernels.ensure_built()
    damaged.write_bytes(b"half of it")
    make_read_only(fresh_sources, monkeypatch)
    path = build_kernels.ensure_built()
    assert path.parent == tmp_path / "cache" / "mesh_renderer"
    path.write_bytes(b"half of it")
    assert build_kernels.ensure_built() == path and len(compiled) == 3
    assert damaged.read_bytes() == b"half of it"


def test_folder_in_the_librarys_place(fresh_sources, compiled):
    (fresh_sources / build_kernels.library_name()).mkdir()
    with pytest.raises(
        build_kernels.KernelBuildError, match=r"\.so cannot be written: .*directory"
    ):
        build_kernels.ensure_built()


@pytest.fixture
def no_home(monkeypatch):
    """A user without HOME and without an entry in the list of users, as in some containers."""

    def home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(pathlib.Path, "home", home)


def test_without_a_home(fresh_sources, compiled, no_home):
    path = build_kernels.ensure_built()
    assert path.parent == fresh_sources
    assert build_kernels.ensure_built() == path and len(compiled) == 1


def test_without_a_home_in_a_read_only_package(fresh_sources, compiled, no_home, monkeypatch):
    make_read_only(fresh_sources, monkeypatch)
    with pytest.raises(build_kernels.KernelBuildError, match="cannot be written: set XDG_CACHE_HO"):
        build_kernels.ensure_built()
    assert not compiled


def test_the_hash_does_not_disturb_the_loader():
    """The library that this very process has loaded ends with its hash."""
    from mesh_renderer import kernel_library

    assert kernel_library.ops.mesh_renderer_visibility
    assert build_kernels._is_whole(build_kernels.ensure_built())


def test_without_a_compiler(fresh_sources, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(
        build_kernels.KernelBuildError, match=r"no-such-compiler.*apt install g\+\+"
    ):
        build_kernels.ensure_built()
    assert not list(fresh_sources.glob("*.so"))


def test_failed_compilation_shows_the_compilers_words(fresh_sources):
    (fresh_sources / "kernel.cc").write_text("this is not C++")
    with pytest.raises(build_kernels.KernelBuildError, match="kernel.cc"):
        build_kernels.ensure_built()
    assert [p.name for p in fresh_sources.iterdir()] == ["kernel.cc"]


def test_the_command_prints_nothing_but_its_own_line():
    result = subprocess.run(
        [sys.executable, "-m", "mesh_renderer.build_kernels"],
        cwd=ROOT,
        env={name: v for name, v in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"},
        capture_output=True,
        text=True,
    )
    assert (result.stdout, result.stderr) == (f"{build_kernels.ensure_built()}\n", "")


def test_an_error_of_the_command_is_no_traceback(fresh_sources, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(SystemExit, match=r"^build_kernels: the C\+\+ compiler no-such-compiler"):
        build_kernels.main([])
