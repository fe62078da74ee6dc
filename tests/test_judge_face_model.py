"""The script judge_face_model.py, as a user calls it."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["absent.h5"], "absent.h5"),
        (["--sheet=sheet.gif"], "--sheet=sheet.gif: must end in .jpg or .png"),
    ],
)
def test_bad_input_is_one_line(arguments, message):
    command = [sys.executable, "judge_face_model.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and message in done.stderr
    assert done.stderr.startswith("judge_face_model.py: ")
