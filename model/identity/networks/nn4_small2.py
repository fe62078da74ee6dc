"""nn4.small2 of OpenFace (Amos et al. 2016), as its released weights were trained.

It is a small relative of FaceNet NN2 for images of 96×96. Where a branch pools to a smaller image,
Torch filled it up with zeros on all sides; the published definition does not say so.
"""

import dataclasses
from typing import NamedTuple

import tensorflow as tf

from model.identity.canonical_crops import EYES_AND_NOSE_CROP
from model.identity.frozen.named_backbone import (
    FrozenLayers,
    NamedBackbone,
    l2_pool,
    local_response_normalization,
)
from model.identity.network import Activations
from model.identity.networks.definition import Definition, Weights
from model.identity.networks.nn4_small2_weights import normalization_of, read_nn4_small2

EMBEDDING_SIZE = 128
_NORMALIZATION_EPSILON = 1e-5
_DENSE = "dense_layer"
_PENULTIMATE = "avg_pool"


class _Inception(NamedTuple):
    """A row of the table: numbers of filters, which are 0 for a branch that is not there.

    Branches are joined in the order of the fields.
    """

    name: str
    three_reduce: int
    three: int
    five_reduce: int
    five: int
    pool: str
    projection: int
    one: int
    stride: int = 1


_INCEPTIONS = (
    _Inception("3a", 96, 128, 16, 32, "max", 32, 64),
    _Inception("3b", 96, 128, 32, 64, "l2", 64, 64),
    _Inception("3c", 128, 256, 32, 64, "max", 0, 0, stride=2),
    _Inception("4a", 96, 192, 32, 64, "l2", 128, 256),
    _Inception("4e", 160, 256, 64, 128, "max", 0, 0, stride=2),
    _Inception("5a", 96, 384, 0, 0, "l2", 96, 256),
    _Inception("5b", 96, 384, 0, 0, "max", 96, 256),
)


@dataclasses.dataclass(frozen=True)
class Nn4Small2Settings:
    """What may differ from the published network.

    Attributes:
      width: factor on the number of filters of every layer but the embedding.
    """

    width: float = 1.0

    def filters(self, published: int) -> int:
        """Returns the number of filters of a layer that has `published` ones."""
        return max(1, round(published * self.width)) if published else 0


class _Convolution(NamedTuple):
    name: str
    size: int
    inputs: int
    outputs: int


def _convolutions(settings):
    """Returns all convolutions, and the number of channels behind the last of them."""
    f = settings.filters
    specs = [
        _Convolution("conv1", 7, 3, f(64)),
        _Convolution("conv2", 1, f(64), f(64)),
        _Convolution("conv3", 3, f(64), f(192)),
    ]
    channels = f(192)
    for row in _INCEPTIONS:
        prefix = f"inception_{row.name}"
        candidates = [
            _Convolution(f"{prefix}_3x3_conv1", 1, channels, f(row.three_reduce)),
            _Convolution(f"{prefix}_3x3_conv2", 3, f(row.three_reduce), f(row.three)),
            _Convolution(f"{prefix}_5x5_conv1", 1, channels, f(row.five_reduce)),
            _Convolution(f"{prefix}_5x5_conv2", 5, f(row.five_reduce), f(row.five)),
            _Convolution(f"{prefix}_pool_conv", 1, channels, f(row.projection)),
            _Convolution(f"{prefix}_1x1_conv", 1, channels, f(row.one)),
        ]
        specs += [spec for spec in candidates if spec.outputs]
        channels = f(row.three) + f(row.five) + (f(row.projection) or channels) + f(row.one)
    return specs, channels


def weight_shapes(settings: Nn4Small2Settings) -> dict[str, tuple[int, ...]]:
    """Returns the shapes of all weights by the names of the Keras port; kernels are HWIO."""
    specs, channels = _convolutions(settings)
    shapes = {}
    for spec in specs:
        norm = normalization_of(spec.name)
        shapes[f"{spec.name}/kernel"] = (spec.size, spec.size, spec.inputs, spec.outputs)
        shapes[f"{spec.name}/bias"] = (spec.outputs,)
        shapes |= {f"{norm}/{p}": (spec.outputs,) for p in ("gamma", "beta", "mean", "variance")}
    shapes[f"{_DENSE}/kernel"] = (channels, EMBEDDING_SIZE)
    return shapes | {f"{_DENSE}/bias": (EMBEDDING_SIZE,)}


def build(weights: Weights, settings: Nn4Small2Settings) -> NamedBackbone:
    """Builds the frozen network, which takes RGB in 0..1 as it is."""
    layers = FrozenLayers(weights, _NORMALIZATION_EPSILON, normalization_of)
    embedding = layers.dense(_DENSE)

    def convolve(name, x, stride=1):
        return layers.convolution(name, x, stride, "CENTERED")

    def run(images: tf.Tensor) -> Activations:
        tensors = {}
        x = tensors["conv1"] = convolve("conv1", images, 2)
        x = local_response_normalization(_max_pool(x, 1))
        x = tensors["conv3"] = convolve("conv3", convolve("conv2", x))
        x = _max_pool(local_response_normalization(x), 1)
        for row in _INCEPTIONS:
            x = tensors[f"inception_{row.name}"] = _inception(row, x, convolve)
        tensors[_PENULTIMATE] = tf.reduce_mean(x, [1, 2])
        return Activations(tensors, embedding(tensors[_PENULTIMATE]))

    names = ["conv1", "conv3", *(f"inception_{row.name}" for row in _INCEPTIONS), _PENULTIMATE]
    return NamedBackbone(
        "nn4_small2", EYES_AND_NOSE_CROP, weights, settings, run, names, _PENULTIMATE
    )


def _inception(row, x, convolve):
    prefix = f"inception_{row.name}"
    branches = []
    for size in ("3x3", "5x5") if row.five else ("3x3",):
        reduced = convolve(f"{prefix}_{size}_conv1", x)
        branches.append(convolve(f"{prefix}_{size}_conv2", reduced, row.stride))
    pooled = l2_pool(x, stride=3) if row.pool == "l2" else _max_pool(x, 0)
    if row.projection:
        pooled = convolve(f"{prefix}_pool_conv", pooled)
    branches.append(_pad_to(pooled, branches[0].shape[1]))
    if row.one:
        branches.append(convolve(f"{prefix}_1x1_conv", x))
    return tf.concat(branches, -1)


def _max_pool(x, pad):
    return tf.nn.max_pool2d(x, 3, 2, [[0, 0], [pad, pad], [pad, pad], [0, 0]])


def _pad_to(x, size):
    """Puts zeros on all sides; where their number is odd, the bottom and the right get more."""
    before = (size - x.shape[1]) // 2
    sides = [before, size - x.shape[1] - before]
    return tf.pad(x, [[0, 0], sides, sides, [0, 0]])


NN4_SMALL2 = Definition(
    "nn4_small2",
    Nn4Small2Settings,
    weight_shapes,
    build,
    "run python -m model.identity.fetch nn4_small2",
    lambda path, settings: (read_nn4_small2(path, weight_shapes(settings)), settings),
)
