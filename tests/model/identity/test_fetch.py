"""Downloads work; a folder takes the place of the official addresses."""

import hashlib
import pathlib

import pytest

import open_parts
from model import identity
from model.identity import fetch as fetching
from model.identity.fetch import SOURCES, FetchError, Source, fetch
from model.identity.networks.nn4_small2 import NN4_SMALL2, Nn4Small2Settings


@pytest.fixture(name="server")
def _server(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "net.h5").write_bytes(b"weights")
    return folder


def _source(folder, **options):
    return Source((f"{folder.as_uri()}/net.h5",), "MIT", "A. Author", **options)


def test_file_is_downloaded_once_and_its_checksum_shown(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(SOURCES, "net", _source(server))
    cache = tmp_path / "cache"
    assert fetch("net", cache) == [cache / "net.h5"]
    assert (cache / "net.h5").read_bytes() == b"weights"
    assert list(cache.iterdir()) == [cache / "net.h5"]
    output = capsys.readouterr().out
    digest = hashlib.sha256(b"weights").hexdigest()
    assert "MIT" in output and "A. Author" in output and f"{digest} (unverified" in output
    (server / "net.h5").unlink()
    assert fetch("net", cache) == [cache / "net.h5"]


def test_published_checksum(server, tmp_path, monkeypatch, capsys):
    good = {"net.h5": hashlib.sha384(b"weights").hexdigest()}
    monkeypatch.setitem(SOURCES, "net", _source(server, sha384=good))
    fetch("net", tmp_path)
    assert "SHA-384 as published" in capsys.readouterr().out
    (tmp_path / "net.h5").write_bytes(b"damaged")
    with pytest.raises(FetchError, match="not the published file"):
        fetch("net", tmp_path)


def test_wrong_checksum_leaves_nothing(server, tmp_path, monkeypatch):
    monkeypatch.setitem(SOURCES, "net", _source(server, sha384={"net.h5": "0" * 96}))
    cache = tmp_path / "cache"
    with pytest.raises(FetchError, match="its SHA-384 is"):
        fetch("net", cache)
    assert list(cache.iterdir()) == []


def test_offline_it_says_what_to_put_where(server, tmp_path, monkeypatch):
    (server / "net.h5").unlink()
    monkeypatch.setitem(SOURCES, "net", _source(server))
    cache = tmp_path / "cache"
    with pytest.raises(FetchError, match=rf"cannot be reached .*; download file:.*{cache}/net\.h5"):
        fetch("net", cache)
    assert list(cache.iterdir()) == []


def test_closed_license_is_not_downloaded(server, tmp_path, monkeypatch):
    monkeypatch.setitem(SOURCES, "net", _source(server, terms="its license is not open"))
    with pytest.raises(FetchError, match=r"its license is not open; download .* put it at"):
        fetch("net", tmp_path)
    # A file that was put there by hand is taken.
    (tmp_path / "net.h5").write_bytes(b"weights")
    assert fetch("net", tmp_path) == [tmp_path / "net.h5"]


def test_unknown_name(tmp_path):
    with pytest.raises(FetchError, match="'arcface' is not among nn4_small2"):
        fetch("arcface", tmp_path)


def test_every_fetched_file_is_one_that_load_looks_for():
    for name, file in fetching.FILES.items():
        assert [pathlib.PurePosixPath(url).name for url in SOURCES[name].urls] == [file]


def test_published_checksums_are_those_of_the_carried_files():
    for name, published in SOURCES["openvino_ir"].sha384.items():
        assert fetching.checksum(open_parts.ENCODER.with_name(name), "sha384") == published


def test_checksum_needs_no_python_3_11(tmp_path, monkeypatch):
    monkeypatch.delattr(hashlib, "file_digest", raising=False)
    content = bytes(range(256)) * 12_000
    (tmp_path / "file").write_bytes(content)
    expected = hashlib.sha256(content).hexdigest()
    assert fetching.checksum(tmp_path / "file", "sha256") == expected


def test_load_takes_the_fetched_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = fetching.cache_folder(fetching.CACHE) / fetching.FILES["nn4_small2"]
    path.parent.mkdir()
    settings = Nn4Small2Settings(0.125)
    NN4_SMALL2.save(path, NN4_SMALL2.random_weights(settings), settings)
    assert identity.load("nn4_small2").feature_size == 92
