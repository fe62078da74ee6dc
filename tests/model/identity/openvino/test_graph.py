"""IR files that are cut short, damaged or foreign are refused, and the message says why."""

import re

import numpy as np
import pytest

from model import identity
from model.identity.openvino.backbone import OpenvinoIr
from tests.model.identity.openvino import small_network
from tests.model.identity.openvino.ir_writer import IrWriter

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


@pytest.fixture(name="path")
def _path(tmp_path):
    return small_network.write(tmp_path)


def test_truncated_constants(path):
    blob = path.with_suffix(".bin")
    blob.write_bytes(blob.read_bytes()[:-4])
    with pytest.raises(ValueError, match=r"net\.bin: constant 'output_1' needs bytes .* cut short"):
        OpenvinoIr(path)


def test_missing_constants_file(path):
    path.with_suffix(".bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"net\.bin: no such file"):
        OpenvinoIr(path)


def test_constants_of_a_larger_network(path):
    blob = path.with_suffix(".bin")
    size = blob.stat().st_size
    blob.write_bytes(np.random.default_rng(0).bytes(size + 4))
    with pytest.raises(ValueError, match=r"net\.bin: .* it belongs to another \.xml"):
        OpenvinoIr(path)
    blob.write_bytes(np.ones(size // 2 + 2, np.float16).tobytes())
    with pytest.raises(
        ValueError, match=rf"has {size + 4:,} bytes, but .* net.xml end at {size:,}"
    ):
        OpenvinoIr(path)


def test_zeros_behind_the_constants_are_no_constants(path):
    first = identity.load("openvino_ir", path)
    blob = path.with_suffix(".bin")
    blob.write_bytes(blob.read_bytes() + bytes(64))
    images = np.ones((1, 8, 8, 3), np.float32)
    got = identity.load("openvino_ir", path)(images)
    np.testing.assert_array_equal(got.embedding, first(images).embedding)


def test_constants_of_another_network_of_the_same_size(path):
    blob = path.with_suffix(".bin")
    blob.write_bytes(np.random.default_rng(0).bytes(blob.stat().st_size))
    with pytest.raises(ValueError, match=r"net\.bin: constant .* holds values that are no numbers"):
        OpenvinoIr(path)


def _write_normalized(folder, variance, factor):
    ir = IrWriter((1, 3, 8, 8))
    moments = [np.float32(values) for values in ([1, 1, 1], [0, 0, 0], [0, 0, 0], variance)]
    ir.add("norm", "BatchNormInference", ["image", *moments], (1, 3, 8, 8), epsilon="1e-3")
    ir.add("mean", "ReduceMean", ["norm", np.int64([2, 3])], (1, 3), keep_dims="false")
    ir.add("embedding", "MatMul", ["mean", np.full((3, 4), factor, np.float32)], (1, 4))
    small_network.write(folder)
    return ir.write(folder, "embedding")


def test_features_that_are_not_finite(tmp_path):
    """All constants are finite, but not what is computed from them."""
    path = _write_normalized(tmp_path, [1, 1, 1], 3e38)
    with pytest.raises(ValueError, match=r"net\.xml: gives features that are not finite numbers"):
        identity.load("openvino_ir", path)


def test_negative_variance(tmp_path):
    path = _write_normalized(tmp_path, [1, -1, 1], 1)
    with pytest.raises(ValueError, match=r"net\.xml: layer 'norm' .* a variance below 0"):
        identity.load("openvino_ir", path)


@pytest.mark.parametrize("suffix", [".xml", ".bin", ".json"])
def test_git_lfs_pointer(path, suffix):
    path.with_suffix(suffix).write_text(_POINTER)
    with pytest.raises(ValueError, match=rf"net\{suffix}: is a Git LFS pointer, .*`git lfs pull`"):
        identity.load("openvino_ir", path)


@pytest.mark.parametrize(
    "pattern, replacement, message",
    [
        ('type="Sigmoid"', 'type="Roll"', "layer 'gate': the operation 'Roll' is not supported"),
        (
            r'<edge from-layer="\d+" from-port="9" to-layer="(\d+)" to-port="1" />',
            "",
            "nothing is connected to input 1 of layer 'centered'",
        ),
        ('from-port="9"', 'from-port="8"', "reads the output 8 of 'image', which has no such"),
        ('version="11"', 'version="6"', "IR version 6"),
        ('element_type="f16"', 'element_type="u4"', "unsupported element type 'u4'"),
        ("</net>", "", "not an XML file"),
        ('axis="1"', 'bxis="1"', "layer 'joined' .*lacks the attribute 'axis'"),
        ('axis="1"', 'axis="x"', "layer 'joined' .*axis is 'x'"),
        ('axis="1"', 'axis="2"', "layer 'joined' cannot be computed"),
        ('strides="1, 1"', 'strides="0, 1"', r"layer 'first' .* strides of \(0, 1\)"),
        ('dilations="1, 1"', 'dilations="1, 9999999999"', "layer 'first' .* dilations of"),
        ('offset="0"', 'offset=""', r"layer 'centered_1' \(Const\): its offset is \(\)"),
        ('size="12"', 'size="-12"', "has -12 bytes"),
        ("<dim>8</dim>", "<dim>eight</dim>", "layer 'image' .*'eight'"),
    ],
)
def test_broken_graph(path, pattern, replacement, message):
    path.write_text(re.sub(pattern, replacement, path.read_text(), count=1))
    with pytest.raises(ValueError, match=rf"net\.(xml|bin): .*{message}|{message}"):
        identity.load("openvino_ir", path)
