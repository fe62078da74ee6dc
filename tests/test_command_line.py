"""Errors of the input end a command with one line."""

import pathlib
import subprocess
import sys

import pytest

import command_line

ROOT = pathlib.Path(__file__).parent.parent


def _line_of(raise_error):
    with pytest.raises(SystemExit) as exit, command_line.one_line_errors("cut.py"):
        raise_error()
    return exit.value.code


def test_a_wrong_value_is_told_as_it_is():
    def wrong():
        raise ValueError("a.jpg: no known format")

    assert _line_of(wrong) == "cut.py: a.jpg: no known format"


def test_what_the_system_refuses_begins_with_the_file(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "below"
    assert _line_of(path.mkdir) == f"cut.py: {path}: not a directory"
    assert _line_of((tmp_path / "absent").read_bytes).endswith("absent: no such file or directory")


def test_an_error_of_ours_keeps_its_words():
    def missing():
        raise FileNotFoundError("runs/a: has no decoder.npz")

    assert _line_of(missing) == "cut.py: runs/a: has no decoder.npz"


def test_a_fault_of_the_program_is_no_input():
    with pytest.raises(ZeroDivisionError), command_line.one_line_errors("cut.py"):
        raise ZeroDivisionError


def test_tensorflow_comes_without_keras_3_and_matplotlib():
    """Both take a second to import, and nothing needs them for a face."""
    code = (
        "import command_line, gc, sys; command_line.import_tensorflow(); "
        "import programs.reconstruction; "
        "print([name for name in ('keras', 'matplotlib', 'tensorflow_datasets', 'openvino') "
        "if name in sys.modules], gc.isenabled())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[] True\n" and not done.stderr
