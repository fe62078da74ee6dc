"""The interface of frozen recognition networks.

A recognition network turns an aligned face into features, which the decoder reads (the paper's
"penultimate layer"), and into an embedding, whose cosine says whether two faces are one person's.
"""

import abc
import copy
import hashlib
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from model.crop import Crop
from model.identity.feature_spec import FeatureSpec
from model.identity.frozen.parallel_parts import in_parallel_parts
from model.identity.frozen.precision import computing_in

# Far below the squared norm of any real embedding; keeps the gradient at a zero vector finite.
_NORM_EPSILON = 1e-12


class IdentityFeatures(NamedTuple):
    """What a recognition network says about a batch of aligned faces.

    Attributes:
      features: float32 [B, D], the decoder's input.
      embedding: float32 [B, E] of unit norm; the dot product of two is their cosine.
    """

    features: tf.Tensor
    embedding: tf.Tensor


class Activations(NamedTuple):
    """What a backbone computes: the tensors asked for by name, and the raw embedding [B, E]."""

    tensors: dict[str, tf.Tensor]
    embedding: tf.Tensor


class Backbone(abc.ABC):
    """A network's layers and weights, without a specification of features.

    Attributes:
      crop: the crop that the network was trained on.
      penultimate: name of the tensor that enters the last fully connected layer.
      digest: hexadecimal SHA-256 over architecture and weights.
    """

    crop: Crop
    penultimate: str
    digest: str

    @abc.abstractmethod
    def bind(self, names: frozenset[str]) -> Callable[[tf.Tensor], Activations]:
        """Returns the forward pass, which also gives the named tensors.

        Args:
          names: the tensors to give; images are [B, H, W, C].

        Returns:
          A function of float32 RGB [B, S, S, 3] in 0..1.

        Raises:
          ValueError: the network has no such tensor.
        """


class IdentityNetwork:
    """A frozen recognition network: a differentiable function of the image, without variables.

    It is a plain object, neither a `tf.Module` nor a Keras layer. So a model that holds one neither
    trains it nor writes its weights into checkpoints.

    Attributes:
      name: the name of the kind of network, one of `model.identity.NAMES`.
      image_size: width and height of the images that it takes, in pixels.
      crop: where the face's landmarks must lie in these images.
      feature_spec: the specification of its features, as text.
      feature_size: D.
      feature_sizes: the sizes of the parts of the specification, which add up to D.
      embedding_size: E.
      fingerprint: hexadecimal SHA-256 over architecture, weights, feature specification and crop;
        whatever is computed from features is bound to it.
    """

    def __init__(self, name: str, backbone: Backbone, features: str, crop: Crop | None = None):
        """Binds a backbone to a specification of features and a crop.

        Args:
          name: the name of the kind of network.
          backbone: its layers and weights.
          features: see `model.identity.feature_spec`.
          crop: None for the one that the network was trained on.

        Raises:
          ValueError: `features` names an unknown tensor, or the crop has another size.
        """
        self.name = name
        self.crop = crop or backbone.crop
        self.image_size = backbone.crop.image_size
        if self.crop.image_size != self.image_size:
            raise ValueError(
                f"{name}: the crop is {self.crop.image_size} pixels wide, but the network takes "
                f"{self.image_size}; use Crop.resized"
            )
        spec = FeatureSpec.parse(features, backbone.penultimate)
        self.feature_spec = spec.text
        self._spec = spec
        self._backbone_forward = backbone.bind(spec.names)
        self.fingerprint = _fingerprint(backbone.digest, spec.text, self.crop)

        self._precision = "float32"
        self._compiled = self._compile()
        shapes = self._compiled.get_concrete_function().structured_outputs
        self.feature_size = shapes.features.shape[-1]
        self.embedding_size = shapes.embedding.shape[-1]

    def __call__(self, images: tf.Tensor) -> IdentityFeatures:
        """Recognizes aligned faces.

        The gradient with respect to the images is finite everywhere.

        Args:
          images: float32 RGB [B, S, S, 3] in 0..1, cut by `crop`, row 0 at the top.

        Returns:
          Features and unit embeddings.
        """
        # Inside another tf.function the layers become part of the caller's graph, whose shapes are
        # known, so that the batch can be divided.
        if tf.inside_function():
            return self._forward(images)
        return self._compiled(images)

    def computed_in(self, precision: str) -> "IdentityNetwork":
        """Returns the same network, whose convolutions multiply in another number format.

        Its features and embeddings are close to those of this network and count as the same, so
        only what is computed anew in each step of a training should come from it.

        Args:
          precision: one of `model.identity.frozen.precision.PRECISIONS`.
        """
        other = copy.copy(self)
        other._precision = precision
        other._compiled = other._compile()
        return other

    def is_finite(self) -> bool:
        """Whether the features and the embedding of an image are finite numbers.

        The image is a ramp from black to white.
        """
        ramp = tf.linspace(0.0, 1.0, self.image_size)[None, None, :, None]
        image = tf.tile(ramp, [1, self.image_size, 1, 3])
        return all(bool(tf.reduce_all(tf.math.is_finite(x))) for x in self._compiled(image))

    # No control flow depends on values, and AutoGraph takes seconds for hundreds of layers.
    @tf.autograph.experimental.do_not_convert
    def _forward(self, images):
        size = self.image_size
        images = tf.ensure_shape(images, [None, size, size, 3])
        with computing_in(self._precision):
            return IdentityFeatures(*in_parallel_parts(self._recognize, images))

    def _compile(self):
        image = tf.TensorSpec([None, self.image_size, self.image_size, 3], tf.float32)
        return tf.function(self._forward, input_signature=[image])

    def _recognize(self, images):
        result = self._backbone_forward(images)
        embedding = tf.math.l2_normalize(result.embedding, axis=-1, epsilon=_NORM_EPSILON)
        parts = self._spec.vectors(result.tensors)
        # The sizes are known once the graph is built, and are the same in every graph.
        self.feature_sizes = tuple(part.shape[-1] for part in parts)
        return [tf.concat(parts, axis=-1), embedding]


def _fingerprint(digest, feature_spec, crop):
    text = "\n".join([digest, feature_spec, repr(crop)])
    return hashlib.sha256(text.encode()).hexdigest()
