"""Where the time of steps goes: which part an operation belongs to, and a real profile."""

import pytest
import tensorflow as tf

from model.training.step_profile import PARTS, StepProfile, part_of, table


@pytest.mark.parametrize(
    "event, part",
    [
        ("IteratorGetNextOp::DoCompute", "wait for input"),
        ("encoder/Conv2D_3:_FusedConv2D", "encoder forward"),
        ("encoder_1/parts/Relu:Relu", "encoder forward"),
        ("renderer/MeshRenderer>Rasterize:MeshRenderer>Rasterize", "renderer"),
        ("backward/gradient_tape/renderer/Grad:MeshRenderer>Grad", "renderer"),
        ("backward/gradient_tape/encoder/split:Split", "encoder backward"),
        ("backward/Conv2D_7:_MklNativeConv2D", "encoder backward"),
        ("decoder_2/hidden_1/MatMul:_FusedMatMul", "decoder"),
        ("backward/gradient_tape/decoder/hidden_1/MatMul/MatMul_1:MatMul", "decoder"),
        ("adam/update/mul:Mul", "optimizer and the rest"),
        ("Fill:Fill", None),
        ("ExecutorState::Process", None),
        ("step", None),
    ],
)
def test_operations_are_told_by_their_scopes(event, part):
    assert part_of(event) == part


def test_shares_add_up():
    lines = table({"renderer": 30.0, "decoder": 10.0}).splitlines()
    assert lines[2:] == ["| renderer | 30.0 | 75% |", "| decoder | 10.0 | 25% |"]


def test_steps_are_profiled_and_others_are_not(tmp_path, caplog):
    caplog.set_level("INFO")

    @tf.function
    def train(x):
        with tf.name_scope("decoder"):
            return tf.linalg.matmul(x, x)

    profile = StepProfile(tmp_path, "stage2", (2, 3))
    for step in range(1, 5):
        with profile.around(step):
            train(tf.ones([300, 300]))
    assert len(list(tmp_path.glob("plugins/profile/*/*.xplane.pb"))) == 1
    assert "stage2 steps 2 to 3" in caplog.text
    rows = dict(row.strip("| ").split(" | ")[:2] for row in caplog.text.splitlines()[3:])
    assert set(rows) == set(PARTS)
    assert float(rows["decoder"]) > 0 and float(rows["renderer"]) == 0


def test_without_steps_nothing_is_profiled(tmp_path):
    with StepProfile(tmp_path, "stage2", None).around(1):
        pass
    assert not list(tmp_path.iterdir())
