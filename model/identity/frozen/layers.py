"""Layers of frozen networks: their weights are NumPy arrays, and only the input has a gradient.

Images are [B, H, W, C], as TensorFlow's convolutions on the CPU want them. A convolution, its bias
and its rectifier are one layer, whose gradient needs nothing but the layer's output. So TensorFlow
can fuse the three in a training step too, and what the rectifier reads is never written to memory.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from model.identity.frozen import convolution
from model.identity.frozen.convolution import Window
from model.identity.frozen.precision import current_precision


@dataclasses.dataclass(frozen=True, eq=False)
class Affine:
    """Multiplies by a scale and adds an offset, each float32 [C] or [1]."""

    scale: np.ndarray
    offset: np.ndarray

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        if np.any(self.scale != 1):
            x = x * _scalar_if_uniform(self.scale)
        return x + _scalar_if_uniform(self.offset) if np.any(self.offset) else x


def _scalar_if_uniform(values):
    """Returns equal values as one number, which TensorFlow broadcasts faster than a vector."""
    return values[0] if np.all(values == values[0]) else values


@dataclasses.dataclass(frozen=True, eq=False)
class Rectifier:
    """Multiplies negative values by a slope: 0 (ReLU), a number (leaky ReLU), or [C] (PReLU)."""

    slope: float | np.ndarray

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        if isinstance(self.slope, np.ndarray):
            return tf.where(x > 0, x, x * self.slope)
        return tf.nn.relu(x) if self.slope == 0 else tf.nn.leaky_relu(x, self.slope)

    @property
    def keeps_sign(self) -> bool:
        """Whether the output is positive only where the input is."""
        return bool(np.all(np.asarray(self.slope) >= 0))

    def gradient(self, signed: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
        """Returns the gradient with respect to the input.

        Args:
          signed: the input, or the output if `keeps_sign`.
          dy: the gradient with respect to the output.
        """
        if isinstance(self.slope, np.ndarray):
            return tf.where(signed > 0, dy, dy * self.slope)
        if self.slope == 0:
            return tf.raw_ops.ReluGrad(gradients=dy, features=signed)
        return tf.raw_ops.LeakyReluGrad(gradients=dy, features=signed, alpha=self.slope)


def _in(precision, function, x, kernel, window, *more):
    """Calls a function of convolution.py in another number format; its result is float32."""
    if precision == tf.float32:
        return function(x, kernel, window, *more)
    kernel = kernel.astype(precision.as_numpy_dtype)
    x, *more = (tf.cast(tensor, precision) for tensor in (x, *more))
    return tf.cast(function(x, kernel, window, *more), tf.float32)


@dataclasses.dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution with bias and rectifier.

    Attributes:
      kernel: float32 [H, W, in / groups, out]; depthwise: [H, W, in, multiplier].
      bias: float32 [out], or None.
      window: strides, pads and dilations.
      groups: how many groups of channels there are; 0 stands for a depthwise convolution.
      rectifier: what is applied to the result; None for a linear layer.
    """

    kernel: np.ndarray
    bias: np.ndarray | None = None
    window: Window = Window()
    groups: int = 1
    rectifier: Rectifier | None = None

    @property
    def pointwise(self) -> bool:
        """Whether the layer treats each pixel by itself."""
        plain = self.groups == 1 and self.window == Window()
        return plain and self.kernel.shape[:2] == (1, 1)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        # The gradient is built later, and multiplies as the layer does.
        precision = current_precision()

        @tf.custom_gradient
        def layer(x):
            linear = self._linear(x, precision)
            if self.rectifier is None:
                return linear, lambda dy: self._input_gradient(x, dy, precision)
            y = self.rectifier(linear)
            signed = y if self.rectifier.keeps_sign else linear

            def gradient(dy):
                return self._input_gradient(x, self.rectifier.gradient(signed, dy), precision)

            return y, gradient

        return layer(x)

    def _linear(self, x, precision):
        if self.groups == 0:
            y = convolution.convolve_depthwise(x, self.kernel, self.window)
        else:
            parts = zip(_split(x, self.groups), self._kernels(), strict=True)
            convolve = convolution.convolve
            y = _join([_in(precision, convolve, x, k, self.window) for x, k in parts])
        return y if self.bias is None else tf.nn.bias_add(y, self.bias)

    def _input_gradient(self, x, dy, precision):
        if self.groups == 0:
            return convolution.convolve_depthwise_gradient(x, self.kernel, self.window, dy)
        parts = zip(_split(x, self.groups), self._kernels(), _split(dy, self.groups), strict=True)
        gradient = convolution.convolve_gradient
        if self.window.strides != (1, 1):
            # It is no convolution, and TensorFlow's operation for it is slower in bfloat16.
            precision = tf.float32
        return _join([_in(precision, gradient, x, k, self.window, dy) for x, k, dy in parts])

    def _kernels(self):
        return np.split(self.kernel, self.groups, -1)


@dataclasses.dataclass(frozen=True, eq=False)
class RectifiedAffine:
    """Rectifies x · scale + offset; networks that normalize before convolutions have such layers.

    On images it is computed by a depthwise 1×1 convolution, which TensorFlow fuses with bias and
    rectifier: one pass over memory takes the place of three, in half the time.
    """

    affine: Affine
    rectifier: Rectifier

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        if x.shape.rank != 4:
            return self.rectifier(self.affine(x))
        channels = (x.shape[-1],)
        scale = np.broadcast_to(self.affine.scale, channels).astype(np.float32)
        offset = np.broadcast_to(self.affine.offset, channels).astype(np.float32)
        kernel = scale.reshape(1, 1, -1, 1)
        return Convolution(kernel, offset, groups=0, rectifier=self.rectifier)(x)


def _split(x, groups):
    return [x] if groups == 1 else tf.split(x, groups, -1)


def _join(parts):
    return parts[0] if len(parts) == 1 else tf.concat(parts, -1)


@dataclasses.dataclass(frozen=True, eq=False)
class Dense:
    """Computes x @ kernel + bias for x [B, ..., in] and a kernel [in, out], and rectifies it."""

    kernel: np.ndarray
    bias: np.ndarray | None = None
    rectifier: Rectifier | None = None

    @functools.cached_property
    def _tensor(self):
        # Graphs capture the tensor: one that held hundreds of megabytes itself would copy them.
        with tf.init_scope():
            return tf.constant(self.kernel)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        y = tf.matmul(x, self._tensor)
        y = y if self.bias is None else tf.nn.bias_add(y, self.bias)
        return y if self.rectifier is None else self.rectifier(y)


@dataclasses.dataclass(frozen=True, eq=False)
class ReverseChannels:
    """Turns RGB into BGR, and BGR into RGB."""

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return tf.reverse(x, [-1])


@dataclasses.dataclass(frozen=True, eq=False)
class Permutation:
    """Changes the order of axes: axis i of the result is axis `order[i]` of the input."""

    order: tuple[int, ...]

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return tf.transpose(x, self.order)


@dataclasses.dataclass(frozen=True, eq=False)
class ZeroPad:
    """Puts zeros around an image; pads are (top, bottom, left, right)."""

    pads: tuple[int, int, int, int]

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return _pad(x, self.pads)


@dataclasses.dataclass(frozen=True, eq=False)
class MaxPool:
    """Takes the maximum over windows; pads (top, bottom, left, right) are never the maximum."""

    window: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        paddings = Window(pads=self.pads).paddings
        return tf.nn.max_pool2d(x, list(self.window), list(self.strides), paddings)


def _pad(x, pads):
    return tf.pad(x, Window(pads=pads).paddings) if any(pads) else x


@dataclasses.dataclass(frozen=True, eq=False)
class AveragePool:
    """Takes the mean over windows; pads (top, bottom, left, right) count as zeros or not at all."""

    window: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    exclude_pads: bool = True

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        if tuple(x.shape[1:3]) == self.window and not any(self.pads):
            return tf.reduce_mean(x, [1, 2], keepdims=True)
        mean = tf.nn.avg_pool2d(_pad(x, self.pads), self.window, self.strides, "VALID")
        if not self.exclude_pads or not any(self.pads):
            return mean
        ones = _pad(tf.ones([1, *x.shape[1:3], 1]), self.pads)
        return mean / tf.nn.avg_pool2d(ones, self.window, self.strides, "VALID")


@dataclasses.dataclass(frozen=True, eq=False)
class Function:
    """Applies a function of the inputs; any layer can be made so that has no class of its own."""

    function: Callable[..., tf.Tensor]

    def __call__(self, *inputs: tf.Tensor) -> tf.Tensor:
        return self.function(*inputs)
