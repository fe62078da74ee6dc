"""FaceNet NN2, the recognition network of the paper (Schroff et al. 2015, table 2).

Its weights were never published: users train it (`train_recognizer.py`) or bring files of their
own. As in the table, there is no batch normalization unless the settings ask for it.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from model.identity.canonical_crops import FIVE_POINT_CROP
from model.identity.frozen.named_backbone import (
    FrozenLayers,
    NamedBackbone,
    l2_pool,
    local_response_normalization,
)
from model.identity.network import Activations
from model.identity.networks.definition import Definition, Weights

EMBEDDING_SIZE = 128
BATCH_NORMALIZATION_EPSILON = 1e-3
PENULTIMATE = "avg_pool"


class Inception(NamedTuple):
    """A row of the table: numbers of filters, which are 0 for a branch that is not there."""

    name: str
    one: int
    three_reduce: int
    three: int
    five_reduce: int
    five: int
    pool: str
    projection: int
    stride: int = 1


INCEPTIONS = (
    Inception("3a", 64, 96, 128, 16, 32, "max", 32),
    Inception("3b", 64, 96, 128, 32, 64, "l2", 64),
    Inception("3c", 0, 128, 256, 32, 64, "max", 0, stride=2),
    Inception("4a", 256, 96, 192, 32, 64, "l2", 128),
    Inception("4b", 224, 112, 224, 32, 64, "l2", 128),
    Inception("4c", 192, 128, 256, 32, 64, "l2", 128),
    Inception("4d", 160, 144, 288, 32, 64, "l2", 128),
    Inception("4e", 0, 160, 256, 64, 128, "max", 0, stride=2),
    Inception("5a", 384, 192, 384, 48, 128, "l2", 128),
    Inception("5b", 384, 192, 384, 48, 128, "max", 128),
)


@dataclasses.dataclass(frozen=True)
class Nn2Settings:
    """What may differ from the published network.

    Attributes:
      image_size: width and height of the image; 224 in the paper.
      width: factor on the number of filters of every layer but the embedding.
      batch_normalization: whether each convolution has a normalization instead of a bias. The table
        has none, but without it NN2 is hard to train from random weights.
    """

    image_size: int = 224
    width: float = 1.0
    batch_normalization: bool = False

    def filters(self, published: int) -> int:
        """Returns the number of filters of a layer that has `published` ones in the table."""
        return max(1, round(published * self.width)) if published else 0


class ConvolutionSpec(NamedTuple):
    """A convolution of the network: its name, kernel size and numbers of channels."""

    name: str
    size: int
    inputs: int
    outputs: int


def convolutions(settings: Nn2Settings) -> list[ConvolutionSpec]:
    """Lists all convolutions, in the order of the table."""
    f = settings.filters
    specs = [
        ConvolutionSpec("conv1", 7, 3, f(64)),
        ConvolutionSpec("inception_2/3x3_reduce", 1, f(64), f(64)),
        ConvolutionSpec("inception_2/3x3", 3, f(64), f(192)),
    ]
    channels = f(192)
    for row in INCEPTIONS:
        specs += _inception_convolutions(row, channels, f)
        pooled = f(row.projection) or channels
        channels = f(row.one) + f(row.three) + f(row.five) + pooled
    return specs


def _inception_convolutions(row, channels, f):
    prefix = f"inception_{row.name}"
    candidates = [
        ConvolutionSpec(f"{prefix}/1x1", 1, channels, f(row.one)),
        ConvolutionSpec(f"{prefix}/3x3_reduce", 1, channels, f(row.three_reduce)),
        ConvolutionSpec(f"{prefix}/3x3", 3, f(row.three_reduce), f(row.three)),
        ConvolutionSpec(f"{prefix}/5x5_reduce", 1, channels, f(row.five_reduce)),
        ConvolutionSpec(f"{prefix}/5x5", 5, f(row.five_reduce), f(row.five)),
        ConvolutionSpec(f"{prefix}/pool_projection", 1, channels, f(row.projection)),
    ]
    return [spec for spec in candidates if spec.outputs]


def weight_shapes(settings: Nn2Settings) -> dict[str, tuple[int, ...]]:
    """Returns the shapes of all weights by name; kernels are [H, W, in, out]."""
    shapes = {}
    for spec in convolutions(settings):
        shapes[f"{spec.name}/kernel"] = (spec.size, spec.size, spec.inputs, spec.outputs)
        names = ("gamma", "beta", "mean", "variance") if settings.batch_normalization else ("bias",)
        shapes |= {f"{spec.name}/{name}": (spec.outputs,) for name in names}
    shapes["embedding/kernel"] = (feature_size(settings), EMBEDDING_SIZE)
    shapes["embedding/bias"] = (EMBEDDING_SIZE,)
    return shapes


def feature_size(settings: Nn2Settings) -> int:
    """Returns the width of the average-pooled layer before the embedding, 1024 in the paper."""
    last = INCEPTIONS[-1]
    return sum(map(settings.filters, (last.one, last.three, last.five, last.projection)))


def forward(
    images: tf.Tensor, convolution: Callable[[str, tf.Tensor, int], tf.Tensor]
) -> dict[str, tf.Tensor]:
    """Computes the network up to its average pooling, both when it is frozen and in training.

    Args:
      images: float32 [B, S, S, 3] in the network's own range.
      convolution: takes (name, tensor, stride), and applies a convolution with padding "SAME", its
        normalization or bias, and ReLU.

    Returns:
      Tensors by name: the rows of the table (conv1, inception_2, inception_3a, …), and "avg_pool",
      float32 [B, feature_size].
    """
    tensors = {}
    x = tensors["conv1"] = convolution("conv1", images, 2)
    x = local_response_normalization(tf.nn.max_pool2d(x, 3, 2, "SAME"))
    x = convolution("inception_2/3x3_reduce", x, 1)
    x = tensors["inception_2"] = convolution("inception_2/3x3", x, 1)
    x = tf.nn.max_pool2d(local_response_normalization(x), 3, 2, "SAME")
    for row in INCEPTIONS:
        x = tensors[f"inception_{row.name}"] = _inception(row, x, convolution)
    tensors[PENULTIMATE] = tf.reduce_mean(x, [1, 2])
    return tensors


def _inception(row, x, convolution):
    prefix = f"inception_{row.name}"
    branches = [convolution(f"{prefix}/1x1", x, 1)] if row.one else []
    for size in ("3x3", "5x5"):
        reduced = convolution(f"{prefix}/{size}_reduce", x, 1)
        branches.append(convolution(f"{prefix}/{size}", reduced, row.stride))
    pooled = l2_pool(x) if row.pool == "l2" else tf.nn.max_pool2d(x, 3, row.stride, "SAME")
    if row.projection:
        pooled = convolution(f"{prefix}/pool_projection", pooled, 1)
    return tf.concat([*branches, pooled], -1)


def build(weights: Weights, settings: Nn2Settings) -> NamedBackbone:
    """Builds the frozen network.

    The paper does not say how images are aligned, or what range pixels have. Ours are aligned by
    `FIVE_POINT_CROP`, since NN2 is then interchangeable with the network that the project carries.
    Pixels are in -1..1, a range that is centered at gray.

    Args:
      weights: arrays by the names of `weight_shapes`.
      settings: the settings that they belong to.
    """
    layers = FrozenLayers(weights, BATCH_NORMALIZATION_EPSILON)
    embedding = layers.dense("embedding")

    def run(images: tf.Tensor) -> Activations:
        tensors = forward(2 * images - 1, layers.convolution)
        return Activations(tensors, embedding(tensors[PENULTIMATE]))

    return NamedBackbone(
        "nn2",
        FIVE_POINT_CROP.resized(settings.image_size),
        weights,
        settings,
        run,
        ["conv1", "inception_2", *(f"inception_{row.name}" for row in INCEPTIONS), PENULTIMATE],
        PENULTIMATE,
    )


NN2 = Definition(
    "nn2", Nn2Settings, weight_shapes, build, "none are published; train it by train_recognizer.py"
)
