"""Layers of frozen networks: weights are NumPy arrays, and only the input has a gradient.

Images are NHWC, which TensorFlow's convolutions on the CPU want. A convolution, its bias and its
activation are one layer whose gradient needs nothing but the layer's output: then TensorFlow can
fuse the three in a training step too, and no pre-activation is written to memory.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Affine:
    """x · scale + offset, both [C] or [1]."""

    scale: np.ndarray
    offset: np.ndarray

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        if np.any(self.scale != 1):
            x = x * self.scale
        return x + self.offset if np.any(self.offset) else x


@dataclasses.dataclass(frozen=True)
class Rectifier:
    """x where positive, else slope · x: ReLU (0), leaky ReLU (a number), PReLU ([C])."""

    slope: float | np.ndarray

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        if isinstance(self.slope, np.ndarray):
            return tf.where(x > 0, x, x * self.slope)
        return tf.nn.relu(x) if self.slope == 0 else tf.nn.leaky_relu(x, self.slope)

    @property
    def invertible_sign(self) -> bool:
        """Whether the output tells on which side of 0 the input was."""
        return bool(np.all(np.asarray(self.slope) >= 0))

    def gradient(self, y: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
        """Gradient with respect to the input, from the *output* y (`invertible_sign` only)."""
        if isinstance(self.slope, np.ndarray):
            return tf.where(y > 0, dy, dy * self.slope)
        if self.slope == 0:
            return tf.raw_ops.ReluGrad(gradients=dy, features=y)
        return tf.raw_ops.LeakyReluGrad(gradients=dy, features=y, alpha=self.slope)


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution with bias and rectifier.

    Attributes:
      kernel: float32 [H, W, in / groups, out]; depthwise: [H, W, in, multiplier].
      bias: float32 [out], or None.
      strides: (vertical, horizontal).
      pads: zeros around the image: (top, bottom, left, right).
      dilations: (vertical, horizontal).
      groups: 1, or the number of channel groups; 0: depthwise.
      rectifier: None for a linear layer.
    """

    kernel: np.ndarray
    bias: np.ndarray | None = None
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)
    groups: int = 1
    rectifier: Rectifier | None = None

    @property
    def pointwise(self) -> bool:
        """Whether it is a fully connected layer at each pixel."""
        plain = self.groups == 1 and self.strides == (1, 1) and not any(self.pads)
        return plain and self.kernel.shape[:2] == (1, 1)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        if self.rectifier is not None and not self.rectifier.invertible_sign:
            return self.rectifier(self._linear(x))
        return self._fused(x)

    def _fused(self, x):
        @tf.custom_gradient
        def layer(x):
            y = self._linear(x)
            y = y if self.rectifier is None else self.rectifier(y)

            def gradient(dy):
                if self.rectifier is not None:
                    dy = self.rectifier.gradient(y, dy)
                return self._input_gradient(x, dy)

            return y, gradient

        return layer(x)

    def _linear(self, x):
        y = self._convolve(x)
        return y if self.bias is None else tf.nn.bias_add(y, self.bias)

    def _convolve(self, x):
        if self.groups == 0:
            # Explicit pads with a bias abort the process (TensorFlow 2.18-2.21), so: tf.pad.
            padding = "SAME" if self._is_same(x) else "VALID"
            x = x if padding == "SAME" else _pad(x, self.pads)
            strides = [1, *self.strides, 1]
            return tf.nn.depthwise_conv2d(
                x, self.kernel, strides, padding, dilations=list(self.dilations)
            )
        if self.groups > 1:
            parts = zip(
                tf.split(x, self.groups, -1), np.split(self.kernel, self.groups, -1), strict=True
            )
            return tf.concat([self._convolve_group(part, k) for part, k in parts], -1)
        return self._convolve_group(x, self.kernel)

    def _convolve_group(self, x, kernel):
        top, bottom, left, right = self.pads
        padding = [[0, 0], [top, bottom], [left, right], [0, 0]]
        return tf.nn.conv2d(x, kernel, list(self.strides), padding, dilations=list(self.dilations))

    def _is_same(self, x):
        """Whether TensorFlow's own padding "SAME" is this padding."""
        pads = [
            _same_pads(n, k, s, d)
            for n, k, s, d in zip(
                x.shape[1:3], self.kernel.shape[:2], self.strides, self.dilations, strict=True
            )
        ]
        return tuple(pads[0] + pads[1]) == self.pads

    def _input_gradient(self, x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = self._convolve(x)
        return tape.gradient(y, x, dy)


def _same_pads(size, kernel, stride, dilation):
    total = max(0, (-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size)
    return (total // 2, total - total // 2)


def _pad(x, pads):
    top, bottom, left, right = pads
    if not any(pads):
        return x
    return tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]])


@dataclasses.dataclass(frozen=True)
class Dense:
    """x @ kernel + bias with x [B, in]."""

    kernel: np.ndarray
    bias: np.ndarray | None = None
    rectifier: Rectifier | None = None

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        y = tf.matmul(x, self.kernel)
        y = y if self.bias is None else tf.nn.bias_add(y, self.bias)
        return y if self.rectifier is None else self.rectifier(y)


@dataclasses.dataclass(frozen=True)
class ReverseChannels:
    """RGB to BGR."""

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return tf.reverse(x, [-1])


@dataclasses.dataclass(frozen=True)
class MaxPool:
    """Maximum over windows; pads (top, bottom, left, right) never win."""

    window: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        top, bottom, left, right = self.pads
        padding = [[0, 0], [top, bottom], [left, right], [0, 0]]
        return tf.nn.max_pool2d(x, list(self.window), list(self.strides), padding)


@dataclasses.dataclass(frozen=True)
class AveragePool:
    """Mean over windows; pads (top, bottom, left, right) count as zeros or not at all."""

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


@dataclasses.dataclass(frozen=True)
class Function:
    """Any other layer, as a function of its inputs."""

    function: Callable[..., tf.Tensor]

    def __call__(self, *inputs: tf.Tensor) -> tf.Tensor:
        return self.function(*inputs)
