"""The flags of eval.py."""

import subprocess
import sys

import eval as script
from evaluation.geometry.protocols import PROTOCOLS, SCALES
from programs.video_reconstruction import AVERAGES


def test_the_choices_of_the_flags_are_those_of_the_programs():
    assert tuple(PROTOCOLS) == script.PROTOCOLS
    assert script.SCALES == SCALES and script.AVERAGES == AVERAGES


def test_a_wrong_scale_is_answered_in_one_line(tmp_path):
    command = [sys.executable, "eval.py", f"--output_dir={tmp_path}", "--scale=some"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode and "--scale: give one or more of per_mesh, global, none" in done.stderr


def test_of_the_embedded_photographs_those_of_the_test_split_are_measured():
    code = (
        "import sys; from absl import flags; import eval as script; script.define_flags(); "
        "flags.FLAGS(sys.argv); print(script.photographs().split)"
    )
    for more, split in (
        ([], "test"),
        (["--photo_split=train"], "train"),
        (["--dataset=x"], "None"),
    ):
        command = [sys.executable, "-c", code, "--output_dir=out", *more]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.split()[-1] == split
