"""Pointers of Git LFS are told from other files."""

import pytest

from storage.lfs_pointer import is_lfs_pointer, refuse_lfs_pointer

_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def test_pointer_is_named_with_the_remedy(tmp_path):
    path = tmp_path / "weights.npz"
    path.write_bytes(_POINTER)
    with pytest.raises(ValueError, match=r"weights\.npz: is a Git LFS pointer.*`git lfs pull`"):
        refuse_lfs_pointer(path)


@pytest.mark.parametrize(
    "content", [b"", b"version", b"version https://example.org", b"PK\x03\x04"]
)
def test_other_files(content, tmp_path):
    (tmp_path / "file").write_bytes(content)
    refuse_lfs_pointer(tmp_path / "file")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        refuse_lfs_pointer(tmp_path / "file")


def test_first_bytes():
    assert is_lfs_pointer(_POINTER)
    assert not is_lfs_pointer(_POINTER[1:])
