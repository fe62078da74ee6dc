"""What networks with named weights have in common: folded convolutions, and the backbone."""

import dataclasses
import hashlib
import json
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from model.crop import Crop
from model.identity.frozen.convolution import Window
from model.identity.frozen.layers import Convolution, Dense, Rectifier
from model.identity.network import Backbone, Forward

_RELU = Rectifier(0.0)
# Scope of sums that are written as convolutions but are none of the network's.
AUXILIARY = "auxiliary"
# Inside the root of L2 pooling: its gradient at 0 would be infinite. Activations are of order 1.
_POOL_EPSILON = 1e-10


class FrozenLayers:
    """The layers of a network by name, with their normalization folded into the kernels.

    Weights are named LAYER/kernel ([H, W, in, out], or [in, out] of a fully connected layer) and
    LAYER/bias; those of its normalization, which may be a layer of another name, are beta, mean,
    variance and perhaps gamma.
    """

    def __init__(
        self,
        weights: dict[str, np.ndarray],
        epsilon: float = 0.0,
        normalization: Callable[[str], str] = lambda name: name,
    ):
        """Folds the weights.

        Args:
          weights: by name.
          epsilon: of the normalization's variance.
          normalization: from a layer's name to the name of its normalization's layer.
        """
        names = [name.removesuffix("/kernel") for name in weights if name.endswith("/kernel")]
        self._layers = {
            name: _folded(weights, name, normalization(name), epsilon) for name in names
        }

    def convolution(
        self,
        name: str,
        x: tf.Tensor,
        stride: int = 1,
        padding: str = "SAME",
        rectified: bool = True,
    ) -> tf.Tensor:
        """Convolves [B, H, W, C] (H, W known); "SAME" as TensorFlow has it, "CENTERED", "VALID"."""
        layer = self._layers[name]
        pads = _pads(x.shape[1:3], layer.kernel.shape[:2], stride, padding)
        rectifier = _RELU if rectified else None
        window = Window((stride, stride), pads)
        return dataclasses.replace(layer, window=window, rectifier=rectifier)(x)

    def dense(self, name: str, rectified: bool = False) -> Dense:
        """A fully connected layer; the kernel of a convolution takes a flat image."""
        layer = self._layers[name]
        kernel = layer.kernel.reshape(-1, layer.kernel.shape[-1])
        return Dense(kernel, layer.bias, _RELU if rectified else None)


def _folded(weights, name, norm, epsilon):
    kernel, bias = weights[f"{name}/kernel"], weights.get(f"{name}/bias")
    if f"{norm}/variance" in weights:
        scale = 1 / np.sqrt(weights[f"{norm}/variance"] + epsilon)
        scale = scale * weights.get(f"{norm}/gamma", 1.0)
        mean = weights[f"{norm}/mean"] - (0.0 if bias is None else bias)
        kernel, bias = kernel * scale, weights[f"{norm}/beta"] - mean * scale
        kernel, bias = kernel.astype(np.float32), bias.astype(np.float32)
    return Convolution(kernel, bias)


def _pads(image, kernel, stride, padding):
    """Pads (top, bottom, left, right)."""
    pads = []
    for n, size in zip(image, kernel, strict=True):
        total = max(0, (-(-n // stride) - 1) * stride + size - n)
        if padding == "CENTERED":
            pads += [size // 2, size // 2]
        else:
            pads += [0, 0] if padding == "VALID" else [total // 2, total - total // 2]
    return tuple(pads)


def l2_pool(x: tf.Tensor, stride: int = 1) -> tf.Tensor:
    """Root of the sum of squares over 3×3 windows of [B, H, W, C]; its gradient at 0 is 0.

    A stride of 1 keeps the size of the image; with a stride only whole windows count.
    """
    ones = np.ones((3, 3, x.shape[-1], 1), np.float32)
    window = Window((stride, stride), (1, 1, 1, 1) if stride == 1 else (0, 0, 0, 0))
    with tf.name_scope(AUXILIARY):
        return tf.sqrt(Convolution(ones, window=window, groups=0)(tf.square(x)) + _POOL_EPSILON)


def local_response_normalization(x: tf.Tensor) -> tf.Tensor:
    """Torch's and Caffe's normalization over 5 channels: α = 1e-4 / 5, β = 0.75, bias 1.

    The sum over channels as a 1×1 convolution, and the power by roots: on the CPU as fast as
    `tf.nn.lrn`, and with the gradient twice as fast.
    """
    channels = x.shape[-1]
    index = np.arange(channels)
    band = (np.abs(index[:, None] - index) <= 2).astype(np.float32) * 2e-5
    with tf.name_scope(AUXILIARY):
        sums = 1 + Convolution(band[None, None])(tf.square(x))
        return x * tf.math.rsqrt(sums * tf.sqrt(sums))


class NamedBackbone(Backbone):
    """A backbone whose forward pass computes all of its named tensors; unused ones cost nothing."""

    def __init__(
        self,
        name: str,
        crop: Crop,
        weights: dict[str, np.ndarray],
        settings: object,
        forward: Callable[[tf.Tensor], Forward],
        tensor_names: list[str],
        penultimate: str,
    ):
        """Binds a forward pass to its description.

        Args:
          name: of the kind of network.
          crop: that it was trained on.
          weights, settings: what the forward pass depends on, for the digest; a dataclass.
          forward: from float32 RGB [B, S, S, 3] in 0..1 to all named tensors.
          tensor_names: the tensors that can be asked for.
          penultimate: the one that enters the last fully connected layer.
        """
        self.crop = crop
        self.penultimate = penultimate
        self.digest = _digest(name, weights, settings)
        self._name = name
        self._forward = forward
        self._tensor_names = tensor_names

    def bind(self, names):
        for name in sorted(names - set(self._tensor_names)):
            known = ", ".join(self._tensor_names)
            raise ValueError(f"{self._name} has no tensor {name!r}; it has {known}")

        def run(images: tf.Tensor) -> Forward:
            tensors, embedding = self._forward(images)
            return Forward({name: tensors[name] for name in names}, embedding)

        return run


def _digest(name, weights, settings):
    digest = hashlib.sha256(json.dumps([name, dataclasses.asdict(settings)]).encode())
    for key in sorted(weights):
        digest.update(key.encode())
        digest.update(np.ascontiguousarray(weights[key], "<f4").tobytes())
    return digest.hexdigest()
