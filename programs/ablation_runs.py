"""The runs of figure 3: with all losses, lacking one thing each, and with identity alone."""

import dataclasses
import pathlib
import shlex
import subprocess
import sys

from model.trained import DECODER_FILE

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_CONFIGS = pathlib.Path("configs", "ablations")
# What figure 3 calls them, by the names of their settings and of their folders.
RUNS = {
    "no_batch_distribution": "without batch distribution",
    "no_loopback": "without loopback",
    "single_frontal_view": "one view",
    "identity_alone": "identity alone",
    "full": "full",
}
# The settings train stage 2 for so many steps, after so many of stage 1, on so many faces.
OWN_STEPS = 400
_STAGE_1, _FACES = 4000, 30_000


@dataclasses.dataclass(frozen=True)
class AblationOptions:
    """Where the runs are, and how long one that is missing is trained.

    Attributes:
      folder: has a folder for each of `RUNS`, or gets it.
      steps: of stage 2; stage 1 and the synthetic faces are cut down with it.
    """

    folder: pathlib.Path
    steps: int


def decoders_of_runs(options: AblationOptions) -> dict[str, pathlib.Path]:
    """Finds the decoders of the runs, and trains those that are missing, as a user would.

    Returns:
      The decoders' files by the names of figure 3, the full one last.

    Raises:
      ValueError: a training has failed.
    """
    decoders = {}
    for run, name in RUNS.items():
        decoders[name] = options.folder / run / DECODER_FILE
        if not decoders[name].is_file():
            _train(command_of(options, run))
    return decoders


def command_of(options: AblationOptions, run: str) -> list[str]:
    """The command that trains a run; the runs share what is rendered and encoded."""
    part = min(1.0, options.steps / OWN_STEPS)
    return [
        sys.executable,
        str(_ROOT / "train.py"),
        f"--flagfile={_CONFIGS / run}.cfg",
        f"--output_dir={(options.folder / run).resolve()}",
        f"--cache_dir={(options.folder / 'cache').resolve()}",
        "--photo_split=train",
        f"--stage1_steps={max(1, round(part * _STAGE_1))}",
        f"--stage2_steps={options.steps}",
        f"--synthetic_pool={max(256, round(part * _FACES))}",
    ]


def _train(command: list[str]) -> None:
    shown = shlex.join(["python", "train.py", *command[2:]])
    print(f"training: {shown}", flush=True)
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.DEVNULL)
    if done.returncode:
        raise ValueError(f"the training of an ablation failed: {shown}")
