"""Checkpoints: the newest that can be read is restored, whatever happened to the others."""

import random
import resource
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from model.training.checkpoints import Checkpoints
from tests.model.training.line_fit import get_slope, make_network, set_slope


def _checkpoints(folder, network=None):
    network = make_network() if network is None else network
    return Checkpoints(folder, network, tf_keras.optimizers.Adam(0.1)), network


@pytest.fixture(name="folder")
def _folder(tmp_path):
    """Three checkpoints were saved, with slopes of a tenth of their steps; two are kept."""
    folder = tmp_path / "checkpoints"
    checkpoints, network = _checkpoints(folder)
    for step in (2, 4, 6):
        set_slope(network, step / 10)
        checkpoints.save(step)
    return folder


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def _kept(*steps):
    data = [f"ckpt-{step}.data-00000-of-00001" for step in steps]
    return sorted(["checkpoint", *data, *(f"ckpt-{step}.index" for step in steps)])


def _expect(folder, step):
    checkpoints, network = _checkpoints(folder)
    assert checkpoints.restore() == step
    assert get_slope(network) == pytest.approx(step / 10)
    return checkpoints, network


def _refused(folder):
    checkpoints, _ = _checkpoints(folder)
    with pytest.raises(ValueError, match="no checkpoint can be restored; put one back, or remove"):
        checkpoints.restore()


def test_nothing_yet_is_step_0(tmp_path):
    checkpoints, network = _checkpoints(tmp_path / "none")
    assert checkpoints.restore() == 0 and get_slope(network) == 0.0


def test_two_are_kept_and_the_newest_is_restored(folder):
    assert _names(folder) == _kept(4, 6)
    _expect(folder, 6)


def test_other_programs_find_the_newest(folder):
    assert tf.train.latest_checkpoint(str(folder)) == str(folder / "ckpt-6")


def test_the_optimizer_is_restored(tmp_path):
    network, optimizer = make_network(), tf_keras.optimizers.Adam(0.1)
    checkpoints = Checkpoints(tmp_path, network, optimizer)
    variable = network.trainable_variables[0]
    optimizer.apply_gradients([(tf.ones_like(variable), variable)])
    checkpoints.save(1)
    other = tf_keras.optimizers.Adam(0.1)
    Checkpoints(tmp_path, make_network(), other).restore()
    assert int(other.iterations) == 1
    for ours, theirs in zip(other.variables, optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES = {
    "data cut short": lambda folder: _cut(folder / "ckpt-6.data-00000-of-00001"),
    "data empty": lambda folder: (folder / "ckpt-6.data-00000-of-00001").write_bytes(b""),
    "data missing": lambda folder: (folder / "ckpt-6.data-00000-of-00001").unlink(),
    "index cut short": lambda folder: _cut(folder / "ckpt-6.index"),
    "index empty": lambda folder: (folder / "ckpt-6.index").write_bytes(b""),
    "index missing": lambda folder: (folder / "ckpt-6.index").unlink(),
    "index of another kind": lambda folder: (folder / "ckpt-6.index").write_bytes(b"PK" * 500),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(folder, damage, caplog):
    damage(folder)
    checkpoints, network = _expect(folder, 4)
    assert f"{folder / 'ckpt-6'}: cannot be restored" in caplog.text
    # The next ones take the damaged one's place.
    set_slope(network, 0.5)
    checkpoints.save(5)
    assert _names(folder) == _kept(4, 5)
    _expect(folder, 5)


def test_a_damaged_checkpoint_is_replaced_by_one_of_the_same_step(folder):
    _cut(folder / "ckpt-6.data-00000-of-00001")
    checkpoints, network = _expect(folder, 4)
    set_slope(network, 0.6)
    checkpoints.save(6)
    assert _names(folder) == _kept(4, 6)
    _expect(folder, 6)


def test_the_newest_taken_away_gives_way_to_the_one_before(folder):
    for path in folder.glob("ckpt-6.*"):
        path.unlink()
    _expect(folder, 4)


@pytest.mark.parametrize("text", [None, "", "garbage \0", 'model_checkpoint_path: "ckpt-99"'])
def test_the_state_file_does_not_matter(folder, text):
    state = folder / "checkpoint"
    state.unlink() if text is None else state.write_text(text)
    _expect(folder, 6)


def test_training_never_begins_again_unasked(folder):
    for path in folder.glob("*.index"):
        path.unlink()
    _refused(folder)
    for path in folder.glob("*.data*"):
        path.unlink()
    assert _names(folder) == ["checkpoint"]
    _refused(folder)
    shutil.rmtree(folder)
    assert _checkpoints(folder)[0].restore() == 0


def test_a_checkpoint_of_another_network_is_refused(folder):
    other = tf_keras.Sequential([tf_keras.layers.Dense(2, use_bias=False, input_shape=(1,))])
    checkpoints, _ = _checkpoints(folder, other)
    with pytest.raises(ValueError, match="no checkpoint can be restored"):
        checkpoints.restore()
    deeper = tf_keras.Sequential([tf_keras.layers.Dense(1, input_shape=(1,))])
    checkpoints, _ = _checkpoints(folder, deeper)
    with pytest.raises(ValueError, match="no checkpoint can be restored"):
        checkpoints.restore()


def test_no_damaged_byte_goes_unnoticed(folder, caplog):
    """Each byte of both files is covered by a checksum of TensorFlow's, or by a magic number."""
    draw = random.Random(0)
    for path in sorted(folder.glob("ckpt-6.*")):
        whole = path.read_bytes()
        for _ in range(40):
            damaged = bytearray(whole)
            damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
            path.write_bytes(damaged)
            checkpoints, network = _checkpoints(folder)
            step = checkpoints.restore()
            assert get_slope(network) == pytest.approx(step / 10)
        path.write_bytes(whole)


def test_runs_of_earlier_versions_are_resumed(tmp_path):
    """They were saved by TensorFlow's manager, which adds a counter."""
    network, optimizer = make_network(0.8), tf_keras.optimizers.Adam(0.1)
    optimizer.build(network.trainable_variables)
    step = tf.Variable(8, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(decoder=network, optimizer=optimizer, step=step)
    manager = tf.train.CheckpointManager(checkpoint, str(tmp_path), max_to_keep=2)
    manager.save(checkpoint_number=8)
    _expect(tmp_path, 8)


def test_a_full_disk_leaves_the_checkpoint_before(folder):
    """The limit on the size of files stands in for a disk without room."""
    network = tf_keras.Sequential([tf_keras.layers.Dense(64, input_shape=(64,))])
    network.build()
    folder = folder.parent / "large"
    checkpoints, _ = _checkpoints(folder, network)
    checkpoints.save(1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        with pytest.raises(OSError, match="ckpt-2: cannot be written .*make room, and resume"):
            checkpoints.save(2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert _names(folder) == _kept(1)
    assert _checkpoints(folder, network)[0].restore() == 1


def test_what_a_kill_left_half_written_is_cleared(folder):
    (folder / "partial").mkdir()
    (folder / "partial" / "ckpt-8.data-00000-of-00001").write_bytes(b"half")
    checkpoints, _ = _expect(folder, 6)
    checkpoints.save(8)
    assert _names(folder) == _kept(6, 8)


def test_mirrored_variables_are_saved_and_restored(tmp_path, folder):
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    # A run may change the number of its replicas in both directions.
    with strategy.scope():
        _expect(folder, 6)
    with strategy.scope():
        checkpoints, network = _checkpoints(tmp_path)
        assert checkpoints.restore() == 0
        set_slope(network, 0.3)
        checkpoints.save(3)
    with strategy.scope():
        checkpoints, network = _checkpoints(tmp_path)
        assert checkpoints.restore() == 3
    _expect(tmp_path, 3)
