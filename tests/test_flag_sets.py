"""Flags: the defaults stand in one place, and answer without TensorFlow and without paths."""

import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
SCRIPTS = ("train", "train_recognizer", "eval", "reconstruct", "judge_face_model")
COMMANDS = ("stand_ins", "model.face_models", "data_pipeline.prepare", "data_pipeline.data_service")

# Run in a process of its own, since flags are global.
_DEFAULTS = """
import sys
import train
from absl import flags
train.define_flags()
lines = [line.strip() for line in open("configs/photos.cfg") if line.startswith("--")]
names = [line[2:].split("=")[0] for line in lines]
assert len(names) > 20, names
train.FLAGS(["train.py", "--output_dir=run"])
unchanged = {name: train.FLAGS[name].value for name in names}
train.FLAGS(["train.py", "--output_dir=run", *lines])
for name in names:
    value = train.FLAGS[name].value
    as_numbers = [float(x) for x in value] if isinstance(value, list) else value
    before = unchanged[name]
    before = [float(x) for x in before] if isinstance(before, list) else before
    assert as_numbers == before, (name, value, before)
assert "tensorflow" not in sys.modules, "flags need TensorFlow"
"""
_SCENES = """
import sys
import {script}
import flag_sets
from model.scene_ranges import SceneRanges
from model.shading import Shading
{script}.define_flags()
flag_sets.FLAGS(["program", "--output_dir=run", *sys.argv[1:]])
assert flag_sets.scene_ranges() == SceneRanges(), "other scenes"
assert flag_sets.shading() == Shading(), "other shading"
"""


def _python(*arguments):
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_setting_of_photos_cfg_is_the_default():
    result = _python("-c", _DEFAULTS)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("script", ["train", "train_recognizer"])
def test_scenes_and_shading_by_default(script):
    result = _python("-c", _SCENES.format(script=script))
    assert result.returncode == 0, result.stderr


def test_ranges_are_two_rising_numbers():
    result = _python("-c", _SCENES.format(script="train"), "--light_elevation=45,0")
    assert "give two numbers separated by a comma, the lower first" in result.stderr


@pytest.mark.parametrize(
    "flag, message", [("--ambient_share=0,0.3", "scenes"), ("--specular=0.4", "shading")]
)
def test_a_flag_changes_what_it_says(flag, message):
    result = _python("-c", _SCENES.format(script="train_recognizer"), flag)
    assert f"other {message}" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [[f"{name}.py"] for name in SCRIPTS] + [["-m", name] for name in COMMANDS],
    ids=" ".join,
)
def test_help_names_no_path_of_the_machine_and_loads_no_tensorflow(arguments):
    result = _python("-X", "importtime", *arguments, "--help")
    assert result.returncode in (0, 1), result.stderr[-2000:]
    assert str(ROOT) not in result.stdout and not re.search(r"default: '/", result.stdout)
    assert not re.search(r"\| +tensorflow$", result.stderr, re.MULTILINE)


@pytest.mark.parametrize(
    "flags, complaint",
    [
        (["--nocache_features"], "add --moment_batch=0"),
        (["--augmentation=flip"], "add --nocache_features"),
        (
            ["--augmentation=flip,zoom", "--nocache_features", "--moment_batch=0"],
            "'zoom' is not among flip",
        ),
        (["--data_service=grpc://host:5050"], "add --synthetic_pool=0"),
        (["--data_service=host:5050", "--synthetic_pool=0"], "is no address of a data service"),
    ],
)
def test_wrong_flags_are_found_before_any_work(tmp_path, flags, complaint):
    result = _python("train.py", f"--output_dir={tmp_path / 'run'}", *flags)
    assert result.returncode == 1 and not (tmp_path / "run").exists()
    assert result.stderr.count("\n") == 1 and complaint in result.stderr
