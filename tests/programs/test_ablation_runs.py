"""Which commands train the runs of figure 3."""

import pathlib
import subprocess

import pytest

from programs import ablation_runs
from programs.ablation_runs import RUNS, AblationOptions, command_of, decoders_of_runs


def test_there_are_settings_for_each_run():
    for run in RUNS:
        assert (ablation_runs._ROOT / ablation_runs._CONFIGS / f"{run}.cfg").is_file()


def test_what_a_short_training_is_a_part_of_is_what_the_settings_say():
    folder = ablation_runs._ROOT / "configs"
    settings = [(folder / name).read_text() for name in ("photos.cfg", "ablations/full.cfg")]
    said = dict(line[2:].split("=") for text in settings for line in text.split() if "=" in line)
    assert int(said["stage2_steps"]) == ablation_runs.OWN_STEPS
    assert int(said["stage1_steps"]) == ablation_runs._STAGE_1
    assert int(said["synthetic_pool"]) == ablation_runs._FACES


def test_only_missing_runs_are_trained(tmp_path, monkeypatch):
    commands = []

    def run(command, **options):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "decoder.npz").touch()
    found = decoders_of_runs(AblationOptions(tmp_path, steps=30))
    assert list(found) == list(RUNS.values()) and list(found)[-1] == "full"
    assert [command[2] for command in commands] == [
        f"--flagfile=configs/ablations/{run}.cfg" for run in RUNS if run != "full"
    ]


def test_the_whole_training_is_cut_down_and_never_grows():
    short = command_of(AblationOptions(pathlib.Path("x"), steps=30), "full")
    assert {"--stage1_steps=300", "--stage2_steps=30", "--synthetic_pool=2250"} <= set(short)
    long = command_of(AblationOptions(pathlib.Path("x"), steps=900), "full")
    assert {"--stage1_steps=4000", "--stage2_steps=900", "--synthetic_pool=30000"} <= set(long)


def test_a_training_that_fails_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: subprocess.CompletedProcess(command, 1)
    )
    with pytest.raises(ValueError, match="training of an ablation failed: python train.py --flag"):
        decoders_of_runs(AblationOptions(tmp_path, steps=30))
