"""train.py as its users run it, on a few photographs of the embedded parts."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

import open_parts
from model.decoder_io import read_metadata

ROOT = pathlib.Path(__file__).parent.parent
SMALL = (
    "--synthetic_pool=24 --synthetic_batch=8 --photo_batch=2 --moment_batch=4 --views=2 "
    "--stage1_steps=4 --stage2_steps=2 --log_every=2 --checkpoint_every=2 --samples_every=2 "
    f"--landmarks={open_parts.LANDMARKS}"
).split()


def run_train(*arguments):
    return subprocess.run(
        [sys.executable, "train.py", *arguments], cwd=ROOT, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    (folder / "photos").mkdir()
    for path in sorted(open_parts.PHOTOS.glob("*.jpg"))[:5]:
        shutil.copy(path, folder / "photos")
    arguments = [f"--photos={folder / 'photos'}", f"--output_dir={folder / 'run'}", *SMALL]
    return arguments, folder / "run", run_train(*arguments)


def test_both_stages_leave_a_whole_run_folder(trained):
    _, run, result = trained
    assert result.returncode == 0, result.stderr[-2000:]
    assert "stage1 4/4" in result.stderr and "stage2 2/2" in result.stderr
    for stage, file in (("stage1", "decoder_stage1.npz"), ("stage2", "decoder.npz")):
        assert read_metadata(run / file)["notes"]["stage"] == stage
        assert list((run / "tensorboard" / stage).glob("events*"))
        assert list((run / "samples").glob(f"{stage}_*.jpg"))
        assert list((run / "checkpoints" / stage).glob("ckpt*.index"))
    assert json.loads((run / "config.json").read_text())["views"] == 2
    assert not list(run.rglob("*.partial"))


def test_a_complete_run_is_not_trained_again(trained):
    arguments, run, _ = trained
    # Once stage 2 has begun, the checkpoints of stage 1 do not matter.
    shutil.rmtree(run / "checkpoints" / "stage1")
    result = run_train(*arguments, "--resume=must")
    assert result.returncode == 0, result.stderr[-2000:]
    assert "stage1: complete at step 4" in result.stderr and "stage1 4/4" not in result.stderr
    assert "stage2: complete at step 2" in result.stderr


def test_nothing_to_train_is_refused(tmp_path):
    result = run_train(f"--output_dir={tmp_path / 'run'}", "--stage1_steps=0", "--stage2_steps=0")
    assert result.returncode == 1
    assert result.stderr.startswith("train.py: --stage1_steps=0 and --stage2_steps=0 leave nothing")
    assert not (tmp_path / "run").exists()


def test_other_settings_and_bad_ranges_are_one_clear_line(trained):
    arguments, _, _ = trained
    result = run_train(*arguments, "--views=3")
    assert result.returncode == 1
    assert "begun with --views=2, now it is 3" in result.stderr.splitlines()[-1]
    result = run_train(*arguments, "--light_elevation=45,0")
    assert result.returncode != 0 and "the lower first" in result.stderr
