"""Locks: one process at a time, given back whatever happens, and no obstacle where unsupported."""

import errno
import pathlib
import subprocess
import sys

import pytest

from storage import lock
from storage.lock import file_lock, folder_lock

ROOT = pathlib.Path(__file__).parent.parent.parent
# Takes the lock, says so, and waits to be killed.
_HOLDER = """
import sys, time
from storage import lock
with getattr(lock, sys.argv[1])(sys.argv[2]):
    print("locked", flush=True)
    time.sleep(60)
"""


def _hold(kind, path):
    command = [sys.executable, "-c", _HOLDER, kind, str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "locked\n"
    return process


@pytest.mark.parametrize("kind", ["folder_lock", "file_lock"])
def test_another_process_waits_until_the_holder_dies(tmp_path, kind):
    path = tmp_path / "runs" / "one"
    holder = _hold(kind, path)
    try:
        with pytest.raises(BlockingIOError) as error, getattr(lock, kind)(path):
            pytest.fail("two have the lock")
        assert f"{path}: process {holder.pid} is at work on it" in str(error.value)
        with getattr(lock, kind)(path.with_name("two")):
            pass
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    with getattr(lock, kind)(path):
        pass


def test_an_error_gives_the_lock_back(tmp_path):
    with pytest.raises(RuntimeError, match="fault"), folder_lock(tmp_path):
        raise RuntimeError("fault")
    with folder_lock(tmp_path):
        pass


def test_a_file_need_not_exist(tmp_path):
    with file_lock(tmp_path / "cache.h5"):
        assert not (tmp_path / "cache.h5").exists()


@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS])
def test_file_systems_without_locks_are_used_with_a_warning(tmp_path, monkeypatch, caplog, code):
    def unsupported(*_):
        raise OSError(code, "no locks here")

    monkeypatch.setattr(lock.fcntl, "flock", unsupported)
    with folder_lock(tmp_path):
        pass
    assert f"{tmp_path}: cannot be locked" in caplog.text


def test_systems_without_locks_are_used_with_a_warning(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(lock, "fcntl", None)
    with folder_lock(tmp_path):
        pass
    assert f"{tmp_path}: cannot be locked" in caplog.text


def test_other_errors_are_not_hidden(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError), folder_lock(tmp_path / "file"):
        pass
