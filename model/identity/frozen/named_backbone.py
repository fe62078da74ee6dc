"""What networks with named weights share: convolutions with folded normalization, and pools."""

import dataclasses
import hashlib
import json
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from model.crop import Crop
from model.identity.frozen.convolution import Window
from model.identity.frozen.layers import Convolution, Dense, Rectifier
from model.identity.network import Activations, Backbone

_RELU = Rectifier(0.0)
# The name scope of sums that are written as convolutions, but are no convolutions of the network.
AUXILIARY = "auxiliary"
# Added inside the root of L2 pooling, whose gradient at 0 would be infinite. Activations are of the
# order of 1.
_POOL_EPSILON = 1e-10


class FrozenLayers:
    """The layers of a network by name, with their normalization folded into the kernels.

    The weights of a layer are LAYER/kernel ([H, W, in, out], or [in, out] for a fully connected
    layer) and LAYER/bias. Those of its normalization, which may be a layer of another name, are
    beta, mean, variance and perhaps gamma.
    """

    def __init__(
        self,
        weights: dict[str, np.ndarray],
        epsilon: float = 0.0,
        normalization: Callable[[str], str] = lambda name: name,
    ):
        """Folds the weights.

        Args:
          weights: arrays by name.
          epsilon: what is added to the variances of normalizations.
          normalization: gives the name of a layer's normalization.
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
        """Applies a convolution, with a rectifier unless told otherwise.

        Args:
          name: the layer's name.
          x: [B, H, W, C], with H and W known.
          stride: in both directions.
          padding: "SAME" as TensorFlow means it, "CENTERED" for half the kernel on all sides, or
            "VALID" for none.
          rectified: whether negative results become 0.
        """
        layer = self._layers[name]
        pads = _pads(x.shape[1:3], layer.kernel.shape[:2], stride, padding)
        rectifier = _RELU if rectified else None
        window = Window((stride, stride), pads)
        return dataclasses.replace(layer, window=window, rectifier=rectifier)(x)

    def dense(self, name: str, rectified: bool = False) -> Dense:
        """Makes a fully connected layer; that of a convolution's kernel takes the flat image."""
        layer = self._layers[name]
        kernel = layer.kernel.reshape(-1, layer.kernel.shape[-1])
        return Dense(kernel, layer.bias, _RELU if rectified else None)


def _folded(weights, name, norm, epsilon):
    kernel, bias = weights[f"{name}/kernel"], weights.get(f"{name}/bias")
    if f"{norm}/variance" in weights:
        # What a negative variance leads to is found when the network is tried on an image.
        with np.errstate(invalid="ignore"):
            scale = 1 / np.sqrt(weights[f"{norm}/variance"] + epsilon)
        scale = scale * weights.get(f"{norm}/gamma", 1.0)
        mean = weights[f"{norm}/mean"] - (0.0 if bias is None else bias)
        kernel, bias = kernel * scale, weights[f"{norm}/beta"] - mean * scale
        kernel, bias = kernel.astype(np.float32), bias.astype(np.float32)
    return Convolution(kernel, bias)


def _pads(image, kernel, stride, padding):
    """Returns the pads (top, bottom, left, right)."""
    pads = []
    for n, size in zip(image, kernel, strict=True):
        total = max(0, (-(-n // stride) - 1) * stride + size - n)
        if padding == "CENTERED":
            pads += [size // 2, size // 2]
        else:
            pads += [0, 0] if padding == "VALID" else [total // 2, total - total // 2]
    return tuple(pads)


def l2_pool(x: tf.Tensor, stride: int = 1) -> tf.Tensor:
    """Takes the root of the sum of squares over 3×3 windows of [B, H, W, C].

    A stride of 1 keeps the size of the image; a longer one takes whole windows only. The gradient
    at 0 is 0.
    """
    ones = np.ones((3, 3, x.shape[-1], 1), np.float32)
    window = Window((stride, stride), (1, 1, 1, 1) if stride == 1 else (0, 0, 0, 0))
    with tf.name_scope(AUXILIARY):
        return tf.sqrt(Convolution(ones, window=window, groups=0)(tf.square(x)) + _POOL_EPSILON)


def local_response_normalization(x: tf.Tensor) -> tf.Tensor:
    """Normalizes over 5 channels as Torch and Caffe do: α = 1e-4 / 5, β = 0.75, bias 1.

    The sum over channels is a 1×1 convolution, and the power is made of roots. On the CPU this is
    as fast as `tf.nn.lrn`, and twice as fast with the gradient.
    """
    channels = x.shape[-1]
    index = np.arange(channels)
    band = (np.abs(index[:, None] - index) <= 2).astype(np.float32) * 2e-5
    with tf.name_scope(AUXILIARY):
        sums = 1 + Convolution(band[None, None])(tf.square(x))
        return x * tf.math.rsqrt(sums * tf.sqrt(sums))


class NamedBackbone(Backbone):
    """A backbone whose forward pass gives all of its named tensors.

    Tensors that nobody asks for cost nothing, since their graph is not run.
    """

    def __init__(
        self,
        name: str,
        crop: Crop,
        weights: dict[str, np.ndarray],
        settings: object,
        forward: Callable[[tf.Tensor], Activations],
        tensor_names: list[str],
        penultimate: str,
    ):
        """Binds a forward pass to its description.

        Args:
          name: the kind of network.
          crop: the crop that it was trained on.
          weights: arrays by name, for the digest.
          settings: the dataclass of what else the forward pass depends on, for the digest.
          forward: takes float32 RGB [B, S, S, 3] in 0..1.
          tensor_names: the tensors that `forward` gives.
          penultimate: the one that enters the last fully connected layer.
        """
        self.crop = crop
        self.penultimate = penultimate
        self.digest = _digest(name, weights, settings)
        self._name = name
        self._forward = forward
        self._tensor_names = tensor_names

    def bind(self, names: frozenset[str]) -> Callable[[tf.Tensor], Activations]:
        """Returns the forward pass with the named tensors; see `Backbone.bind`."""
        for name in sorted(names - set(self._tensor_names)):
            known = ", ".join(self._tensor_names)
            raise ValueError(f"{self._name} has no tensor {name!r}; it has {known}")

        def run(images: tf.Tensor) -> Activations:
            tensors, embedding = self._forward(images)
            return Activations({name: tensors[name] for name in names}, embedding)

        return run


def _digest(name, weights, settings):
    digest = hashlib.sha256(json.dumps([name, dataclasses.asdict(settings)]).encode())
    for key in sorted(weights):
        digest.update(key.encode())
        digest.update(np.ascontiguousarray(weights[key], "<f4").tobytes())
    return digest.hexdigest()
