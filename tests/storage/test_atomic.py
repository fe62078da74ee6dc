"""Files appear complete or not at all."""

import pytest

from storage.atomic import atomic_file, atomic_path, write_bytes, write_text, write_together


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with atomic_file(path) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    write_text(path, "é")
    assert path.read_bytes() == b"\xc3\xa9"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("opened", [atomic_file, atomic_path])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, opened):
    write_bytes(tmp_path / "a", b"old")
    with pytest.raises(ZeroDivisionError), opened(tmp_path / "a"):
        raise ZeroDivisionError
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_files_appear_together_or_not_at_all(tmp_path):
    (tmp_path / "b").write_text("a file, where a folder is needed")
    with pytest.raises(OSError):
        write_together(tmp_path, {"a": b"1", "b/c": b"2"})
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    write_together(tmp_path, {"a": b"1", "d": b"2"})
    assert (tmp_path / "a").read_bytes() == b"1" and (tmp_path / "d").read_bytes() == b"2"
