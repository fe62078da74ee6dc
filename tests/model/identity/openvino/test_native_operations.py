"""Operations that no ONNX file leads to give in IR files what OpenVINO's own runtime gives."""

import json

import numpy as np
import pytest

pytest.importorskip("openvino", reason="the optional package openvino is not installed")
pytest.importorskip("onnx", reason="the package onnx, which writes other tests' files, is absent")

import openvino
import openvino.opset2 as opset2
import openvino.opset8 as opset8
import openvino.opset14 as ops

from tests.model.identity.openvino.compare_operations import (
    CHANNELS,
    DESCRIPTION,
    EMBEDDING,
    MOMENTS,
    SIZE,
    compare,
    integers,
    random,
    real,
)

_MOMENTS = MOMENTS.values()


def _strided(x, begin, end, step, *masks):
    """Slices; masks tell which begins and ends do not count, and which entries are special."""
    return ops.strided_slice(x, integers(*begin), integers(*end), integers(*step), *masks)


def _int8_weights(x):
    """Convolves by weights of a compressed file: integers, a zero point and a scale."""
    whole = np.random.default_rng(0).integers(-9, 9, (4, 6, 3, 3)).astype(np.int8)
    centered = ops.subtract(ops.convert(ops.constant(whole), "f32"), real(1))
    return ops.convolution(x, ops.multiply(centered, real(0.05)), [1, 1], [0, 0], [0, 0], [1, 1])


def _split_in_three(x):
    parts = ops.variadic_split(x, integers(1), integers(1, -1, 2))
    return ops.concat([parts.output(2), parts.output(0), parts.output(1)], 1)


def _mean(x, *axes, keep=True):
    return ops.reduce_mean(x, integers(*axes), keep)


CASES = {
    "AdaptiveAvgPool to one": lambda x: opset8.adaptive_avg_pool(x, integers(1, 1)),
    "AdaptiveAvgPool unevenly": lambda x: opset8.adaptive_avg_pool(x, integers(3, 5)),
    "AvgPool ceil, pads count": lambda x: ops.avg_pool(
        x, [2, 2], [1, 1], [1, 1], [3, 3], False, "ceil_torch"
    ),
    "AvgPool uneven pads": lambda x: ops.avg_pool(x, [2, 2], [0, 1], [1, 2], [4, 3], True, "floor"),
    "BatchNormInference": lambda x: ops.batch_norm_inference(x, *_MOMENTS, epsilon=1e-3),
    "Broadcast explicit": lambda x: ops.broadcast(
        _mean(x, 2, 3, keep=False), integers(1, 6, 2, 3), integers(0, 1), "explicit"
    ),
    "Broadcast both ways": lambda x: ops.broadcast(
        _mean(x, 2), integers(1, 6, 8, 1), None, "bidirectional"
    ),
    "Ceiling": lambda x: ops.add(x, ops.ceiling(x)),
    "Clamp": lambda x: ops.clamp(x, -0.3, 0.6),
    "Concat with constants": lambda x: ops.concat(
        [ops.constant(random(1, 2, 8, 8)), x, ops.constant(random(1, 1, 8, 8))], 1
    ),
    "ConvertLike": lambda x: ops.convert_like(x, x),
    "Convolution, compressed": _int8_weights,
    "Convolution, strided and dilated": lambda x: ops.convolution(
        x, ops.constant(random(4, 6, 3, 3)), [2, 2], [2, 2], [2, 2], [2, 2]
    ),
    "GroupConvolution of a line": lambda x: ops.group_convolution(
        _mean(x, 3, keep=False), ops.constant(random(3, 2, 2, 3)), [1], [1], [1], [1]
    ),
    "HSigmoid": lambda x: ops.hsigmoid(x),
    "MVN of version 2": lambda x: opset2.mvn(x, False, True, 0.1),
    "MVN of version 2, all": lambda x: opset2.mvn(x, True, True, 0.1),
    "MVN outside the root": lambda x: ops.mvn(x, integers(1, 2, 3), True, 0.1, "outside_sqrt"),
    "MVN, mean alone": lambda x: ops.mvn(x, integers(-1), False, 0.1, "inside_sqrt"),
    "MatMul, transposed": lambda x: ops.matmul(x, ops.constant(random(8, 4)), True, False),
    "MatMul from the left": lambda x: ops.matmul(ops.constant(random(5, 8)), x, False, False),
    "MatMul of images": lambda x: ops.matmul(x, ops.constant(random(6, 4, 8)), False, True),
    "MatMul by a vector": lambda x: ops.matmul(x, ops.constant(random(8)), False, False),
    "MatMul of a vector": lambda x: ops.matmul(ops.constant(random(8)), x, False, False),
    "MatMul by itself": lambda x: ops.matmul(x, x, False, True),
    "MaxPool same lower": lambda x: ops.max_pool(
        x, [2, 2], [1, 1], [0, 0], [0, 0], [3, 3], "floor", "same_lower"
    ).output(0),
    "NormalizeL2, add": lambda x: ops.normalize_l2(x, integers(1), 0.3, "add"),
    "NormalizeL2, max": lambda x: ops.normalize_l2(x, integers(1, 2, 3), 0.3, "max"),
    "PReLU of rows": lambda x: ops.prelu(x, ops.constant(random(1, 1, 8, 1))),
    "Pad, symmetric": lambda x: ops.pad(x, integers(0, 0, 1, 2), integers(0, 0, 3, 1), "symmetric"),
    "Power below 0": lambda x: ops.power(ops.exp(x), real(-1.5)),
    "ReduceMax over the batch of one": lambda x: ops.reduce_max(x, integers(0, 2), True),
    "Round": lambda x: ops.add(x, ops.round(ops.multiply(x, real(0.5)), "half_away_from_zero")),
    "Round to even": lambda x: ops.add(x, ops.round(x, "half_to_even")),
    "Select": lambda x: ops.select(
        ops.logical_and(ops.greater(x, real(0)), ops.less_equal(x, real(0.5))), x, real(-1)
    ),
    "Select by the contrary": lambda x: ops.select(
        ops.logical_not(ops.greater_equal(x, real(0))), random(6, 8, 8), x
    ),
    "Selu": lambda x: ops.selu(x, real(1.6), real(1.1)),
    "ShuffleChannels": lambda x: ops.shuffle_channels(x, 1, 3),
    "SoftMax from behind": lambda x: ops.softmax(x, -2),
    "SpaceToDepth, depth first": lambda x: ops.space_to_depth(x, "depth_first", 2),
    "SquaredDifference": lambda x: ops.squared_difference(ops.constant(random(6, 1, 1)), x),
    "StridedSlice": lambda x: _strided(
        x, (0, 1, 0, 0), (0, 5, 0, -1), (1, 2, 1, 1), [1, 0, 1, 1], [1, 0, 1, 0]
    ),
    "StridedSlice, backwards": lambda x: _strided(
        x, (0, 0, -1, 7), (0, 0, 0, 2), (1, 1, -1, -2), [1, 1, 0, 0], [1, 1, 1, 0]
    ),
    "StridedSlice, one row": lambda x: _strided(
        x, (0, 2), (0, 3), (1, 1), [1, 0], [1, 0], [], [0, 1], []
    ),
    "StridedSlice, new axis": lambda x: _strided(x, (0, 0), (0, 0), (1, 1), [1, 1], [1, 1], [0, 1]),
    "StridedSlice, ellipsis": lambda x: _strided(
        x, (0, 0, 1), (0, 0, 7), (1, 1, 2), [1, 1, 0], [1, 1, 0], [], [], [0, 1, 0]
    ),
    "Swish": lambda x: ops.swish(x),
    "Swish, steeper": lambda x: ops.swish(x, real(1.7)),
    "Tile of fewer axes": lambda x: ops.tile(x, integers(2, 1)),
    "Tile of more axes": lambda x: ops.tile(_mean(x, 2, 3, keep=False), integers(1, 2, 1, 3)),
    "VariadicSplit": _split_in_three,
    "arithmetic of constants": lambda x: ops.multiply(
        x, ops.reshape(ops.add(ops.constant(random(6)), real(1)), integers(6, 1, 1), False)
    ),
}


def _write(folder, middle):
    image = ops.parameter([1, 3, SIZE, SIZE], np.float32, "image")
    stem = ops.constant(random(CHANNELS, 3, 3, 3) / 2)
    y = ops.reshape(
        middle(ops.convolution(image, stem, [1, 1], [1, 1], [1, 1], [1, 1])), integers(1, -1), False
    )
    width = y.shape[1]
    fc = random(width, EMBEDDING) / np.float32(np.sqrt(width))
    output = ops.add(ops.matmul(y, ops.constant(fc), False, False), random(EMBEDDING))
    path = folder / "net.xml"
    openvino.save_model(openvino.Model([output], [image]), path, compress_to_fp16=False)
    path.with_suffix(".json").write_text(json.dumps(DESCRIPTION))
    return path


@pytest.mark.parametrize("name", CASES)
def test_like_openvino(name, tmp_path):
    compare(_write(tmp_path, CASES[name]))


def test_operation_that_is_not_known_is_named_with_its_layer(tmp_path):
    def roll(x):
        node = ops.roll(x, integers(2), integers(-1))
        node.set_friendly_name("the layer")
        return node

    with pytest.raises(ValueError, match=r"net\.xml: layer 'the layer': .* 'Roll' is not support"):
        compare(_write(tmp_path, roll))


def test_quantized_network_is_called_so(tmp_path):
    def quantize(x):
        return ops.fake_quantize(x, real(-1), real(1), real(-1), real(1), 256)

    with pytest.raises(ValueError, match="'FakeQuantize' is not supported; .* quantized"):
        compare(_write(tmp_path, quantize))
