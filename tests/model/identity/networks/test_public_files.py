"""Public weight files of every kind may be pointers of Git LFS, or declare more than they hold."""

import h5py
import numpy as np
import pytest
import tensorflow as tf

from model import identity
from model.identity.networks import public_files

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


@pytest.mark.parametrize(
    "network, file, path",
    [
        ("nn4_small2", "openface.h5", "openface.h5"),
        ("nn4_small2", "csv/conv1_w.csv", "csv"),
        ("nn4_small2", "own.npz", "own.npz"),
        ("inception_resnet_v1", "facenet.h5", "facenet.h5"),
        ("inception_resnet_v1", "model.ckpt.index", "model.ckpt"),
        ("vgg_face", "vgg-face.mat", "vgg-face.mat"),
        ("vgg_face", "vgg.h5", "vgg.h5"),
    ],
)
def test_git_lfs_pointer(network, file, path, tmp_path):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(_POINTER)
    with pytest.raises(ValueError, match=f"{file}: is a Git LFS pointer, .*; run `git lfs pull`"):
        identity.load(network, tmp_path / path)


def _keras_file(path, shape, **options):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv1"]
        group = file.create_group("conv1")
        group.attrs["weight_names"] = [b"conv1/kernel:0"]
        group.create_dataset("conv1/kernel:0", shape, np.float32, **options)


@pytest.mark.parametrize(
    "options", [{}, {"chunks": (7, 7, 3, 64)}, {"external": [("x.raw", 0, 37632)]}]
)
def test_keras_file_that_declares_gigabytes(options, tmp_path):
    path = tmp_path / "weights.h5"
    shape = (7, 7, 3, 64) if "external" in options else (7, 7, 3, 12_000_000)
    _keras_file(path, shape, **options)
    with pytest.raises(
        ValueError, match=r"weights\.h5: '/conv1/conv1/kernel:0' (declares|lies in)"
    ):
        public_files.read_keras_h5(path)


def test_checkpoint_that_declares_more_than_it_holds(tmp_path):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variable = tf.compat.v1.get_variable("Scope/v", initializer=np.zeros(1000, np.float32))
        session.run(tf.compat.v1.global_variables_initializer())
        prefix = tf.compat.v1.train.Saver([variable]).save(session, str(tmp_path / "model"))
    assert set(public_files.read_checkpoint(tmp_path / "model", "Scope")) == {"v"}
    with open(f"{prefix}.data-00000-of-00001", "r+b") as file:
        file.truncate(3999)
    with pytest.raises(ValueError, match="model: .* declares 4,000 bytes .* holds 3,999"):
        public_files.read_checkpoint(tmp_path / "model", "Scope")
