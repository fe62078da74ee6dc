"""Inception-ResNet-v1 as trained by github.com/davidsandberg/facenet (Szegedy et al. 2016)."""

import dataclasses

import numpy as np
import tensorflow as tf

from model.identity.canonical_crops import margin_crop
from model.identity.frozen.named_backbone import FrozenLayers, NamedBackbone
from model.identity.network import Activations
from model.identity.networks.definition import Definition, Weights
from model.identity.networks.inception_resnet_v1_weights import (
    normalization_of,
    read_inception_resnet_v1,
)

_NORMALIZATION_EPSILON = 1e-3
_PENULTIMATE = "avg_pool"
_BOTTLENECK = "Bottleneck"

# The convolutions before the blocks, as name: (kernel, filters, stride, padding). A maximum pool
# follows the third of them.
_STEM = {
    "Conv2d_1a_3x3": (3, 32, 2, "VALID"),
    "Conv2d_2a_3x3": (3, 32, 1, "VALID"),
    "Conv2d_2b_3x3": (3, 64, 1, "SAME"),
    "Conv2d_3b_1x1": (1, 80, 1, "VALID"),
    "Conv2d_4a_3x3": (3, 192, 1, "VALID"),
    "Conv2d_4b_3x3": (3, 256, 2, "VALID"),
}
# The branches of each kind of block, each a list of convolutions (name, (height, width), filters).
# Their results are joined, and projected to the block's own width.
_BRANCHES = {
    "Block35": (
        [("Conv2d_1x1", (1, 1), 32)],
        [("Conv2d_0a_1x1", (1, 1), 32), ("Conv2d_0b_3x3", (3, 3), 32)],
        [
            ("Conv2d_0a_1x1", (1, 1), 32),
            ("Conv2d_0b_3x3", (3, 3), 32),
            ("Conv2d_0c_3x3", (3, 3), 32),
        ],
    ),
    "Block17": (
        [("Conv2d_1x1", (1, 1), 128)],
        [
            ("Conv2d_0a_1x1", (1, 1), 128),
            ("Conv2d_0b_1x7", (1, 7), 128),
            ("Conv2d_0c_7x1", (7, 1), 128),
        ],
    ),
    "Block8": (
        [("Conv2d_1x1", (1, 1), 192)],
        [
            ("Conv2d_0a_1x1", (1, 1), 192),
            ("Conv2d_0b_1x3", (1, 3), 192),
            ("Conv2d_0c_3x1", (3, 1), 192),
        ],
    ),
    # These two are reductions: the last convolution of each branch has a stride of 2, and the
    # result of a maximum pool is joined too.
    "Mixed_6a": (
        [("Conv2d_1a_3x3", (3, 3), 384)],
        [
            ("Conv2d_0a_1x1", (1, 1), 192),
            ("Conv2d_0b_3x3", (3, 3), 192),
            ("Conv2d_1a_3x3", (3, 3), 256),
        ],
    ),
    "Mixed_7a": (
        [("Conv2d_0a_1x1", (1, 1), 256), ("Conv2d_1a_3x3", (3, 3), 384)],
        [("Conv2d_0a_1x1", (1, 1), 256), ("Conv2d_1a_3x3", (3, 3), 256)],
        [
            ("Conv2d_0a_1x1", (1, 1), 256),
            ("Conv2d_0b_3x3", (3, 3), 256),
            ("Conv2d_1a_3x3", (3, 3), 256),
        ],
    ),
}
# (kind, how many, factor of the residual) of the blocks in order; a reduction has no factor.
_SEQUENCE = (
    ("Block35", 5, 0.17),
    ("Mixed_6a", 1, None),
    ("Block17", 10, 0.10),
    ("Mixed_7a", 1, None),
    ("Block8", 5, 0.20),
)
# The last block adds the whole residual, and has no rectifier.
_LAST = "Block8_6"


@dataclasses.dataclass(frozen=True)
class InceptionResnetV1Settings:
    """What differs between the published networks, or may differ from them.

    Attributes:
      image_size: width and height of the image; 160 in all published networks.
      width: factor on the number of filters of every layer but the embedding.
      embedding_size: 512, or 128 for the networks of 2017; a public file tells which.
      pixels: "fixed" for (x - 127.5) / 128 with x in 0..255, as in the networks of 2018; or
        "prewhiten" for each image by its own mean and deviation, as in those of 2017.
    """

    image_size: int = 160
    width: float = 1.0
    embedding_size: int = 512
    pixels: str = "fixed"

    def __post_init__(self):
        if self.pixels not in ("fixed", "prewhiten"):
            raise ValueError(f"pixels is {self.pixels!r}, but must be 'fixed' or 'prewhiten'")

    def filters(self, published: int) -> int:
        """Returns the number of filters of a layer that has `published` ones."""
        return max(1, round(published * self.width))


def _blocks():
    """Yields (name, kind, factor) of every block and reduction, in order."""
    for kind, count, factor in _SEQUENCE:
        for i in range(count):
            yield (kind if factor is None else f"{kind}_{i + 1}"), kind, factor
    yield _LAST, "Block8", 1.0


def weight_shapes(settings: InceptionResnetV1Settings) -> dict[str, tuple[int, ...]]:
    """Returns the shapes of all weights by the names of the Keras port; kernels are HWIO."""
    kernels, biased, channels = {}, {}, 3
    for name, (size, filters, _, _) in _STEM.items():
        kernels[name] = (size, size, channels, settings.filters(filters))
        channels = settings.filters(filters)
    for block, kind, factor in _blocks():
        joined = 0
        for index, branch in enumerate(_BRANCHES[kind]):
            inputs = channels
            for name, size, filters in branch:
                outputs = settings.filters(filters)
                kernels[f"{block}_Branch_{index}_{name}"] = (*size, inputs, outputs)
                inputs = outputs
            joined += inputs
        if factor is None:
            channels += joined
        else:
            biased[f"{block}_Conv2d_1x1"] = (1, 1, joined, channels)
    kernels[_BOTTLENECK] = (channels, settings.embedding_size)
    shapes = {}
    for name, shape in kernels.items():
        shapes[f"{name}/kernel"] = shape
        norm = normalization_of(name)
        shapes |= {f"{norm}/{part}": shape[-1:] for part in ("beta", "mean", "variance")}
    for name, shape in biased.items():
        shapes |= {f"{name}/kernel": shape, f"{name}/bias": shape[-1:]}
    return shapes


def build(weights: Weights, settings: InceptionResnetV1Settings) -> NamedBackbone:
    """Builds the frozen network, whose faces are cut by mtcnn's box with a margin of 32 pixels."""
    scaled = dict(weights)
    for block, _, factor in _blocks():
        if factor is not None:
            for part in ("kernel", "bias"):
                name = f"{block}_Conv2d_1x1/{part}"
                scaled[name] = weights[name] * np.float32(factor)
    layers = FrozenLayers(scaled, _NORMALIZATION_EPSILON, normalization_of)
    embedding = layers.dense(_BOTTLENECK)
    to_pixels = _prewhiten if settings.pixels == "prewhiten" else _fixed

    def run(images: tf.Tensor) -> Activations:
        tensors, x = {}, to_pixels(images)
        for name, (_, _, stride, padding) in _STEM.items():
            x = tensors[name] = layers.convolution(name, x, stride, padding)
            if name == "Conv2d_2b_3x3":
                x = tf.nn.max_pool2d(x, 3, 2, "VALID")
        for block, kind, factor in _blocks():
            run_block = _reduction if factor is None else _residual_block
            x = tensors[block] = run_block(layers, block, kind, x)
        tensors[_PENULTIMATE] = tf.reduce_mean(x, [1, 2])
        return Activations(tensors, embedding(tensors[_PENULTIMATE]))

    names = [*_STEM, *(block for block, _, _ in _blocks()), _PENULTIMATE]
    crop = margin_crop(160, margin=32).resized(settings.image_size)
    return NamedBackbone("inception_resnet_v1", crop, weights, settings, run, names, _PENULTIMATE)


def _fixed(images):
    return images * (255.0 / 128.0) - 127.5 / 128.0


def _prewhiten(images):
    """Subtracts the image's own mean, and divides by its deviation, which is bounded below."""
    mean, variance = tf.nn.moments(images, [1, 2, 3], keepdims=True)
    # For values in 0..255 the lower bound of the deviation is 1 / sqrt(number of values).
    floor = 1.0 / (np.prod(images.shape[1:]) * 255.0**2)
    return (images - mean) * tf.math.rsqrt(tf.maximum(variance, floor))


def _run_branches(layers, block, kind, x, stride):
    results = []
    for index, branch in enumerate(_BRANCHES[kind]):
        y = x
        for name, _, _ in branch:
            last = name == branch[-1][0]
            options = (stride, "VALID") if last and stride > 1 else (1, "SAME")
            y = layers.convolution(f"{block}_Branch_{index}_{name}", y, *options)
        results.append(y)
    return results


def _residual_block(layers, block, kind, x):
    joined = tf.concat(_run_branches(layers, block, kind, x, 1), -1)
    x = x + layers.convolution(f"{block}_Conv2d_1x1", joined, rectified=False)
    return x if block == _LAST else tf.nn.relu(x)


def _reduction(layers, block, kind, x):
    pooled = tf.nn.max_pool2d(x, 3, 2, "VALID")
    return tf.concat([*_run_branches(layers, block, kind, x, 2), pooled], -1)


INCEPTION_RESNET_V1 = Definition(
    "inception_resnet_v1",
    InceptionResnetV1Settings,
    weight_shapes,
    build,
    "run python -m model.identity.fetch inception_resnet_v1",
    read_inception_resnet_v1,
)
