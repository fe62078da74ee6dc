"""Convolutions with a fixed kernel, and their gradients with respect to the image.

The gradient of a convolution of stride 1 is itself a convolution. On the CPU TensorFlow computes it
faster as one than by its own gradient operations (by a quarter for 1×1 kernels).
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf


class Window(NamedTuple):
    """How a kernel moves over an image.

    Attributes:
      strides: (vertical, horizontal).
      pads: zeros around the image: (top, bottom, left, right).
      dilations: (vertical, horizontal); TensorFlow allows them with strides of 1 only.
    """

    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)

    @property
    def paddings(self) -> list[list[int]]:
        """The pads in the form of TensorFlow's explicit paddings of NHWC."""
        top, bottom, left, right = self.pads
        return [[0, 0], [top, bottom], [left, right], [0, 0]]

    def reversed(self, kernel: np.ndarray) -> "Window | None":
        """The window of the convolution that is the gradient of this one, or None.

        Args:
          kernel: [KH, KW, ...].

        Returns:
          A window whose pads are negative where this one's are larger than the kernel; or None if
          the strides are not 1.
        """
        if self.strides != (1, 1):
            return None
        rows, columns = (d * (n - 1) for d, n in zip(self.dilations, kernel.shape, strict=False))
        top, bottom, left, right = self.pads
        pads = (rows - top, rows - bottom, columns - left, columns - right)
        return Window(pads=pads, dilations=self.dilations)

    def crop(self, x: tf.Tensor) -> "tuple[tf.Tensor, Window]":
        """Takes away from an image what negative pads say; returns it and the other pads."""
        top, bottom, left, right = (max(0, -pad) for pad in self.pads)
        if any((top, bottom, left, right)):
            x = x[:, top : -bottom or None, left : -right or None]
        return x, self._replace(pads=tuple(max(0, pad) for pad in self.pads))


def convolve(x: tf.Tensor, kernel: np.ndarray, window: Window) -> tf.Tensor:
    """Convolves [B, H, W, I] by a kernel [KH, KW, I, O]."""
    strides, dilations = list(window.strides), list(window.dilations)
    return tf.nn.conv2d(x, kernel, strides, window.paddings, dilations=dilations)


def convolve_gradient(x: tf.Tensor, kernel: np.ndarray, window: Window, dy: tf.Tensor) -> tf.Tensor:
    """Returns the gradient of `convolve` with respect to x, given that of its result."""
    turned = window.reversed(kernel)
    if turned is not None:
        dy, turned = turned.crop(dy)
        return convolve(dy, kernel[::-1, ::-1].swapaxes(2, 3), turned)
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(x),
        filter=kernel,
        out_backprop=dy,
        strides=[1, *window.strides, 1],
        padding="EXPLICIT",
        explicit_paddings=np.ravel(window.paddings).tolist(),
    )


def convolve_depthwise(x: tf.Tensor, kernel: np.ndarray, window: Window) -> tf.Tensor:
    """Convolves each channel of [B, H, W, C] (H, W known) by a kernel [KH, KW, C, M]."""
    strides, dilations = [1, *window.strides, 1], list(window.dilations)
    # TensorFlow 2.18 to 2.21 abort the process where explicit pads and a bias meet.
    kernel, is_same = _extend_to_same(kernel, window, x.shape[1:3])
    if is_same:
        return tf.nn.depthwise_conv2d(x, kernel, strides, "SAME", dilations=dilations)
    x = tf.pad(x, window.paddings) if any(window.pads) else x
    return tf.nn.depthwise_conv2d(x, kernel, strides, "VALID", dilations=dilations)


def convolve_depthwise_gradient(
    x: tf.Tensor, kernel: np.ndarray, window: Window, dy: tf.Tensor
) -> tf.Tensor:
    """Returns the gradient of `convolve_depthwise` with respect to x, given that of its result."""
    turned = window.reversed(kernel)
    single = kernel.shape[3] == 1
    if single and not any(window.pads) and x.shape[1:3] == kernel.shape[:2]:
        return dy * kernel[..., 0]
    if single and turned is not None:
        dy, turned = turned.crop(dy)
        return convolve_depthwise(dy, kernel[::-1, ::-1], turned)
    return tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
        input_sizes=tf.shape(x),
        filter=kernel,
        out_backprop=dy,
        strides=[1, *window.strides, 1],
        padding="EXPLICIT",
        explicit_paddings=np.ravel(window.paddings).tolist(),
    )


def _extend_to_same(kernel, window, size):
    """Appends zeros to a kernel so that TensorFlow's padding "SAME" pads as the window says.

    At stride 2, for example, "SAME" pads a 3×3 kernel by 0 and 1, and a 4×4 kernel by 1 and 1. A
    larger kernel costs less than to write a padded image.

    Returns:
      The kernel, and whether "SAME" is right for it; if no zeros help, the kernel is unchanged.
    """
    extra = []
    for axis in range(2):
        before, after = window.pads[2 * axis : 2 * axis + 2]
        dilation, stride = window.dilations[axis], window.strides[axis]
        span = (kernel.shape[axis] - 1) * dilation + 1
        rows = -(-size[axis] // stride)
        if (size[axis] + before + after - span) // stride + 1 != rows:
            return kernel, False
        for zeros in range(3 if dilation == 1 else 1):
            total = max(0, (rows - 1) * stride + span + zeros - size[axis])
            if total // 2 == before:
                extra.append((0, zeros))
                break
    if len(extra) < 2:
        return kernel, False
    return np.pad(kernel, [*extra, (0, 0), (0, 0)]), True
