"""The command python -m web, as a user calls it; errors are told before anything is loaded."""

import pathlib
import socket
import subprocess
import sys

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

ROOT = pathlib.Path(__file__).parents[2]


def _call(*arguments):
    command = [sys.executable, "-m", "web", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    return done.stderr


def test_a_port_that_is_in_use():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        message = _call(f"--port={port}")
    assert message == (
        f"python -m web: port {port}: address already in use; choose another one by --port\n"
    )


def test_files_for_the_browser_go_together(tmp_path):
    assert "go together" in _call(f"--exported={tmp_path}")
    both = [f"--exported={tmp_path}", f"--onnxruntime_web={tmp_path}"]
    assert f"{tmp_path / 'face.onnx'}: no such file" in _call(*both)


def test_arguments_are_refused():
    assert "no argument is expected" in _call("me.jpg")
