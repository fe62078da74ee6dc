"""What a kill leaves while photographs are prepared, and how the next call goes on."""

import multiprocessing
import os
import shutil
import signal

import numpy as np
import pytest

from data_pipeline.feature_cache import FeatureCache
from data_pipeline.photo_preparation import prepare_photographs
from data_pipeline.photographs import Photograph, read_image
from tests.data_pipeline.tiny_preparation import (
    CountingLandmarks,
    TinyEncoder,
    assert_equal,
    listing_of,
)


def test_continues_after_a_kill(whole, tmp_path):
    output = tmp_path / "sub" / "features"
    with pytest.raises(KeyboardInterrupt):
        prepare_photographs(listing_of(), TinyEncoder(), CountingLandmarks(6), output, shard_size=2)
    assert not output.exists()
    # What a kill in the middle of a write leaves, and a shard that a full disk cut short.
    partial = output.with_name("features.partial")
    (partial / "features/plain/000002.npy.123.partial").write_bytes(b"half")
    shard = partial / "photographs/000001.npz"
    shard.write_bytes(shard.read_bytes()[:-100])

    landmarks = CountingLandmarks()
    resumed = prepare_photographs(listing_of(), TinyEncoder(), landmarks, output, shard_size=2)
    assert landmarks.calls == 8
    assert not partial.exists()
    assert_equal(resumed, whole)


def test_what_another_run_left_is_not_mixed_in(whole, tmp_path):
    output = tmp_path / "features"
    other = TinyEncoder()
    other.fingerprint = "tiny 2"
    for encoder, shard_size in ((other, 2), (TinyEncoder(), 3)):
        with pytest.raises(KeyboardInterrupt):
            landmarks = CountingLandmarks(9)
            prepare_photographs(listing_of(), encoder, landmarks, output, shard_size=shard_size)
    landmarks = CountingLandmarks()
    made = prepare_photographs(listing_of(), TinyEncoder(), landmarks, output, shard_size=2)
    assert landmarks.calls == 10
    assert_equal(made, whole)


def test_adding_variants_goes_on_after_a_kill(whole, tmp_path, monkeypatch):
    output, landmarks = tmp_path / "x", CountingLandmarks()
    encoder = TinyEncoder()
    prepare_photographs(listing_of(), encoder, landmarks, output, ["plain"], shard_size=2)
    seen = encoder.images_seen
    reads = []

    def read(photo):
        reads.append(photo.name)
        if len(reads) == 6:
            raise KeyboardInterrupt
        return read_image(photo.path)

    monkeypatch.setattr(Photograph, "read", read)
    with pytest.raises(KeyboardInterrupt):
        prepare_photographs(listing_of(), encoder, landmarks, output, ["mirrored"])
    assert FeatureCache.open(output).variants == ("plain",), "what was there is still whole"
    cache = prepare_photographs(listing_of(), encoder, landmarks, output, ["mirrored"])
    assert encoder.images_seen == seen + 10 and len(reads) == 6 + 6
    mirrored = whole.encoded("features", ["mirrored"])
    np.testing.assert_allclose(cache.encoded("features", ["mirrored"]), mirrored, rtol=1e-6)


def test_a_kill_while_a_set_takes_the_place_of_another(whole, tmp_path, monkeypatch):
    output = tmp_path / "x"
    shutil.copytree(whole.path, output)
    replace, calls = os.replace, []

    def replace_or_die(source, target):
        if str(target) == str(output):
            calls.append(source)
            raise KeyboardInterrupt
        replace(source, target)

    landmarks = CountingLandmarks()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", replace_or_die)
        prepare_photographs(listing_of(3), TinyEncoder(), landmarks, output)
    assert calls and not output.exists() and landmarks.calls == 3
    cache = prepare_photographs(listing_of(3), TinyEncoder(), landmarks, output)
    assert len(cache) == 3 and landmarks.calls == 3, "what was made is used"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert not (output / "key.txt").exists()


def _prepare_and_die(output, moment):
    """Prepares ten photographs in this process, which is killed at its `moment`-th new file.

    Each file appears by being renamed: between two of these moments nothing changes on disk but
    files that are being written. At an odd moment the kill comes after the renaming, else before.
    """
    replace, renamed = os.replace, 0

    def replace_or_die(source, target):
        nonlocal renamed
        renamed += 1
        if moment % 2:
            replace(source, target)
        if renamed == moment // 2:
            os.kill(os.getpid(), signal.SIGKILL)
        if not moment % 2:
            replace(source, target)

    os.replace = replace_or_die
    prepare_photographs(listing_of(), TinyEncoder(), CountingLandmarks(), output, shard_size=2)


def test_kills_at_any_moment_cost_at_most_a_shard_and_double_none(whole, tmp_path):
    context = multiprocessing.get_context("forkserver")
    output, partial = tmp_path / "x", tmp_path / "x.partial"
    made = {}
    # The first file of a run is the key; a shard has 19, of which the last one makes it count.
    for moment in (2, 9, 40, 41, 79, 16):
        process = context.Process(target=_prepare_and_die, args=(output, moment))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL and not output.exists()
        now = {path: path.stat().st_mtime_ns for path in partial.glob("photographs/*.npz")}
        assert set(made) <= set(now) and all(now[path] == made[path] for path in made)
        made = now
    assert len(made) == 3
    landmarks = CountingLandmarks()
    resumed = prepare_photographs(listing_of(), TinyEncoder(), landmarks, output, shard_size=2)
    assert landmarks.calls == 4, "only shards that were not made are made"
    assert_equal(resumed, whole, tolerance=1e-6)
    assert not list(output.rglob("*.partial"))
