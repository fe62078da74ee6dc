"""The command, on a folder of photographs: it trains, resumes, refuses, and its network loads."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

import open_parts
from model import identity

ROOT = pathlib.Path(__file__).parent.parent
_PEOPLE = 6


@pytest.fixture(name="photos", scope="module")
def _photos(tmp_path_factory):
    """Six people with two copies of a photograph each, and the points of all."""
    folder = tmp_path_factory.mktemp("photos")
    header, *rows = open_parts.LANDMARKS.read_text().splitlines()
    lines = [header]
    for row in rows[:_PEOPLE]:
        name, points = row.split(",", 1)
        for copy in "ab":
            target = folder / "faces" / pathlib.Path(name).stem / f"{copy}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(open_parts.PHOTOS / name, target)
            lines.append(f"{target.relative_to(folder / 'faces').as_posix()},{points}")
    (folder / "points.csv").write_text("\n".join(lines) + "\n")
    return folder


def _run(photos, output, *flags):
    command = [
        *(sys.executable, "train_recognizer.py", f"--output_dir={output}"),
        *(f"--photos={photos / 'faces'}", f"--landmarks={photos / 'points.csv'}"),
        *("--image_size=32", "--width=0.05", "--identities=2", "--images_per_identity=2"),
        *("--held_out_identities=4", "--log_every=1", "--validate_every=2"),
        *flags,
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_train_resume_and_refuse(photos, tmp_path):
    output = tmp_path / "run"
    result = _run(photos, output, "--steps=4", "--checkpoint_every=2")
    assert result.returncode == 0, result.stderr
    network = identity.load("nn2", output / "nn2.npz")
    assert (network.image_size, network.embedding_size) == (32, 128)
    metrics = json.loads((output / "metrics.json").read_text())
    # A photograph and its copy are alike to any network; to one so new, others nearly so too.
    assert metrics["people"] == 4 and metrics["auc"] > 0.8
    assert (output / "samples" / "held_out.jpg").is_file()
    assert list((output / "tensorboard").rglob("events*"))

    again = _run(photos, output, "--steps=4", "--checkpoint_every=2", "--resume=must")
    assert again.returncode == 0 and "complete at step 4" in again.stderr

    other = _run(photos, output, "--steps=4", "--margin=0.5")
    assert other.returncode != 0
    assert "begun with --margin=0.2, now it is 0.5" in other.stderr
