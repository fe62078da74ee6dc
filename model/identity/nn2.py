"""FaceNet NN2, the recognition network of the paper (Schroff et al. 2015, table 2).

Its weights were never published: a user brings a file of his own (`save_nn2`). As in the table,
there is no batch normalization unless asked for.
"""

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from model.identity import weights_npz
from model.identity.canonical_crops import FIVE_POINT_CROP
from model.identity.frozen_convolution import Window
from model.identity.frozen_layers import Convolution, Dense, Rectifier
from model.identity.network import Backbone, Forward

EMBEDDING_SIZE = 128

# Inside the root of L2 pooling: its gradient at 0 would be infinite. Activations are of order 1.
_POOL_EPSILON = 1e-10
_BATCH_NORMALIZATION_EPSILON = 1e-3


class Inception(NamedTuple):
    """A row of the table: numbers of filters, 0 for a branch that is not there."""

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
class Settings:
    """What may differ from the published network.

    Attributes:
      image_size: width and height of the image; 224 in the paper.
      width: factor on the number of filters of every layer but the embedding.
      batch_normalization: whether each convolution is normalized, instead of having a bias. Not
        in the table; without it NN2 is hard to train from nothing.
    """

    image_size: int = 224
    width: float = 1.0
    batch_normalization: bool = False

    def filters(self, published: int) -> int:
        """The number of filters of a layer."""
        return max(1, round(published * self.width)) if published else 0


class ConvolutionSpec(NamedTuple):
    """A convolution of the network: its name, kernel size and numbers of channels."""

    name: str
    size: int
    inputs: int
    outputs: int


def convolutions(settings: Settings) -> list[ConvolutionSpec]:
    """All convolutions, in the order of the table."""
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


def weight_shapes(settings: Settings) -> dict[str, tuple[int, ...]]:
    """Shapes of all weights by name; kernels are [H, W, in, out]."""
    shapes = {}
    for spec in convolutions(settings):
        shapes[f"{spec.name}/kernel"] = (spec.size, spec.size, spec.inputs, spec.outputs)
        names = ("gamma", "beta", "mean", "variance") if settings.batch_normalization else ("bias",)
        shapes |= {f"{spec.name}/{name}": (spec.outputs,) for name in names}
    shapes["embedding/kernel"] = (feature_size(settings), EMBEDDING_SIZE)
    shapes["embedding/bias"] = (EMBEDDING_SIZE,)
    return shapes


def feature_size(settings: Settings) -> int:
    """Width of the average-pooled layer before the embedding: 1024 in the paper."""
    last = INCEPTIONS[-1]
    return sum(map(settings.filters, (last.one, last.three, last.five, last.projection)))


def random_weights(settings: Settings, seed: int = 0) -> dict[str, np.ndarray]:
    """He-initialized weights, for a training to start from."""
    generator = np.random.default_rng(seed)
    weights = {}
    for name, shape in weight_shapes(settings).items():
        if name.endswith("/kernel"):
            scale = np.sqrt(2 / np.prod(shape[:-1]))
            weights[name] = (scale * generator.standard_normal(shape)).astype(np.float32)
        else:
            ones = name.endswith(("/gamma", "/variance"))
            weights[name] = np.full(shape, 1.0 if ones else 0.0, np.float32)
    return weights


def forward(
    images: tf.Tensor, convolution: Callable[[str, tf.Tensor, int], tf.Tensor]
) -> dict[str, tf.Tensor]:
    """The network up to its average pooling.

    Args:
      images: float32 [B, S, S, 3] in the network's own range.
      convolution: of (name, tensor, stride): convolution with padding "SAME", normalization or
        bias, and ReLU. So one definition serves frozen and trained networks.

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
    tensors["avg_pool"] = tf.reduce_mean(x, [1, 2])
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


def l2_pool(x: tf.Tensor) -> tf.Tensor:
    """Root of the sum of squares over 3×3 windows of [B, H, W, C]; its gradient at 0 is 0."""
    ones = np.ones((3, 3, x.shape[-1], 1), np.float32)
    sums = Convolution(ones, window=Window(pads=(1, 1, 1, 1)), groups=0)(tf.square(x))
    return tf.sqrt(sums + _POOL_EPSILON)


def local_response_normalization(x: tf.Tensor) -> tf.Tensor:
    """Torch's and Caffe's normalization over 5 channels: α = 1e-4 / 5, β = 0.75, bias 1.

    The sum over channels as a 1×1 convolution, and the power by roots: on the CPU as fast as
    `tf.nn.lrn`, and with the gradient twice as fast.
    """
    channels = x.shape[-1]
    index = np.arange(channels)
    band = (np.abs(index[:, None] - index) <= 2).astype(np.float32) * 2e-5
    sums = 1 + Convolution(band[None, None])(tf.square(x))
    return x * tf.math.rsqrt(sums * tf.sqrt(sums))


class Nn2(Backbone):
    """The frozen network.

    The paper says nothing of alignment or pixel range. Ours: the five canonical points of
    `FIVE_POINT_CROP`, since NN2 is then interchangeable with the network that the project carries,
    and -1..1, which is centered at gray.
    """

    penultimate = "avg_pool"

    def __init__(self, weights: dict[str, np.ndarray], settings: Settings):
        """Folds the normalization into the kernels.

        Args:
          weights: as `weight_shapes` names them.
          settings: of the network.
        """
        self.crop = FIVE_POINT_CROP.resized(settings.image_size)
        self.digest = _digest(weights, settings)
        self._layers = {
            spec.name: _frozen_convolution(weights, spec.name, settings)
            for spec in convolutions(settings)
        }
        self._embedding = Dense(weights["embedding/kernel"], weights["embedding/bias"])

    def bind(self, names):
        known = ["conv1", "inception_2", *(f"inception_{row.name}" for row in INCEPTIONS)]
        for name in names - {self.penultimate, *known}:
            raise ValueError(f"nn2 has no tensor {name!r}; it has {', '.join(known)}, avg_pool")

        def run(images: tf.Tensor) -> Forward:
            tensors = forward(2 * images - 1, self._convolution)
            embedding = self._embedding(tensors["avg_pool"])
            return Forward({name: tensors[name] for name in names}, embedding)

        return run

    def _convolution(self, name, x, stride):
        layer = self._layers[name]
        window = Window((stride, stride), _same_pads(x, layer.kernel.shape[0], stride))
        return dataclasses.replace(layer, window=window)(x)


def _same_pads(x, size, stride):
    pads = []
    for n in x.shape[1:3]:
        total = max(0, (-(-n // stride) - 1) * stride + size - n)
        pads += [total // 2, total - total // 2]
    return tuple(pads)


def _frozen_convolution(weights, name, settings):
    layer = Convolution(weights[f"{name}/kernel"], rectifier=Rectifier(0.0))
    if not settings.batch_normalization:
        return dataclasses.replace(layer, bias=weights[f"{name}/bias"])
    gamma, beta, mean, variance = (
        weights[f"{name}/{part}"] for part in ("gamma", "beta", "mean", "variance")
    )
    scale = gamma / np.sqrt(variance + _BATCH_NORMALIZATION_EPSILON)
    return dataclasses.replace(layer, kernel=layer.kernel * scale, bias=beta - mean * scale)


def _digest(weights, settings):
    digest = hashlib.sha256(json.dumps(["nn2", dataclasses.asdict(settings)]).encode())
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(weights[name], "<f4").tobytes())
    return digest.hexdigest()


def save_nn2(path: str | pathlib.Path, weights: dict[str, np.ndarray], settings: Settings) -> None:
    """Writes weights with the settings that they belong to."""
    checked = weights_npz.check_weights(path, weights, weight_shapes(settings))
    weights_npz.save_weights_npz(path, checked, {"network": "nn2", **dataclasses.asdict(settings)})


def load_nn2(weights: str | pathlib.Path | None, **options) -> Nn2:
    """Loads NN2.

    Args:
      weights: a file of `save_nn2`, which brings its settings; or "random", for tests and as the
        start of a training: a random network recognizes nobody.
      **options: fields of `Settings`, for "random" only.

    Raises:
      FileNotFoundError, ValueError: no weights, or a file that does not fit the network; the error
        names each array and both shapes.
    """
    if weights is None:
        raise ValueError(
            "nn2 needs a file of weights: none are published; train it, or say weights='random' "
            "for an untrained network"
        )
    if str(weights) == "random":
        logging.warning("nn2 has random weights: it recognizes nobody")
        settings = Settings(**options)
        return Nn2(random_weights(settings), settings)
    arrays, stored = weights_npz.read_weights_npz(weights)
    if stored.pop("network", None) != "nn2":
        raise ValueError(f"{weights}: not the weights of nn2")
    settings = _settings(stored, options, weights)
    return Nn2(weights_npz.check_weights(weights, arrays, weight_shapes(settings)), settings)


def _settings(stored, options, path):
    try:
        settings = Settings(**stored)
    except TypeError as error:
        raise ValueError(f"{path}: unknown settings {sorted(stored)}") from error
    for name, value in options.items():
        if getattr(settings, name, None) != value:
            raise ValueError(f"{path}: {name} is {getattr(settings, name, None)}, not {value}")
    return settings
