"""VGG-Face (Parkhi et al. 2015), the network by which the paper measures likeness.

It is a VGG-16. Features and embedding are both φ of the paper's tables 2 and 3: the 4096 rectified
values of fc7, the layer before the classifier.
"""

import dataclasses

import tensorflow as tf

from model.identity.canonical_crops import square_crop
from model.identity.frozen.named_backbone import FrozenLayers, NamedBackbone
from model.identity.network import Activations
from model.identity.networks.definition import Definition, Weights
from model.identity.networks.vgg_face_weights import read_vgg_face

# The blocks, each (number, how many 3×3 convolutions, filters).
_BLOCKS = ((1, 2, 64), (2, 2, 128), (3, 3, 256), (4, 3, 512), (5, 3, 512))
_FC_SIZE = 4096
# The mean color of the training images, RGB in 0..255.
_MEAN = (129.1863, 104.7624, 93.5940)


@dataclasses.dataclass(frozen=True)
class VggFaceSettings:
    """What may differ from the published network.

    Attributes:
      image_size: width and height of the image; 224 in the paper.
      width: factor on the number of filters of every layer.
    """

    image_size: int = 224
    width: float = 1.0

    def filters(self, published: int) -> int:
        """Returns the number of filters of a layer that has `published` ones."""
        return max(1, round(published * self.width))


def convolution_names() -> list[str]:
    """Lists the names of all convolutions: conv1_1, conv1_2, …, conv5_3."""
    return [f"conv{block}_{i + 1}" for block, count, _ in _BLOCKS for i in range(count)]


def weight_shapes(settings: VggFaceSettings) -> dict[str, tuple[int, ...]]:
    """Returns the shapes of all weights but the classifier's; fc6 covers the whole last image."""
    shapes, channels = {}, 3
    for block, count, published in _BLOCKS:
        for i in range(count):
            filters = settings.filters(published)
            shapes[f"conv{block}_{i + 1}/kernel"] = (3, 3, channels, filters)
            shapes[f"conv{block}_{i + 1}/bias"] = (filters,)
            channels = filters
    size, width = settings.image_size // 2 ** len(_BLOCKS), settings.filters(_FC_SIZE)
    shapes |= {"fc6/kernel": (size, size, channels, width), "fc6/bias": (width,)}
    return shapes | {"fc7/kernel": (width, width), "fc7/bias": (width,)}


def build(weights: Weights, settings: VggFaceSettings) -> NamedBackbone:
    """Builds the frozen network; faces are cut by the square of `square_crop`, a tenth longer."""
    layers = FrozenLayers(weights)
    fc6, fc7 = layers.dense("fc6", rectified=True), layers.dense("fc7", rectified=True)

    def run(images: tf.Tensor) -> Activations:
        tensors, x = {}, 255.0 * images - _MEAN
        for block, count, _ in _BLOCKS:
            for i in range(count):
                name = f"conv{block}_{i + 1}"
                x = tensors[name] = layers.convolution(name, x)
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        flat = tf.reshape(x, [-1, x.shape[1] * x.shape[2] * x.shape[3]])
        tensors["fc6"] = fc6(flat)
        tensors["fc7"] = fc7(tensors["fc6"])
        return Activations(tensors, tensors["fc7"])

    return NamedBackbone(
        "vgg_face",
        square_crop(settings.image_size, extension=0.1),
        weights,
        settings,
        run,
        [*convolution_names(), "fc6", "fc7"],
        "fc7",
    )


VGG_FACE = Definition(
    "vgg_face",
    VggFaceSettings,
    weight_shapes,
    build,
    "run python -m model.identity.fetch vgg_face",
    read_vgg_face,
)
