"""The weights of the losses; apart from TensorFlow, so that flags can have defaults."""

import dataclasses

# The losses of a batch are averaged, or summed as equation 3 is written.
REDUCTIONS = ("mean", "paper_sum")


@dataclasses.dataclass(frozen=True)
class LossWeights:
    """The weights of equations 2 and 3; the defaults are the paper's.

    Attributes:
      shape, texture: omega_s and omega_t of the parameter loss.
      identity: of the identity loss, which has none in equation 2.
      batch_distribution: omega_batch.
      loopback: omega_loop.
      weight_decay: of the decoder's squared weights; the paper gives no value.
    """

    shape: float = 0.4
    texture: float = 0.002
    identity: float = 1.0
    batch_distribution: float = 10.0
    loopback: float = 0.07
    weight_decay: float = 0.0
