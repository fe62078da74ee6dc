"""Both trainers draw the scenes of configs/photos.cfg unless told otherwise."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
# Run in a process of its own, since flags are global.
_PROGRAM = """
import sys
import {script}
import scene_flags
from model.scene_ranges import SceneRanges
from model.shading import Shading
flags = scene_flags.FLAGS
names = "color_space yaw pitch light_azimuth light_elevation ambient_share".split()
lines = [line.strip() for line in open("configs/photos.cfg")]
given = [line for line in lines if line[2:].split("=")[0] in names]
assert len(given) == len(names), given
flags(["program", "--output_dir=run", *sys.argv[1:]])
unchanged = scene_flags.scene_ranges(), scene_flags.shading()
flags(["program", "--output_dir=run", *given])
assert (scene_flags.scene_ranges(), scene_flags.shading()) == unchanged, "other scenes"
assert scene_flags.scene_ranges() == SceneRanges()
assert scene_flags.shading() == Shading()
"""


def _run(script, *flags):
    command = [sys.executable, "-c", _PROGRAM.format(script=script), *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", ["train", "train_recognizer"])
def test_defaults_are_those_of_the_config(script):
    result = _run(script)
    assert result.returncode == 0, result.stderr


def test_ranges_are_two_rising_numbers():
    result = _run("train_recognizer", "--light_elevation=45,0")
    assert "give two numbers separated by a comma, the lower first" in result.stderr


def test_a_flag_changes_the_scenes():
    result = _run("train_recognizer", "--ambient_share=0,0.3")
    assert "other scenes" in result.stderr
