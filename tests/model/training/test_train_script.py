"""train.py gives one decoder, in whatever way it runs, and says what goes wrong."""

import os

import numpy as np
import pytest

from storage.lock import folder_lock
from tests.model.training.tiny_training import finish, make_flags, start, start_workers

pytestmark = pytest.mark.timeout(2400)


@pytest.fixture(name="flags", scope="module")
def _flags(tmp_path_factory):
    return make_flags(tmp_path_factory.mktemp("parts"))


@pytest.fixture(name="whole", scope="module")
def _whole(flags, tmp_path_factory):
    """The folder of an uninterrupted run in one process, and its log."""
    folder = tmp_path_factory.mktemp("whole")
    [(status, log)] = finish(start(flags, folder))
    assert status == 0, log[-3000:]
    return folder, log


def _weights(folder, file="decoder.npz"):
    with np.load(folder / file) as arrays:
        names = sorted(name for name in arrays if name.endswith(("kernel", "bias")))
        return np.concatenate([arrays[name].ravel() for name in names])


def _first_norms(folder, stage):
    """The gradient norm of each term before the first step."""
    rows = (folder / "gradient_norms" / f"{stage}.csv").read_text().splitlines()[1:]
    return {term: float(norm) for step, term, norm, _ in map(_cells, rows) if step == "0"}


def _cells(row):
    return row.split(",")


def _first_losses(log, stage):
    lines = [line for line in log.splitlines() if f"{stage} 1/25" in line and "loss" in line]
    words = lines[0].split("  ")[1:]
    return {word.split()[0]: float(word.split()[1]) for word in words}


def _assert_same(folder, log, whole):
    expected, expected_log = whole
    for stage in ("stage1", "stage2"):
        losses = _first_losses(log, stage)
        assert losses == pytest.approx(_first_losses(expected_log, stage), rel=1e-3)
        assert len(losses) == (3 if stage == "stage1" else 7)
    norms = _first_norms(folder, "stage1")
    assert norms == pytest.approx(_first_norms(expected, "stage1"), rel=1e-5)
    for file in ("decoder_stage1.npz", "decoder.npz"):
        ours, theirs = _weights(folder, file), _weights(expected, file)
        assert np.linalg.norm(ours - theirs) < 1e-4 * np.linalg.norm(theirs), file
    # The stages train farther than that.
    moved = _weights(expected) - _weights(expected, "decoder_stage1.npz")
    assert np.linalg.norm(moved) > 0.01 * np.linalg.norm(theirs)


def test_two_replicas_train_the_same_decoder(flags, whole, tmp_path):
    [(status, log)] = finish(start([*flags, "--strategy=mirrored"], tmp_path, DEVICES=2))
    assert status == 0, log[-3000:]
    _assert_same(tmp_path, log, whole)


def test_two_workers_one_of_which_dies_are_started_again_and_train_the_same_decoder(
    flags, whole, tmp_path
):
    (left, said), (died, _) = finish(*start_workers(flags, tmp_path, DIE_AT="stage1 10"))
    assert died == -9 and left == 1
    assert "worker 0: another worker has stopped" in said.splitlines()[-1], said[-3000:]
    assert not (tmp_path / "decoder_stage1.npz").exists()
    (status, log), (other_status, other_log) = finish(*start_workers(flags, tmp_path))
    assert (status, other_status) == (0, 0), log[-3000:] + other_log[-3000:]
    # The chief alone writes a log.
    assert "stage1: going on at step 10" in log and "going on" not in other_log
    _assert_same(tmp_path, said + log, whole)


def test_a_run_that_is_asked_to_stop_saves_first_and_goes_on_later(flags, whole, tmp_path):
    """Runs repeat each other bit for bit, stopped or not, since the flags say --deterministic."""
    asked = start(flags, tmp_path, DIE_AT="stage1 10", DIE_BY=15)
    [(status, log)] = finish(asked)
    assert status == 1
    assert "stage1 was asked to stop (SIGTERM) and did so after step 11" in log.splitlines()[-1]
    [(status, log)] = finish(start(flags, tmp_path))
    assert status == 0 and "stage1: going on at step 11" in log, log[-3000:]
    for file in ("decoder_stage1.npz", "decoder.npz"):
        np.testing.assert_array_equal(_weights(tmp_path, file), _weights(whole[0], file))


def test_what_goes_wrong_is_one_line_with_a_remedy(flags, tmp_path):
    run, short = tmp_path / "run", ["--stage1_steps=2", "--stage2_steps=0"]

    def last_line(*more):
        [(status, log)] = finish(start([*flags, *short, *more], run))
        assert status == 1, log[-3000:]
        return log.splitlines()[-1]

    # A flag that names nothing does not bind the folder.
    assert "nowhere.h5" in last_line("--face_model=nowhere.h5")
    assert not (run / "config.json").exists()
    with folder_lock(run):
        assert f"{run}: process {os.getpid()} is at work on it" in last_line()
    line = last_line("--stage1_learning_rate=1e30", "--warmup_steps=0", "--gradient_clip=0")
    assert "is not finite at or before step 2 of stage1" in line
    assert line.endswith("with a lower --stage1_learning_rate and another --output_dir")
