"""The build: naming, folders, concurrency, and what it says when it cannot."""

import concurrent.futures
import pathlib

import pytest

from mesh_renderer import build_kernels


@pytest.fixture
def fresh_sources(tmp_path, monkeypatch):
    """A package folder without a binary, a cache of its own, and a compiler that only pretends."""
    sources = tmp_path / "package"
    sources.mkdir()
    (sources / "kernel.cc").write_text("int kernel;")
    monkeypatch.setattr(build_kernels, "SOURCES", sources)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def compile_nothing(folder, compiler):
        library = pathlib.Path(folder) / "library"
        library.write_bytes(b"binary" * 1000)
        return library

    monkeypatch.setattr(build_kernels, "_compile", compile_nothing)
    return sources


def test_built_once(fresh_sources, monkeypatch):
    path = build_kernels.ensure_built()
    assert path == fresh_sources / build_kernels.library_name()
    monkeypatch.setattr(build_kernels, "_compile", None)
    assert build_kernels.ensure_built() == path


def test_name_follows_sources_and_tensorflow(fresh_sources, monkeypatch):
    names = {build_kernels.library_name()}
    (fresh_sources / "kernel.cc").write_text("long kernel;")
    names.add(build_kernels.library_name())
    monkeypatch.setattr(build_kernels.tf, "__version__", "0.0.0")
    names.add(build_kernels.library_name())
    monkeypatch.setattr(build_kernels, "FLAGS", ("-O0",))
    names.add(build_kernels.library_name())
    assert len(names) == 4


def test_read_only_package_uses_the_cache(fresh_sources, tmp_path, monkeypatch):
    monkeypatch.setattr(build_kernels, "_can_write", lambda folder: False)
    path = build_kernels.ensure_built()
    assert path.parent == tmp_path / "cache" / "mesh_renderer"
    assert path.is_file() and build_kernels.ensure_built() == path


def test_nowhere_to_write(fresh_sources, tmp_path, monkeypatch):
    monkeypatch.setattr(build_kernels, "_can_write", lambda folder: False)
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(build_kernels.KernelBuildError, match="XDG_CACHE_HOME"):
        build_kernels.ensure_built()


def test_concurrent_builds_leave_one_whole_binary(fresh_sources):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: build_kernels.ensure_built(), range(16)))
    assert len(paths) == 1
    assert paths.pop().read_bytes() == b"binary" * 1000
    assert sorted(p.suffix for p in fresh_sources.iterdir()) == [".cc", ".so"]


def test_without_a_compiler(fresh_sources, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(
        build_kernels.KernelBuildError, match=r"no-such-compiler.*apt install g\+\+"
    ):
        build_kernels.ensure_built()
    assert not list(fresh_sources.glob("*.so"))


def test_failed_compilation_shows_the_compilers_words(tmp_path, monkeypatch):
    (tmp_path / "broken.cc").write_text("this is not C++")
    monkeypatch.setattr(build_kernels, "SOURCES", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(build_kernels.KernelBuildError, match="broken.cc"):
        build_kernels.ensure_built()
    assert [p.name for p in tmp_path.iterdir()] == ["broken.cc"]
