"""The command that makes a set: several processes, kills, the report, and training from the set."""

import csv
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import open_parts
from data_pipeline.feature_cache import FeatureCache
from data_pipeline.photo_preparation import Processes, prepare_photographs
from data_pipeline.photographs import list_photographs
from data_pipeline.preparation_tools import ToolOptions
from flag_sets import EncoderOptions
from model import identity

ROOT = pathlib.Path(open_parts.FOLDER).parent
# The features that train.py needs by default.
FEATURES = "penultimate,pooled:557"
OPTIONS = ToolOptions(EncoderOptions("openvino_ir", None, FEATURES), str(open_parts.LANDMARKS))


def command(*arguments):
    return [sys.executable, "-m", "data_pipeline.prepare", *arguments]


def run(*arguments):
    return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(name="photos", scope="module")
def _photos(tmp_path_factory):
    """Seventy photographs, more than a shard, and two files that cannot be used."""
    folder = tmp_path_factory.mktemp("photos")
    for path in sorted(open_parts.PHOTOS.glob("*.jpg"))[:70]:
        shutil.copy(path, folder)
    (folder / "broken.jpg").write_text("no")
    Image.new("RGB", (64, 64)).save(folder / "wall.png")
    with (folder / "who.csv").open("w") as file:
        csv.writer(file).writerows(
            [["file", "identity"], *([path.name, path.stem[-1]] for path in folder.glob("*.*"))]
        )
    return folder


@pytest.fixture(name="serial", scope="module")
def _serial(photos, tmp_path_factory):
    tools = OPTIONS.make()
    listing = list_photographs(photos)
    output = tmp_path_factory.mktemp("sets") / "serial"
    return prepare_photographs(listing, tools.encoder, tools.detector, output, ["plain"])


def test_killed_processes_end_with_their_parent_and_the_next_run_goes_on(photos, serial, tmp_path):
    output = tmp_path / "set"
    arguments = [
        f"--photos={photos}",
        f"--output={output}",
        f"--landmarks={open_parts.LANDMARKS}",
        f"--photo_list={photos / 'who.csv'}",
        "--photo_crops=1",
    ]
    both = command(*arguments, "--processes=2")
    log = (tmp_path / "log").open("w+")
    with log, subprocess.Popen(both, cwd=ROOT, stderr=log) as process:
        partial = output.with_name("set.partial")
        while process.poll() is None and not list(partial.glob("photographs/*.npz")):
            time.sleep(0.02)
        assert process.poll() is None, "the run was over before it could be killed"
        children = _descendants(process.pid)
        assert len(children) >= 3
        os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(map(_lives, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_lives, children)) and not output.exists()
    assert "oneDNN" not in (tmp_path / "log").read_text(), "processes print no lines of TensorFlow"
    made = sorted(partial.glob("photographs/*.npz"))
    written = [path.stat().st_mtime_ns for path in made]

    result = run(*arguments, "--processes=1")
    assert result.returncode == 0, result.stderr[-2000:]
    cache = FeatureCache.open(output)
    again = [output / path.relative_to(partial) for path in made]
    assert [path.stat().st_mtime_ns for path in again] == written
    assert cache.names == serial.names and len(set(cache.names)) == 70
    np.testing.assert_allclose(cache.features[:, 0], serial.features[:, 0], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(cache.crops(range(70)), serial.crops(range(70)))
    assert set(cache.identities) == {name[-5] for name in cache.names}
    _check_report(output, result.stdout)


def _check_report(output, text):
    report = output / "report"
    assert (report / "report.md").read_text() in text
    assert "accepted: 70, of" in text and "| 1 | not a readable image | broken.jpg |" in text
    with (report / "rejected.csv").open() as file:
        rows = list(csv.DictReader(file))
    # The list names itself, which is no photograph.
    assert {row["file"] for row in rows} == {"broken.jpg", "wall.png", "who.csv"}
    assert Image.open(report / "accepted.jpg").size == (960, 576)
    # Only the wall can be shown.
    assert Image.open(report / "rejected.jpg").size == (96, 96)


def _descendants(pid):
    children = map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [each for child in children for each in (child, *_descendants(child))]


def _lives(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except OSError:
        return False


def test_a_process_that_is_killed_is_one_line(photos, tmp_path):
    listing, tools = list_photographs(photos), OPTIONS.make()
    output, killed = tmp_path / "set", Processes(2, _die)
    with pytest.raises(OSError, match="was killed.*goes on where it was"):
        prepare_photographs(listing, tools.encoder, tools.detector, output, processes=killed)


def _die():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    "flags, complaint",
    [
        (["--tfds=lfw", "--photos=x"], "--tfds and --photos exclude each other"),
        (["--tfds_split=train"], "need --tfds"),
        (["--aligned", "--landmarks=x.csv"], "--aligned and --landmarks exclude"),
    ],
)
def test_flags_that_exclude_each_other_are_one_line(tmp_path, flags, complaint):
    result = run(f"--output={tmp_path / 'set'}", *flags)
    assert result.returncode == 1
    assert complaint in result.stderr.splitlines()[-1]


def test_command_with_the_carried_encoder(tmp_path):
    """The whole way as a user goes it; the crop is close to the network's own golden crop."""
    with np.load(open_parts.ENCODER_GOLDENS, allow_pickle=False) as goldens:
        name, golden = str(goldens["photo"][0]), goldens["embedding"][0]
    (tmp_path / "Someone").mkdir()
    (tmp_path / "Someone" / "1.jpg").write_bytes((open_parts.PHOTOS / name).read_bytes())
    (tmp_path / "text.jpg").write_text("not an image")
    output = tmp_path / "features"
    run = subprocess.run(
        command(f"--photos={tmp_path}", f"--output={output}"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "accepted: 1, of 1 people" in run.stdout
    assert "rejected: 1 " in run.stdout and "text.jpg" in run.stdout
    cache = FeatureCache.open(output)
    encoder = identity.load("openvino_ir", features="penultimate,pooled:557")
    assert cache.features.shape == (1, 8, encoder.feature_size)
    assert cache.identities == ("Someone",)
    assert cache.key.encoder == encoder.fingerprint
    assert cache.embedding[0, 0] @ golden / np.linalg.norm(golden) > 0.95
