"""Specifications of which tensors of a recognition network make up the features.

A specification is a comma-separated list of terms:

  penultimate   the input of the last fully connected layer or 1×1 convolution
  tensor:NAME   a tensor with one value per channel
  pooled:NAME   the average of an image over all pixels

The values of all terms are joined in this order. The paper uses the penultimate layer alone
(section 3.1).
"""

import dataclasses

import tensorflow as tf

PENULTIMATE = "penultimate"


@dataclasses.dataclass(frozen=True)
class FeatureSpec:
    """A parsed specification.

    Attributes:
      text: the specification in canonical form (no spaces); part of cache keys and fingerprints.
      parts: (kind, tensor name) of each part, kind being "tensor" or "pooled".
    """

    text: str
    parts: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str, penultimate: str) -> "FeatureSpec":
        """Parses a specification.

        Args:
          text: the specification.
          penultimate: what the network calls the tensor that the term "penultimate" stands for.

        Raises:
          ValueError: a term is none of the above.
        """
        terms = [term.strip() for term in text.split(",")]
        parts = []
        for term in terms:
            kind, _, name = term.partition(":")
            if term == PENULTIMATE:
                parts.append(("tensor", penultimate))
            elif kind in ("tensor", "pooled") and name:
                parts.append((kind, name))
            else:
                raise ValueError(
                    f"features={text!r}: {term!r} is none of 'penultimate', 'tensor:NAME', "
                    "'pooled:NAME'"
                )
        return cls(",".join(terms), tuple(parts))

    @property
    def names(self) -> frozenset[str]:
        """The names of all tensors in the specification."""
        return frozenset(name for _, name in self.parts)

    def vectors(self, tensors: dict[str, tf.Tensor]) -> list[tf.Tensor]:
        """Turns tensors [B, D_i] or [B, H, W, D_i] into the parts [B, D_i] of the features.

        Raises:
          ValueError: a tensor has no channels, or has several pixels that are not averaged.
        """
        return [_vector(kind, name, tensors[name]) for kind, name in self.parts]


def _vector(kind, name, tensor):
    if tensor.shape.rank == 2:
        return tensor
    if tensor.shape.rank != 4:
        raise ValueError(
            f"features: tensor {name!r} of shape {tensor.shape} is neither a vector nor an image"
        )
    if kind == "pooled":
        return tf.reduce_mean(tensor, [1, 2])
    if tensor.shape[1:3] != [1, 1]:
        raise ValueError(
            f"features: tensor {name!r} is an image of shape {tensor.shape}; take its average "
            f"with 'pooled:{name}'"
        )
    return tf.squeeze(tensor, [1, 2])
