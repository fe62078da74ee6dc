"""train.py with a tiny face model: on two replicas, killed and resumed, and when it goes wrong."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

import open_parts
from storage.lock import folder_lock
from tests.model.small_face_model import write_small_face_model

ROOT = pathlib.Path(__file__).parent.parent.parent.parent
# Each test runs the script several times, which takes long on a busy machine.
pytestmark = pytest.mark.timeout(900)

# Runs the script as it is, in a process with several logical CPUs, and kills it in stage 2 after a
# checkpoint of the step DIE_AT.
_WRAPPER = """
import os, runpy, signal, sys
import tensorflow as tf
from model.training.checkpoints import Checkpoints
devices = [tf.config.LogicalDeviceConfiguration()] * int(os.environ["DEVICES"])
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], devices)
save = Checkpoints.save
def save_and_die(self, step):
    save(self, step)
    if self._folder.name == "stage2" and step == int(os.environ["DIE_AT"]):
        os.kill(os.getpid(), signal.SIGKILL)
Checkpoints.save = save_and_die
sys.argv = ["train.py", *sys.argv[1:]]
runpy.run_path("train.py", run_name="__main__")
"""
# Batches of odd sizes, so that replicas have unequal parts. The weight of the identity loss is low:
# a pixel that falls to another triangle by rounding changes its gradient by 1e-4 of itself, and
# Adam's first steps go by the sign of each number.
_SMALL = (
    "--synthetic_pool=16 --synthetic_batch=5 --photo_batch=3 --moment_batch=5 --views=1 "
    "--photo_crops=1 --identity_weight=1 --loopback_weight=0.001 "
    "--stage1_steps=5 --stage2_steps=5 --samples_every=5 "
    f"--landmarks={open_parts.LANDMARKS}"
).split()


@pytest.fixture(scope="module")
def common(tmp_path_factory):
    """Flags of all runs; features and renders are shared between them."""
    folder = tmp_path_factory.mktemp("two_replicas")
    (folder / "photos").mkdir()
    for path in sorted(open_parts.PHOTOS.glob("*.jpg"))[:4]:
        shutil.copy(path, folder / "photos")
    model = write_small_face_model(folder / "model.h5")
    return [*_SMALL, f"--photos={folder / 'photos'}", f"--face_model={model}"] + [
        f"--cache_dir={folder / 'cache'}"
    ]


def _train(common, folder, *flags, devices=1, die_at=0):
    command = [sys.executable, "-c", _WRAPPER, *common, f"--output_dir={folder}", *flags]
    environment = os.environ | {"DEVICES": str(devices), "DIE_AT": str(die_at)}
    environment |= {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def _weights(folder, file):
    """The trained weights of a decoder's file as one vector."""
    with np.load(folder / file) as arrays:
        names = [name for name in arrays if name.endswith(("kernel", "bias"))]
        return np.concatenate([arrays[name].ravel() for name in sorted(names)])


def test_two_replicas_train_are_killed_resume_and_end_where_one_does(common, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    whole = _train(common, one, "--log_every=1", "--checkpoint_every=5")
    assert whole.returncode == 0, whole.stderr[-2000:]

    flags = ["--strategy=mirrored", "--log_every=1", "--checkpoint_every=2"]
    killed = _train(common, two, *flags, devices=2, die_at=2)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    assert (two / "decoder_stage1.npz").is_file() and not (two / "decoder.npz").exists()
    resumed = _train(common, two, *flags, "--resume=must", devices=2)
    assert resumed.returncode == 0, resumed.stderr[-2000:]
    assert "stage1: complete at step 5" in resumed.stderr
    assert "stage2: going on at step 2" in resumed.stderr

    np.testing.assert_allclose(
        _weights(two, "decoder_stage1.npz"), _weights(one, "decoder_stage1.npz"), atol=1e-5
    )
    # The first step of stage 2 has the same losses, to the digits that are printed.
    first = [line for line in whole.stderr.splitlines() if "stage2 1/5" in line]
    assert first[0].partition("stage2")[2] in killed.stderr
    before, after = _weights(one, "decoder_stage1.npz"), _weights(one, "decoder.npz")
    distance = np.linalg.norm(_weights(two, "decoder.npz") - after)
    assert distance < 0.05 * np.linalg.norm(after - before)


def _last_line(result):
    assert result.returncode == 1, result.stderr[-2000:]
    return result.stderr.splitlines()[-1]


def test_what_goes_wrong_can_be_mended_as_the_message_says(common, tmp_path):
    run, short = tmp_path / "run", ["--stage1_steps=2", "--stage2_steps=0"]
    # A flag that names nothing does not bind the folder.
    typo = _train(common, run, *short, "--face_model=nowhere.h5")
    assert "nowhere.h5" in _last_line(typo) and not (run / "config.json").exists()
    with folder_lock(run):
        second = _train(common, run, *short)
    assert f"{run}: process {os.getpid()} is at work on it" in _last_line(second)
    diverged = _train(common, run, *short, "--stage1_learning_rate=1e30")
    line = _last_line(diverged)
    assert "is not finite at or before step 2 of stage1" in line
    assert line.endswith("with a lower --stage1_learning_rate and another --output_dir")
    mended = _train(common, tmp_path / "another", *short, "--stage1_learning_rate=1e-4")
    assert mended.returncode == 0, mended.stderr[-2000:]
